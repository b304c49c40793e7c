// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/framing.h"

#include <string.h>

#include "tests/unit/outcome.h"
#include "tests/unit/random.h"
#include "tests/unit/unit.h"

#define LIMIT 4096

/* What comes out of @text when it comes in pieces of @step bytes: "{...}|" and "!" for complaints. */
static char *frames(const char *text, size_t len, size_t step)
{
	cg_auto_buffer struct cg_buffer out = CG_BUFFER(1 << 20);
	struct cg_framing framing;
	struct cg_error err;

	cg_framing_init(&framing, LIMIT);
	assert_ok(cg_buffer_put(&out, "", 0, &err));
	for (size_t at = 0; at < len; at += step) {
		size_t now = len - at < step ? len - at : step, size;
		enum cg_frame frame;
		char *message;

		assert_ok(cg_framing_put(&framing, text + at, now, &err));
		while ((frame = cg_framing_next(&framing, &message, &size)) !=
		       CG_FRAME_NONE) {
			static const char *const words[] = { [CG_FRAME_GARBAGE] = "!",
							     [CG_FRAME_DEEP] = "deep",
							     [CG_FRAME_LONG] = "long" };

			if (frame != CG_FRAME_MESSAGE) {
				assert_ok(cg_buffer_put(&out, words[frame],
							strlen(words[frame]), &err));
				continue;
			}
			assert_int_equal(message[size], '\0');
			assert_ok(cg_buffer_put(&out, message, size, &err));
			assert_ok(cg_buffer_put(&out, "|", 1, &err));
		}
	}
	cg_framing_deinit(&framing);
	return strdup(out.data);
}

static void assert_frames_of(const char *text, size_t len, const char *expected)
{
	static const size_t steps[] = { 1, 2, 3, 7, 4096, 65536 };

	for (size_t i = 0; i < CG_COUNT(steps); i++) {
		cg_auto_free char *out = frames(text, len, steps[i]);

		assert_string_equal(out, expected);
	}
}

#define assert_frames(text, expected) assert_frames_of(text, sizeof(text) - 1, expected)

static void finds_objects_however_they_are_sent(void **state)
{
	(void)state;
	assert_frames("{}", "{}|");
	assert_frames("{\"a\":1}{\"b\":2}\n\n \t{\"c\":\r\n3}\r\n",
		      "{\"a\":1}|{\"b\":2}|{\"c\":\r\n3}|");
	assert_frames("{\"a\":[{\"b\":{}}]}", "{\"a\":[{\"b\":{}}]}|");
	assert_frames("", "");
	assert_frames("{\"a\":", "");
}

static void knows_strings(void **state)
{
	(void)state;
	assert_frames("{\"}\":\"{[\\\"}\\\\\"}", "{\"}\":\"{[\\\"}\\\\\"}|");
	assert_frames("{\"\\u007d\":\"\xc3\xa9\"}", "{\"\\u007d\":\"\xc3\xa9\"}|");
}

static void passes_over_the_rest_of_a_bad_line(void **state)
{
	(void)state;
	assert_frames("[1,{}]\n{}", "!{}|");
	assert_frames("execute {}\r\n{\"a\":1}", "!{\"a\":1}|");
	assert_frames("}}}\n{}", "!{}|");
	assert_frames("{} x {}\n{}", "{}|!{}|");
}

static void comes_to_itself_at_a_control_character(void **state)
{
	(void)state;
	assert_frames("{\"a\":\"\xff{}", "!{}|");
	assert_frames("{\"a\":[[[\x01{\"b\":1}", "!{\"b\":1}|");
	assert_frames("\xff{}", "!{}|");
	assert_frames("{\"a\":1\0{}", "!{}|");
	assert_frames("x\xff{}", "!{}|");
}

static void refuses_what_is_too_long_or_too_deep(void **state)
{
	static char text[2 * LIMIT];

	(void)state;
	memset(text, ' ', sizeof(text));
	text[0] = '{';
	text[LIMIT - 1] = '}';
	{
		cg_auto_free char *out = frames(text, LIMIT, 1000);

		assert_int_equal(strlen(out), LIMIT + 1);
	}
	text[LIMIT - 1] = ' ';
	text[LIMIT] = '}';
	memcpy(text + LIMIT + 1, "{}\n{}", 5);
	assert_frames_of(text, LIMIT + 6, "long{}|");
	memset(text, '[', CG_FRAME_DEPTH + 1);
	text[0] = '{';
	memcpy(text + CG_FRAME_DEPTH + 1, "]}\n{}", 5);
	assert_frames_of(text, CG_FRAME_DEPTH + 6, "deep{}|");
}

static void any_bytes_in_any_pieces_are_the_same_frames(void **state)
{
	static const char alphabet[] = "{}[]\"\\ \n,:a1\xff\x01";
	char text[200];

	(void)state;
	random_seed(1);
	for (int i = 0; i < 3000; i++) {
		cg_auto_free char *whole = NULL, *pieces = NULL;
		size_t len = random_below(sizeof(text));

		for (size_t at = 0; at < len; at++)
			text[at] = alphabet[random_below(sizeof(alphabet) - 1)];
		whole = frames(text, len, sizeof(text));
		pieces = frames(text, len, 1 + random_below(9));
		assert_string_equal(whole, pieces);
	}
}

static void forgets_the_room_of_a_long_message(void **state)
{
	static char text[3 << 20];
	struct cg_framing framing;
	struct cg_error err;
	char *message;
	size_t len;

	(void)state;
	cg_framing_init(&framing, sizeof(text));
	memset(text, ' ', sizeof(text));
	text[0] = '{';
	text[sizeof(text) - 1] = '}';
	for (size_t at = 0; at < sizeof(text); at += CG_FRAME_READ) {
		assert_ok(cg_framing_put(&framing, text + at, CG_FRAME_READ, &err));
		if (at + CG_FRAME_READ < sizeof(text)) {
			assert_int_equal(cg_framing_next(&framing, &message, &len),
					 CG_FRAME_NONE);
			assert_true(cg_framing_is_begun(&framing));
		}
	}
	assert_int_equal(cg_framing_next(&framing, &message, &len), CG_FRAME_MESSAGE);
	assert_int_equal(len, sizeof(text));
	assert_int_equal(cg_framing_next(&framing, &message, &len), CG_FRAME_NONE);
	assert_false(cg_framing_is_begun(&framing));
	assert_ok(cg_framing_put(&framing, " ", 1, &err));
	assert_true(framing.in.size < 1 << 20);
	cg_framing_deinit(&framing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_objects_however_they_are_sent),
		cmocka_unit_test(knows_strings),
		cmocka_unit_test(passes_over_the_rest_of_a_bad_line),
		cmocka_unit_test(comes_to_itself_at_a_control_character),
		cmocka_unit_test(refuses_what_is_too_long_or_too_deep),
		cmocka_unit_test(any_bytes_in_any_pieces_are_the_same_frames),
		cmocka_unit_test(forgets_the_room_of_a_long_message),
	};

	return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
