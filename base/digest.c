// SPDX-License-Identifier: LGPL-2.1-or-later
/* SHA-256 of memory and of files. */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <unistd.h>

#define READ_SIZE (256 * 1024)

static void free_context(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

int cg_digest_of(struct cg_digest *out, const void *data, size_t len, struct cg_error *err)
{
	if (!EVP_Digest(data, len, out->bytes, NULL, EVP_sha256(), NULL))
		return cg_error_set(err, CG_E_SYSTEM, "SHA-256 is not available");
	return 0;
}

int cg_digest_fd(struct cg_digest *out, int fd, struct cg_error *err)
{
	cg_cleanup(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
	cg_auto_free char *block = malloc(READ_SIZE);
	off_t at = 0;
	ssize_t got;

	if (!context || !block || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
		return cg_error_set(err, CG_E_SYSTEM, "SHA-256 is not available");
	for (;;) {
		got = pread(fd, block, READ_SIZE, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cg_error_errno(err, "read");
		if (got == 0)
			break;
		EVP_DigestUpdate(context, block, (size_t)got);
		at += got;
	}
	if (!EVP_DigestFinal_ex(context, out->bytes, NULL))
		return cg_error_set(err, CG_E_SYSTEM, "SHA-256 failed");
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
