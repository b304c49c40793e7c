// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SHA-256 of memory and of files. Large files are digested by libcrypto, which has code for
 * every CPU's own instructions and is loaded when there is one: by its plain functions, as
 * the first use of its EVP layer looks for providers and configuration.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "base/digest.h"

#include <dlfcn.h>
#include <errno.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"

#define READ_SIZE (256 * 1024)
#define LARGE_SIZE (512 * 1024) /* what takes longer than the loading */

static struct {
	__typeof__(SHA256_Init) *begin;
	__typeof__(SHA256_Update) *put;
	__typeof__(SHA256_Final) *end; /* NULL: it can't be had, and what is here does */
} libcrypto;

static void load(void)
{
	void *library = dlopen(CRYPTO_SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return;
	libcrypto.begin = dlsym(library, "SHA256_Init");
	libcrypto.put = dlsym(library, "SHA256_Update");
	if (libcrypto.begin && libcrypto.put)
		libcrypto.end = dlsym(library, "SHA256_Final");
}

/* One digest in the making, by either. */
struct making {
	bool large;
	SHA256_CTX theirs;
	struct cg_sha256 ours;
};

static void begin(struct making *m, bool large)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (large)
		pthread_once(&once, load);
	m->large = large && libcrypto.end;
	if (m->large)
		libcrypto.begin(&m->theirs);
	else
		cg_sha256_begin(&m->ours);
}

static void put(struct making *m, const void *data, size_t len)
{
	if (m->large)
		libcrypto.put(&m->theirs, data, len);
	else
		cg_sha256_put(&m->ours, data, len);
}

static void end(struct making *m, struct cg_digest *out)
{
	if (m->large)
		libcrypto.end(out->bytes, &m->theirs);
	else
		cg_sha256_end(&m->ours, out->bytes);
}

void cg_digest_of(struct cg_digest *out, const void *data, size_t len)
{
	struct making m;

	begin(&m, false);
	put(&m, data, len);
	end(&m, out);
}

int cg_digest_fd(struct cg_digest *out, int fd, struct cg_error *err)
{
	cg_auto_free char *block = malloc(READ_SIZE);
	struct making m;
	struct stat st;
	off_t at = 0;
	ssize_t got;

	if (!block || fstat(fd, &st) < 0)
		return cg_error_errno(err, "read");
	begin(&m, st.st_size >= LARGE_SIZE);
	for (;;) {
		got = pread(fd, block, READ_SIZE, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cg_error_errno(err, "read");
		if (got == 0)
			break;
		put(&m, block, (size_t)got);
		at += got;
	}
	end(&m, out);
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
