// crc32c.c: CRC-32C (Castagnoli), by the processor's own instruction where it has one.

#include "crc32c.h"

#include <pthread.h>
#include <string.h>

// The reversed polynomial.
#define POLYNOMIAL 0x82F63B78u

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
        table[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int row = 1; row < 8; row++) {
            uint32_t before = table[row - 1][byte];
            table[row][byte] = (before >> 8) ^ table[0][before & 0xFF];
        }
    }
}

/// Eight bytes at a time by table, on any processor.
static uint32_t by_table(uint32_t crc, const uint8_t *bytes, size_t length) {
    pthread_once(&table_once, make_table);
    for (; length >= 8; bytes += 8, length -= 8) {
        uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
            | (uint32_t)bytes[3] << 24);
        crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^ table[4][low >> 24]
            ^ table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
    }
    for (; length > 0; bytes++, length--) crc = (crc >> 8) ^ table[0][(crc ^ *bytes) & 0xFF];
    return crc;
}

#if defined(__x86_64__)

// The instruction takes three cycles but one can begin every cycle, so three stretches are done at once; what the first two
// come to is then carried over the zeros that stand for the stretches behind them.
#define STRETCH 1024

static uint32_t carry_table[4][256];
static pthread_once_t carry_once = PTHREAD_ONCE_INIT;

static void make_carry_table(void) {
    for (int place = 0; place < 4; place++) {
        for (uint32_t value = 0; value < 256; value++) {
            uint32_t crc = value << (8 * place);
            for (int bit = 0; bit < 8 * STRETCH; bit++) crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
            carry_table[place][value] = crc;
        }
    }
}

/// What a checksum becomes behind a stretch of zeros.
static uint32_t carry(uint32_t crc) {
    return carry_table[0][crc & 0xFF] ^ carry_table[1][crc >> 8 & 0xFF] ^ carry_table[2][crc >> 16 & 0xFF]
        ^ carry_table[3][crc >> 24];
}

static uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

__attribute__((target("sse4.2")))
static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    pthread_once(&carry_once, make_carry_table);
    for (; length >= 3 * STRETCH; bytes += 3 * STRETCH, length -= 3 * STRETCH) {
        uint64_t first = crc, second = 0, third = 0;
        for (size_t at = 0; at < STRETCH; at += 8) {
            first = __builtin_ia32_crc32di(first, word_at(bytes + at));
            second = __builtin_ia32_crc32di(second, word_at(bytes + STRETCH + at));
            third = __builtin_ia32_crc32di(third, word_at(bytes + 2 * STRETCH + at));
        }
        crc = carry(carry((uint32_t)first) ^ (uint32_t)second) ^ (uint32_t)third;
    }
    uint64_t wide = crc;
    for (; length >= 8; bytes += 8, length -= 8) wide = __builtin_ia32_crc32di(wide, word_at(bytes));
    crc = (uint32_t)wide;
    for (; length > 0; bytes++, length--) crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        crc = __crc32cd(crc, word);
    }
    for (; length > 0; bytes++, length--) crc = __crc32cb(crc, *bytes);
    return crc;
}

static int has_instruction(void) { return 1; }

#else

static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    return by_table(crc, bytes, length);
}

static int has_instruction(void) { return 0; }

#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length) {
    crc = ~crc;
    crc = has_instruction() ? by_instruction(crc, bytes, length) : by_table(crc, bytes, length);
    return ~crc;
}
