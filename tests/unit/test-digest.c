// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sha256.h"
#include "tests/unit/outcome.h"

/* From FIPS 180-2, appendix B, and the well-known digest of nothing. */
static const struct {
	const char *text;
	size_t times;
	const char *hex;
} vectors[] = {
	{ "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 1000000,
	  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static size_t length(size_t i)
{
	return strlen(vectors[i].text) * vectors[i].times;
}

static char *content(size_t i)
{
	size_t len = strlen(vectors[i].text);
	char *data = malloc(length(i) + 1);

	assert_non_null(data);
	for (size_t n = 0; n < vectors[i].times; n++)
		memcpy(data + n * len, vectors[i].text, len);
	return data;
}

static void memory_has_the_digest_of_the_standard(void **state)
{
	char hex[CG_DIGEST_HEX];
	struct cg_digest digest;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(vectors); i++) {
		cg_auto_free char *data = content(i);

		cg_digest_of(&digest, data, length(i));
		assert_string_equal(cg_digest_hex(&digest, hex), vectors[i].hex);
	}
}

/* Whatever was read of it before. */
static void a_file_is_digested_from_its_start(void **state)
{
	char hex[CG_DIGEST_HEX];
	struct cg_digest digest;
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(vectors); i++) {
		cg_auto_free char *data = content(i);
		cg_auto_close int fd = memfd_create("test", MFD_CLOEXEC);

		assert_int_equal(write(fd, data, length(i)), length(i));
		assert_ok(cg_digest_fd(&digest, fd, &err));
		assert_string_equal(cg_digest_hex(&digest, hex), vectors[i].hex);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), length(i));
	}
}

/* Both kinds of code for the same bytes: large files are read by other code than memory. */
static void a_file_has_the_digest_of_its_content(void **state)
{
	static const size_t sizes[] = { 1,    54,     55,     56,     63,
					64,   65,     119,    120,    128,
					4095, 524287, 524288, 524289, 1000003 };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(sizes); i++) {
		cg_auto_close int fd = memfd_create("test", MFD_CLOEXEC);
		cg_auto_free unsigned char *data = malloc(sizes[i]);
		struct cg_digest memory, file;
		struct cg_error err;

		for (size_t n = 0; n < sizes[i]; n++)
			data[n] = (unsigned char)(n * n >> 3);
		assert_int_equal(write(fd, data, sizes[i]), sizes[i]);
		cg_digest_of(&memory, data, sizes[i]);
		assert_ok(cg_digest_fd(&file, fd, &err));
		assert_memory_equal(memory.bytes, file.bytes, CG_DIGEST_SIZE);
	}
}

/* However it is cut. */
static void pieces_have_the_digest_of_the_whole(void **state)
{
	unsigned char data[300], whole[CG_SHA256_SIZE], pieces[CG_SHA256_SIZE];
	struct cg_sha256 sha;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	cg_sha256_begin(&sha);
	cg_sha256_put(&sha, data, sizeof(data));
	cg_sha256_end(&sha, whole);
	for (size_t step = 1; step < sizeof(data); step++) {
		cg_sha256_begin(&sha);
		for (size_t at = 0; at < sizeof(data); at += step)
			cg_sha256_put(&sha, data + at,
				      at + step < sizeof(data) ? step
							       : sizeof(data) - at);
		cg_sha256_end(&sha, pieces);
		assert_memory_equal(pieces, whole, sizeof(whole));
	}
}

static void what_cannot_be_read_is_an_error(void **state)
{
	cg_auto_close int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cg_digest digest;
	struct cg_error err;

	(void)state;
	assert_error(cg_digest_fd(&digest, folder, &err), CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, EISDIR);
	assert_error(cg_digest_fd(&digest, -1, &err), CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, EBADF);
}

static void every_byte_has_two_digits(void **state)
{
	char hex[CG_DIGEST_HEX], *got;
	struct cg_digest digest;

	(void)state;
	for (int i = 0; i < CG_DIGEST_SIZE; i++)
		digest.bytes[i] = (uint8_t)(i * 8 + i % 8);
	got = cg_digest_hex(&digest, hex);
	assert_ptr_equal(got, hex);
	assert_string_equal(hex, "0009121b242d363f4049525b646d767f"
				 "8089929ba4adb6bfc0c9d2dbe4edf6ff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_has_the_digest_of_the_standard),
		cmocka_unit_test(a_file_is_digested_from_its_start),
		cmocka_unit_test(a_file_has_the_digest_of_its_content),
		cmocka_unit_test(pieces_have_the_digest_of_the_whole),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(every_byte_has_two_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
