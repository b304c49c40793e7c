/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 (FIPS 180-4) in plain C, for the few kilobytes that a warm answer digests: to load
 * libcrypto for them would take longer than all else that an answer does by itself.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CG_SHA256_SIZE 32
#define CG_SHA256_BLOCK 64

struct cg_sha256 {
	uint32_t state[8];
	uint64_t len;                   /* bytes so far */
	uint8_t block[CG_SHA256_BLOCK]; /* what doesn't fill one yet */
};

void cg_sha256_begin(struct cg_sha256 *out);
void cg_sha256_put(struct cg_sha256 *sha, const void *data, size_t len);
void cg_sha256_end(struct cg_sha256 *sha, uint8_t out[static CG_SHA256_SIZE]);
