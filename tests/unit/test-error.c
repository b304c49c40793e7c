// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/outcome.h"

/* Longer than any message. */
static const char *long_text(void)
{
	static char text[2 * CG_ERROR_TEXT];

	memset(text, 'x', sizeof(text) - 1);
	return text;
}

static void a_message_has_its_code_and_words(void **state)
{
	struct cg_error err = { .sys_errno = EIO };

	(void)state;
	assert_int_equal(cg_error_set(&err, CG_E_LIMIT, "%d of %s", 3, "them"), -1);
	assert_int_equal(err.code, CG_E_LIMIT);
	assert_int_equal(err.sys_errno, 0);
	assert_string_equal(err.msg, "3 of them");
}

static void a_failed_system_call_says_why(void **state)
{
	struct cg_error err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(cg_error_errno(&err, "open %s", "/nowhere"), -1);
	assert_int_equal(err.code, CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, ENOENT);
	assert_string_equal(err.msg, "open /nowhere: No such file or directory");
}

static void context_goes_before_the_message(void **state)
{
	struct cg_error err;

	(void)state;
	errno = EACCES;
	(void)cg_error_errno(&err, "open");
	assert_int_equal(cg_error_prefix(&err, "file %d", 1), -1);
	assert_int_equal(cg_error_prefix(&err, "cache"), -1);
	assert_string_equal(err.msg, "cache: file 1: open: Permission denied");
	assert_int_equal(err.code, CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, EACCES);
}

static void context_may_quote_the_message_itself(void **state)
{
	struct cg_error err;

	(void)state;
	(void)cg_error_set(&err, CG_E_PARSE, "100%%s");
	(void)cg_error_prefix(&err, "%s", "50%");
	assert_string_equal(err.msg, "50%: 100%s");
}

static void long_messages_are_cut(void **state)
{
	struct cg_error err;

	(void)state;
	(void)cg_error_set(&err, CG_E_PARSE, "%s", long_text());
	assert_int_equal(strlen(err.msg), CG_ERROR_TEXT - 1);
	(void)cg_error_prefix(&err, "context");
	assert_int_equal(strlen(err.msg), CG_ERROR_TEXT - 1);
	assert_memory_equal(err.msg, "context: xxx", 12);
	(void)cg_error_prefix(&err, "%s", long_text());
	assert_int_equal(strlen(err.msg), CG_ERROR_TEXT - 1);
	errno = EPERM;
	(void)cg_error_errno(&err, "%s", long_text());
	assert_int_equal(strlen(err.msg), CG_ERROR_TEXT - 1);
	assert_int_equal(err.sys_errno, EPERM);
}

/* What they quote may be anybody's. */
static void messages_have_no_control_characters(void **state)
{
	struct cg_error err;

	(void)state;
	(void)cg_error_set(&err, CG_E_PARSE, "%s", "a\nb\x1b[1m");
	assert_string_equal(err.msg, "a b [1m");
	(void)cg_error_prefix(&err, "%s", "c\td\xff");
	assert_string_equal(err.msg, "c d?: a b [1m");
	errno = EIO;
	(void)cg_error_errno(&err, "%s", "e\n");
	assert_string_equal(err.msg, "e : Input/output error");
}

/* Scripts rely on these: a name may be added, never changed. */
static void codes_keep_their_names(void **state)
{
	static const char *const names[] = {
		[CG_E_NONE] = "none",       [CG_E_USAGE] = "usage",
		[CG_E_UNKNOWN] = "unknown", [CG_E_SYSTEM] = "system",
		[CG_E_TIMEOUT] = "timeout", [CG_E_CANCELLED] = "cancelled",
		[CG_E_LIMIT] = "limit",     [CG_E_PARSE] = "parse",
		[CG_E_REFUSED] = "refused", [CG_E_PROTOCOL] = "protocol",
		[CG_E_DIED] = "died",       [CG_E_CORRUPT] = "corrupt",
		[CG_E_NEWER] = "newer",     [CG_E_UNDECIDED] = "undecided",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(names); i++)
		assert_string_equal(cg_errc_name((enum cg_errc)i), names[i]);
	assert_string_equal(cg_errc_name((enum cg_errc)1000), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_its_code_and_words),
		cmocka_unit_test(a_failed_system_call_says_why),
		cmocka_unit_test(context_goes_before_the_message),
		cmocka_unit_test(context_may_quote_the_message_itself),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(messages_have_no_control_characters),
		cmocka_unit_test(codes_keep_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
