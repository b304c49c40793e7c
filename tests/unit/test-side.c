// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/side.h"

#include <string.h>

#include "base/json.h"
#include "lib/command.h"
#include "tests/unit/unit.h"

/* No emulator is there, so what is said of it shows that a side was understood so far. */
static void expect(const char *arguments, const char *want)
{
	const struct cg_context_options how = { .cache_path = "/proc/none/cache.db",
						.cancel_fd = -1 };
	cg_auto_context struct cg_context *context = NULL;
	cg_auto_json json_t *args = NULL, *reply = NULL;
	struct cg_error err = { 0 };

	assert_int_equal(cg_json_parse(&args, arguments, strlen(arguments), 1 << 16,
				       &err),
			 0);
	assert_int_equal(cg_context_new(&context, &how, &err), 0);
	assert_int_equal(cg_command_run(context, "diff", args, &reply, &err), -1);
	if (!strstr(err.msg, want))
		fail_msg("%s: %s", arguments, err.msg);
	assert_null(reply);
}

#define TO ",\"to\":{\"emulator\":\"/nowhere/to\",\"accel\":\"tcg\"}}"

static void a_side_is_an_object_or_a_text(void **state)
{
	(void)state;
	expect("{\"from\":\"emulator=/nowhere/a,accel=tcg\"" TO,
	       "FROM: emulator /nowhere/a");
	expect("{\"from\":{\"emulator\":\"/nowhere/a,b=c\"}" TO,
	       "FROM: emulator /nowhere/a,b=c");
	expect("{\"from\":{}" TO, "TO: emulator /nowhere/to");
	expect("{\"from\":{\"emulator\":\"/nowhere/a\",\"generation\":1}" TO,
	       "FROM: emulator /nowhere/a");
	expect("{\"from\":{\"emulator\":\"/nowhere/a\",\"generation\":\"1\"}" TO,
	       "FROM: emulator /nowhere/a");
}

static void what_the_side_does_not_say_is_in_the_arguments(void **state)
{
	(void)state;
	expect("{\"emulator\":\"/nowhere/common\",\"accel\":\"tcg\",\"from\":{}" TO,
	       "FROM: emulator /nowhere/common");
	expect("{\"emulator\":\"/nowhere/common\",\"accel\":\"tcg\","
	       "\"from\":{\"emulator\":\"/nowhere/a\"}" TO,
	       "FROM: emulator /nowhere/a");
}

static void what_is_no_side_is_refused(void **state)
{
	static const char *const wrong[][2] = {
		{ "{}", "Two sides" },
		{ "{\"to\":{}}", "Two sides" },
		{ "{\"from\":{}}", "Two sides" },
		{ "{\"from\":null" TO, "Two sides" },
		{ "{\"from\":[]" TO, "Two sides" },
		{ "{\"from\":1" TO, "Two sides" },
		{ "{\"from\":{\"mashine\":\"pc\"}" TO, "FROM: no key mashine" },
		{ "{\"from\":{\"machine\":7}" TO, "FROM: machine= needs a value" },
		{ "{\"from\":{\"machine\":null}" TO, "FROM: machine= needs a value" },
		{ "{\"from\":{\"machine\":\"\"}" TO, "FROM: machine= needs a value" },
		{ "{\"from\":{\"generation\":true}" TO,
		  "FROM: generation= needs a value" },
		{ "{\"from\":{\"generation\":1,\"accel\":\"tcg\"}" TO,
		  "FROM: under tcg" },
		{ "{\"from\":{\"generation\":1,\"host\":\"now\"}" TO, "not both" },
		{ "{\"from\":{},\"host\":\"now\"" TO, "diff takes no argument host" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(wrong); i++)
		expect(wrong[i][0], wrong[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_side_is_an_object_or_a_text),
		cmocka_unit_test(what_the_side_does_not_say_is_in_the_arguments),
		cmocka_unit_test(what_is_no_side_is_refused),
	};

	return cmocka_run_group_tests_name("side", tests, NULL, NULL);
}
