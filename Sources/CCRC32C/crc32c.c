#include "CCRC32C.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

// The polynomial 0x1EDC6F41 with its bits reversed.
#define POLYNOMIAL 0x82f63b78u

// The instruction takes three cycles and one can begin in each, so three streams run beside each other and are joined
// after. These are their lengths in bytes: long ones for a part, short ones for what is left.
#define LONG 4096
#define SHORT 256

typedef uint32_t shift_table[4][256];

static uint32_t slices[8][256];
static shift_table shift_long, shift_short;
static int has_instruction;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// `crc` here and below is the register itself: not inverted.
static uint32_t append_zeros(uint32_t crc, size_t count) {
  while (count--) crc = (crc >> 8) ^ slices[0][crc & 0xff];
  return crc;
}

// What so many zero bytes make of a register, for each value of each of its bytes: the map is linear.
static void make_shift(shift_table table, size_t count) {
  uint32_t bits[32];
  for (int bit = 0; bit < 32; bit++) bits[bit] = append_zeros(1u << bit, count);
  for (int byte = 0; byte < 4; byte++) {
    for (int value = 0; value < 256; value++) {
      uint32_t sum = 0;
      for (int bit = 0; bit < 8; bit++) {
        if (value >> bit & 1) sum ^= bits[8 * byte + bit];
      }
      table[byte][value] = sum;
    }
  }
}

static int find_instruction(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) & (1 << 7)) != 0;  // HWCAP_CRC32
#else
  return 0;
#endif
}

static void make_tables(void) {
  for (uint32_t value = 0; value < 256; value++) {
    uint32_t crc = value;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
    slices[0][value] = crc;
  }
  for (int slice = 1; slice < 8; slice++) {
    for (int value = 0; value < 256; value++) slices[slice][value] = append_zeros(slices[slice - 1][value], 1);
  }
  make_shift(shift_long, LONG);
  make_shift(shift_short, SHORT);
  has_instruction = find_instruction();
}

static uint32_t by_tables(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (; count >= 8; bytes += 8, count -= 8) {
    uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    crc = slices[7][low & 0xff] ^ slices[6][low >> 8 & 0xff] ^ slices[5][low >> 16 & 0xff] ^ slices[4][low >> 24]
      ^ slices[3][bytes[4]] ^ slices[2][bytes[5]] ^ slices[1][bytes[6]] ^ slices[0][bytes[7]];
  }
  for (; count; bytes++, count--) crc = (crc >> 8) ^ slices[0][(crc ^ *bytes) & 0xff];
  return crc;
}

#if defined(__x86_64__) || (defined(__aarch64__) && defined(__linux__))

#if defined(__x86_64__)
#define WITH_INSTRUCTION __attribute__((target("sse4.2")))
#define CRC_BYTE(crc, value) __builtin_ia32_crc32qi((crc), (value))
#define CRC_WORD(crc, value) ((uint32_t)__builtin_ia32_crc32di((crc), (value)))
#else
#define WITH_INSTRUCTION __attribute__((target("crc")))
#define CRC_BYTE(crc, value) __builtin_arm_crc32cb((crc), (value))
#define CRC_WORD(crc, value) __builtin_arm_crc32cd((crc), (value))
#endif

static inline uint64_t word(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, 8);
  return value;
}

static inline uint32_t shift(shift_table table, uint32_t crc) {
  return table[0][crc & 0xff] ^ table[1][crc >> 8 & 0xff] ^ table[2][crc >> 16 & 0xff] ^ table[3][crc >> 24];
}

WITH_INSTRUCTION static uint32_t by_three(uint32_t crc, const uint8_t *bytes, size_t length, shift_table table) {
  uint32_t second = 0, third = 0;
  for (size_t i = 0; i < length; i += 8) {
    crc = CRC_WORD(crc, word(bytes + i));
    second = CRC_WORD(second, word(bytes + length + i));
    third = CRC_WORD(third, word(bytes + 2 * length + i));
  }
  return shift(table, shift(table, crc) ^ second) ^ third;
}

WITH_INSTRUCTION static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (; count >= 3 * LONG; bytes += 3 * LONG, count -= 3 * LONG) crc = by_three(crc, bytes, LONG, shift_long);
  for (; count >= 3 * SHORT; bytes += 3 * SHORT, count -= 3 * SHORT) crc = by_three(crc, bytes, SHORT, shift_short);
  for (; count >= 8; bytes += 8, count -= 8) crc = CRC_WORD(crc, word(bytes));
  for (; count; bytes++, count--) crc = CRC_BYTE(crc, *bytes);
  return crc;
}

#else

#define by_instruction by_tables

#endif

uint32_t holdfast_crc32c(uint32_t crc, const void *bytes, size_t count) {
  pthread_once(&once, make_tables);
  return ~(has_instruction ? by_instruction(~crc, bytes, count) : by_tables(~crc, bytes, count));
}

uint32_t holdfast_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  pthread_once(&once, make_tables);
  return ~by_tables(~crc, bytes, count);
}
