// crc32c.h: CRC-32C (Castagnoli), by the processor's own instruction where it has one.

#ifndef CCHECKSUM_CRC32C_H
#define CCHECKSUM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// Continues a CRC-32C (RFC 3720 appendix B.4) over `length` bytes; begin with 0.
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
