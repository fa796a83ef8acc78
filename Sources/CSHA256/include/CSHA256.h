#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether ``holdfast_sha256_pair`` may be called: the processor has the instructions of SHA-256.
bool holdfast_sha256_pair_available(void);

/// Works the same blocks of 64 bytes into two SHA-256 states (FIPS 180-4, 6.2.2) at about the cost of one: one state alone
/// leaves the processor waiting for its own last round.
void holdfast_sha256_pair(uint32_t first[8], uint32_t second[8], const void *blocks, size_t count);

#endif
