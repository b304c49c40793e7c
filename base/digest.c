// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SHA-256 of memory and of files. By libcrypto's plain functions: the first use of its EVP layer looks for
 * providers and configuration, which takes as long as a third of a warm answer.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "base/digest.h"

#include <errno.h>
#include <openssl/sha.h>
#include <unistd.h>

#define READ_SIZE (256 * 1024)

void cg_digest_of(struct cg_digest *out, const void *data, size_t len)
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Update(&context, data, len);
	SHA256_Final(out->bytes, &context);
}

int cg_digest_fd(struct cg_digest *out, int fd, struct cg_error *err)
{
	cg_auto_free char *block = malloc(READ_SIZE);
	SHA256_CTX context;
	off_t at = 0;
	ssize_t got;

	if (!block)
		return cg_error_errno(err, "read");
	SHA256_Init(&context);
	for (;;) {
		got = pread(fd, block, READ_SIZE, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cg_error_errno(err, "read");
		if (got == 0)
			break;
		SHA256_Update(&context, block, (size_t)got);
		at += got;
	}
	SHA256_Final(out->bytes, &context);
	return 0;
}

char *cg_digest_hex(const struct cg_digest *digest, char hex[static CG_DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < CG_DIGEST_SIZE; i++) {
		hex[2 * i] = digits[digest->bytes[i] >> 4];
		hex[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	hex[CG_DIGEST_HEX - 1] = '\0';
	return hex;
}
