/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256. Content is the only identity that cpugate trusts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CG_DIGEST_SIZE 32
#define CG_DIGEST_HEX (2 * CG_DIGEST_SIZE + 1)

struct cg_digest {
	uint8_t bytes[CG_DIGEST_SIZE];
};

/* Digest of @len bytes. */
void cg_digest_of(struct cg_digest *out, const void *data, size_t len);

/* Digest of a whole file from its start; blocks for as long as reading takes. */
cg_must_check int cg_digest_fd(struct cg_digest *out, int fd, struct cg_error *err);

/* Lower-case hexadecimal digits and a NUL. Returns @hex. */
char *cg_digest_hex(const struct cg_digest *digest, char hex[static CG_DIGEST_HEX]);
