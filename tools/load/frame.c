// frame.c: valid, silent CBR MP3 frames at 48 kHz that carry when they were sent and which one they are.

#define _GNU_SOURCE
#include "frame.h"

#include <string.h>

static const long bit_rates[] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
static const char magic[8] = {'S', 'M', 'S', 'T', 'A', 'M', 'P', ':'};

enum { header_size = 4, side_information_size = 32, stamp_at = header_size + side_information_size };

static size_t rate_index(long kilobits) {
    for (size_t index = 1; index < sizeof bit_rates / sizeof *bit_rates; index++) {
        if (bit_rates[index] == kilobits) return index;
    }
    return 0;
}

size_t frame_size(long kilobits) {
    return rate_index(kilobits) == 0 ? 0 : (size_t)kilobits * 3;
}

void frame_fill(uint8_t *frame, long kilobits) {
    // Side information of zeros: no granule has coded data, so that all that follows is ancillary and decoders
    // play silence. Digits and letters cannot look like a sync word.
    memset(frame, 'U', frame_size(kilobits));
    memset(frame, 0, stamp_at);
    frame[0] = 0xFF;
    frame[1] = 0xFB;
    frame[2] = (uint8_t)(rate_index(kilobits) << 4 | 1 << 2);
}

static void write_hexadecimal(uint8_t *out, uint64_t value) {
    for (int digit = 15; digit >= 0; digit--, value >>= 4) out[digit] = (uint8_t)"0123456789abcdef"[value & 15];
}

static bool read_hexadecimal(const uint8_t *in, uint64_t *value) {
    *value = 0;
    for (int digit = 0; digit < 16; digit++) {
        int c = in[digit];
        bool is_decimal = c >= '0' && c <= '9';
        if (!is_decimal && (c < 'a' || c > 'f')) return false;
        *value = *value << 4 | (uint64_t)(is_decimal ? c - '0' : c - 'a' + 10);
    }
    return true;
}

void frame_stamp(uint8_t *frame, struct stamp stamp) {
    memcpy(frame + stamp_at, magic, sizeof magic);
    write_hexadecimal(frame + stamp_at + 8, stamp.number);
    write_hexadecimal(frame + stamp_at + 24, stamp.sent_ns);
}

bool stamp_next(const uint8_t *bytes, size_t count, size_t *offset, struct stamp *stamp) {
    while (*offset + STAMP_SIZE <= count) {
        const uint8_t *found = memmem(bytes + *offset, count - *offset, magic, sizeof magic);
        if (found == NULL) break;
        *offset = (size_t)(found - bytes) + STAMP_SIZE;
        if (*offset > count) break;
        if (read_hexadecimal(found + 8, &stamp->number) && read_hexadecimal(found + 24, &stamp->sent_ns)) return true;
    }
    *offset = count;
    return false;
}
