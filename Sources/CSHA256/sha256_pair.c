#include "CSHA256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define WITH_INSTRUCTIONS __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// The order in which the instructions want the eight words of a state.
typedef struct {
  __m128i abef, cdgh;
} registers;

WITH_INSTRUCTIONS static inline registers load(const uint32_t state[8]) {
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  registers result = {_mm_alignr_epi8(abcd, efgh, 8), _mm_blend_epi16(efgh, abcd, 0xf0)};
  return result;
}

WITH_INSTRUCTIONS static inline void store(uint32_t state[8], registers from) {
  __m128i feba = _mm_shuffle_epi32(from.abef, 0x1b);
  __m128i dchg = _mm_shuffle_epi32(from.cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// Four rounds of both states.
#define ROUNDS(words, index)                                                                          \
  do {                                                                                                \
    __m128i low = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(constants + 4 * (index))));   \
    __m128i high = _mm_shuffle_epi32(low, 0x0e);                                                      \
    a.cdgh = _mm_sha256rnds2_epu32(a.cdgh, a.abef, low);                                              \
    b.cdgh = _mm_sha256rnds2_epu32(b.cdgh, b.abef, low);                                              \
    a.abef = _mm_sha256rnds2_epu32(a.abef, a.cdgh, high);                                             \
    b.abef = _mm_sha256rnds2_epu32(b.abef, b.cdgh, high);                                             \
  } while (0)

// The next four words of the message schedule, in the place of the oldest.
#define SCHEDULE(w0, w1, w2, w3) \
  w0 = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3)

#define SIXTEEN_ROUNDS(index)   \
  SCHEDULE(w0, w1, w2, w3);     \
  ROUNDS(w0, (index));          \
  SCHEDULE(w1, w2, w3, w0);     \
  ROUNDS(w1, (index) + 1);      \
  SCHEDULE(w2, w3, w0, w1);     \
  ROUNDS(w2, (index) + 2);      \
  SCHEDULE(w3, w0, w1, w2);     \
  ROUNDS(w3, (index) + 3)

WITH_INSTRUCTIONS void holdfast_sha256_pair(
  uint32_t first[8], uint32_t second[8], const void *blocks, size_t count) {
  const __m128i bigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
  const __m128i *words = blocks;
  registers a = load(first), b = load(second);
  for (; count; count--, words += 4) {
    const registers beforeA = a, beforeB = b;
    __m128i w0 = _mm_shuffle_epi8(_mm_loadu_si128(words), bigEndian);
    __m128i w1 = _mm_shuffle_epi8(_mm_loadu_si128(words + 1), bigEndian);
    __m128i w2 = _mm_shuffle_epi8(_mm_loadu_si128(words + 2), bigEndian);
    __m128i w3 = _mm_shuffle_epi8(_mm_loadu_si128(words + 3), bigEndian);
    ROUNDS(w0, 0);
    ROUNDS(w1, 1);
    ROUNDS(w2, 2);
    ROUNDS(w3, 3);
    SIXTEEN_ROUNDS(4);
    SIXTEEN_ROUNDS(8);
    SIXTEEN_ROUNDS(12);
    a.abef = _mm_add_epi32(a.abef, beforeA.abef);
    a.cdgh = _mm_add_epi32(a.cdgh, beforeA.cdgh);
    b.abef = _mm_add_epi32(b.abef, beforeB.abef);
    b.cdgh = _mm_add_epi32(b.cdgh, beforeB.cdgh);
  }
  store(first, a);
  store(second, b);
}

bool holdfast_sha256_pair_available(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));  // SHA
}

#else

bool holdfast_sha256_pair_available(void) { return false; }

void holdfast_sha256_pair(uint32_t first[8], uint32_t second[8], const void *blocks, size_t count) {
  (void)first, (void)second, (void)blocks, (void)count;
  __builtin_trap();
}

#endif
