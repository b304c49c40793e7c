// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/text.h"

#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/random.h"
#include "tests/unit/unit.h"

static void only_what_is_harmless_stays(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "plain text: ~!\"\\", "plain text: ~!\"\\" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "one\ntwo\r\n\tthree", "one two   three" },
		{ "\x1b[31mred\x7f", " [31mred " },
		{ "\xc2\x9b", "  " },       /* CSI of 8-bit terminals */
		{ "\xc2\xa0", "\xc2\xa0" }, /* the first behind those */
		{ "\xff\xfe", "??" },
		{ "a\xc3", "a?" }, /* cut */
		{ "\xe2\x82", "??" },
		{ "\xc3z", "?z" },
		{ "\x80", "?" },      /* begins in the middle */
		{ "\xc0\xaf", "??" }, /* longer than it needs to be */
		{ "\xe0\x80\xaf", "???" },
		{ "\xf0\x8f\xbf\xbf", "????" },
		{ "\xed\xa0\x80", "???" }, /* half of a pair */
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xf4\x90\x80\x80", "????" }, /* beyond Unicode */
		{ "\xf8\x88\x80\x80\x80", "?????" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		strcpy(text, cases[i][0]);
		cg_text_clean(text);
		assert_string_equal(text, cases[i][1]);
	}
}

/* jansson is strict about UTF-8. */
static void any_bytes_become_a_json_string(void **state)
{
	(void)state;
	random_seed(1);
	for (int round = 0; round < 5000; round++) {
		size_t len = random_below(40);
		cg_auto_free char *text = malloc(len + 1), *once = NULL;
		json_t *json;

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(random_below(2) ? 0x80 | random_word()
							 : random_word());
		text[len] = '\0';
		len = strlen(text);
		cg_text_clean(text);
		assert_true(strlen(text) <= len);
		json = json_string(text);
		assert_non_null(json);
		json_decref(json);
		for (size_t i = 0; text[i]; i++)
			assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
		once = strdup(text);
		cg_text_clean(text);
		assert_string_equal(text, once);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_harmless_stays),
		cmocka_unit_test(any_bytes_become_a_json_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
