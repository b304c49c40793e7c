// SPDX-License-Identifier: LGPL-2.1-or-later
/* As the standard has it, with the standard's names for what it names. */
#include "base/sha256.h"

#include <endian.h>
#include <string.h>

static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotr(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t ch(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (~x & z);
}

static inline uint32_t maj(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (x & z) ^ (y & z);
}

/* The message schedule. */
static void prepare(uint32_t w[static 64], const uint8_t *block)
{
	for (int t = 0; t < 16; t++) {
		memcpy(&w[t], block + sizeof(w[t]) * (size_t)t, sizeof(w[t]));
		w[t] = be32toh(w[t]);
	}
	for (int t = 16; t < 64; t++) {
		uint32_t a = w[t - 2], b = w[t - 15];

		w[t] = (rotr(a, 17) ^ rotr(a, 19) ^ a >> 10) + w[t - 7] +
		       (rotr(b, 7) ^ rotr(b, 18) ^ b >> 3) + w[t - 16];
	}
}

/* v[0] to v[7] are the standard's a to h. They stay where they are, and the names move. */
#define ROUND(t_, a_, b_, c_, d_, e_, f_, g_, h_)                                        \
	do {                                                                             \
		uint32_t t1 = h_ + (rotr(e_, 6) ^ rotr(e_, 11) ^ rotr(e_, 25)) +         \
			      ch(e_, f_, g_) + k[t_] + w[t_];                            \
                                                                                         \
		d_ += t1;                                                                \
		h_ = t1 + (rotr(a_, 2) ^ rotr(a_, 13) ^ rotr(a_, 22)) + maj(a_, b_, c_); \
	} while (0)

static void compress(uint32_t state[static 8], const uint8_t *block)
{
	uint32_t w[64], a = state[0], b = state[1], c = state[2], d = state[3],
			e = state[4], f = state[5], g = state[6], h = state[7];

	prepare(w, block);
	for (int t = 0; t < 64; t += 8) {
		ROUND(t + 0, a, b, c, d, e, f, g, h);
		ROUND(t + 1, h, a, b, c, d, e, f, g);
		ROUND(t + 2, g, h, a, b, c, d, e, f);
		ROUND(t + 3, f, g, h, a, b, c, d, e);
		ROUND(t + 4, e, f, g, h, a, b, c, d);
		ROUND(t + 5, d, e, f, g, h, a, b, c);
		ROUND(t + 6, c, d, e, f, g, h, a, b);
		ROUND(t + 7, b, c, d, e, f, g, h, a);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void cg_sha256_begin(struct cg_sha256 *out)
{
	*out = (struct cg_sha256){
		.state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
			   0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
	};
}

void cg_sha256_put(struct cg_sha256 *sha, const void *data, size_t len)
{
	size_t used = sha->len % CG_SHA256_BLOCK;
	const uint8_t *at = data;

	sha->len += len;
	if (used && used + len >= CG_SHA256_BLOCK) {
		memcpy(sha->block + used, at, CG_SHA256_BLOCK - used);
		compress(sha->state, sha->block);
		at += CG_SHA256_BLOCK - used;
		len -= CG_SHA256_BLOCK - used;
		used = 0;
	}
	for (; used + len >= CG_SHA256_BLOCK; len -= CG_SHA256_BLOCK) {
		compress(sha->state, at);
		at += CG_SHA256_BLOCK;
	}
	if (len)
		memcpy(sha->block + used, at, len);
}

void cg_sha256_end(struct cg_sha256 *sha, uint8_t out[static CG_SHA256_SIZE])
{
	static const uint8_t padding[CG_SHA256_BLOCK] = { 0x80 };
	uint64_t bits = htobe64(sha->len * 8);
	size_t used = sha->len % CG_SHA256_BLOCK, room = CG_SHA256_BLOCK - sizeof(bits);

	cg_sha256_put(sha, padding,
		      used < room ? room - used : room + CG_SHA256_BLOCK - used);
	cg_sha256_put(sha, &bits, sizeof(bits));
	for (int i = 0; i < 8; i++) {
		uint32_t word = htobe32(sha->state[i]);

		memcpy(out + sizeof(word) * (size_t)i, &word, sizeof(word));
	}
}
