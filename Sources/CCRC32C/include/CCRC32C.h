#ifndef HOLDFAST_CCRC32C_H
#define HOLDFAST_CCRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of what gave `crc` followed by these bytes; 0 is the CRC of nothing.
///
/// By the processor's own instruction where it has one (SSE 4.2, ARMv8 CRC), else by tables.
/// RFC 3720, appendix B.4.
uint32_t holdfast_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by tables alone, so that a test can compare the two.
uint32_t holdfast_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif
