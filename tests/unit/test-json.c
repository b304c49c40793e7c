// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What goes in comes out, integers of 64 bits included; what is no JSON, or ambiguous, or
 * too long, doesn't go in.
 */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buffer.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

#define LIMIT (64 * 1024)

/* In a block of exactly its length, so that reading past the end is seen. */
static int parse(json_t **out, const char *text, size_t len, struct cg_error *err)
{
	cg_auto_free char *block = malloc(len ? len : 1);

	assert_non_null(block);
	memcpy(block, text, len);
	return cg_json_parse(out, block, len, LIMIT, err);
}

static json_t *parsed(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	if (parse(&json, text, strlen(text), &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return json;
}

static void expect_canonical(const char *text, const char *want)
{
	cg_auto_json json_t *json = parsed(text);
	cg_auto_free char *got = cg_json_canonical(json);

	assert_string_equal(got, want);
}

static void expect_refused(const char *text, size_t len)
{
	json_t *json = NULL;
	struct cg_error err;

	if (parse(&json, text, len, &err) == 0)
		fail_msg("taken: %.*s", (int)len, text);
	assert_int_equal(err.code, CG_E_PARSE);
	assert_null(json);
}

static void what_qemu_says_comes_back_unchanged(void **state)
{
	(void)state;
	expect_canonical("{\"lbr-fmt\":18446744073709551552}",
			 "{\"lbr-fmt\":18446744073709551552}");
	expect_canonical(
		"{\"return\": {\"model\": {\"name\": \"base\", \"props\": "
		"{\"lbr-fmt\": 18446744073709551552, \"avx\": false}}}, \"id\": 1}\r\n",
		"{\"id\":1,\"return\":{\"model\":{\"name\":\"base\",\"props\":"
		"{\"avx\":false,\"lbr-fmt\":18446744073709551552}}}}");
}

static void integers_of_64_bits_are_exact(void **state)
{
	static const char *const numbers[] = {
		"0",
		"1",
		"-1",
		"-9223372036854775808",
		"9223372036854775806",
		"9223372036854775807",
		"9223372036854775808",
		"9223372036854775809",
		"9999999999999999999",
		"10000000000000000000",
		"18446744073709551614",
		"18446744073709551615",
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(numbers); i++) {
		snprintf(text, sizeof(text), "[%s]", numbers[i]);
		expect_canonical(text, text);
		snprintf(text, sizeof(text), "{\"a\":%s,\"b\":[%s]}", numbers[i],
			 numbers[i]);
		expect_canonical(text, text);
	}
}

static void numbers_beyond_64_bits_are_refused(void **state)
{
	static const char *const numbers[] = {
		"18446744073709551616",
		"18446744073709551625",
		"28446744073709551615",
		"99999999999999999999",
		"100000000000000000000",
		"184467440737095516150",
		"-9223372036854775809",
		"-9999999999999999999",
		"-18446744073709551615",
		"-10000000000000000000000",
		"1e400",
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(numbers); i++) {
		snprintf(text, sizeof(text), "[%s]", numbers[i]);
		expect_refused(text, strlen(text));
	}
}

/* Digits that are part of a fraction are no integer, however many. */
static void fractions_are_left_alone(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
		{ "[0.5]", 0.5 },
		{ "[0.9223372036854775808]", 0.9223372036854775808 },
		{ "[-0.9223372036854775808]", -0.9223372036854775808 },
		{ "[1.18446744073709551615]", 1.18446744073709551615 },
		{ "[-12.18446744073709551615]", -12.18446744073709551615 },
		{ "[9223372036854775808.5]", 9223372036854775808.5 },
		{ "[9223372036854775808e1]", 9223372036854775808e1 },
		{ "[-9223372036854775808E+1]", -9223372036854775808e1 },
		{ "[18446744073709551615.0]", 18446744073709551615.0 },
		{ "[1e2]", 100 },
		{ "[0e9999999999999999999]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_json json_t *json = parsed(cases[i].text);

		assert_true(json_real_value(json_array_get(json, 0)) == cases[i].value);
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"1",
		"\"text\"",
		"true",
		"9223372036854775808",
		"{",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\" 1}",
		"{a:1}",
		"{'a':1}",
		"[1 2]",
		"[01]",
		"[+1]",
		"[-]",
		"[.5]",
		"[1.]",
		"[09223372036854775808]",
		"[+9223372036854775808]",
		"[- 9223372036854775808]",
		"[1 9223372036854775808]",
		"[true9223372036854775808]",
		"[9223372036854775808\"\"]",
		"[9223372036854775808x]",
		"{9223372036854775808:1}",
		"{ 9223372036854775808 : 1}",
		"[NaN]",
		"[\"\xff\"]",
		"[\"\x01\"]",
		"[\"\n\"]",
		"[\"\\x41\"]",
		"[\"\\ud800\"]",
		"[\"\\u0000\"]",
		"[\"open",
		"[\"open\\",
		"[\"open\\\"",
		"/* */[]",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], strlen(texts[i]));
}

static void duplicates_are_refused_at_any_depth(void **state)
{
	static const char *const texts[] = {
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"b\":2,\"a\":3}",
		"{\"x\":[{\"a\":1,\"\\u0061\":2}]}",
		"{\"a\":9223372036854775808,\"a\":9223372036854775808}",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], strlen(texts[i]));
	expect_canonical("[{\"a\":1},{\"a\":1}]", "[{\"a\":1},{\"a\":1}]");
}

static void trailing_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"{}{}", "[]1", "[],", "[]]", "{}x", "[] \"\"", "{}9223372036854775808",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], strlen(texts[i]));
	expect_refused("[]\0", 3);
	expect_refused("[1\0]", 4);
	expect_refused("[9223372036854775808\0]", 22);
	expect_canonical(" \t\r\n[] \t\r\n", "[]");
}

/* Nobody but us may say that a string is a number. */
static void forged_marks_are_refused(void **state)
{
	static const char *const texts[] = {
		"[\"\\u0001u64:9223372036854775808\"]",
		"[\"\\u0001u64:5\"]",
		"[\"\\u0001u64:\"]",
		"[\"\\u0001\\u0075\\u0036\\u0034\\u003a18446744073709551615\"]",
		"[\"\\u0001\"]",
		"[\"\\u0001anything\"]",
		"[\"\x01u64:9223372036854775808\"]",
		"{\"\\u0001u64:9223372036854775808\":1}",
		"{\"a\":{\"b\":[1,\"\\u0001u64:18446744073709551615\"]}}",
		"[9223372036854775808,\"\\u0001u64:9223372036854775808\"]",
		"[\"\\\\\",\"\\u0001u64:9223372036854775808\"]",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], strlen(texts[i]));
}

static void what_only_looks_like_a_mark_is_a_string(void **state)
{
	static const char *const texts[] = {
		"[\"u64:9223372036854775808\"]",
		"[\" \\u0001u64:9223372036854775808\"]",
		"[\"\\\\u0001u64:9223372036854775808\"]",
		"[\"\\\"\\u0001u64:9223372036854775808\"]",
		"[\"\\u0002u64:9223372036854775808\"]",
		"[\"9223372036854775808\"]",
		"[\"\\\"9223372036854775808\\\"\"]",
		"[\"a\\\\\",9223372036854775808]",
		"[\"a\\\\\\\"\",9223372036854775808,\"\\\\\"]",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_canonical(texts[i], texts[i]);
}

/* A string from a command line, say, that never was in a JSON text. */
static void a_string_of_ours_never_prints_as_anything_else(void **state)
{
	static const char *const strings[] = {
		"\x01u64:1},'execute':'quit','x':{'y':1",
		"\x01u64:",
		"\x01u64:5",
		"\x01u64:05",
		"\x01u64:-9223372036854775808",
		"\x01u64:9223372036854775808 ",
		"\x01u64:9223372036854775808.5",
		"\x01u64:18446744073709551616",
		"\x01u64:\"",
		"\x01",
	};
	uint64_t number;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(strings); i++) {
		cg_auto_json json_t *list = json_pack("[s]", strings[i]);
		cg_auto_free char *text = cg_json_canonical(list);
		cg_auto_json json_t *back = json_loads(text, 0, NULL);

		if (!json_equal(list, back))
			fail_msg("printed as %s", text);
		assert_false(cg_json_is_big(json_array_get(list, 0)));
		assert_false(cg_json_uint(json_array_get(list, 0), &number));
	}
}

static void more_than_the_limit_is_refused(void **state)
{
	static const char text[] = "[1,2,3]";
	json_t *json = NULL;
	struct cg_error err;

	(void)state;
	assert_error(cg_json_parse(&json, text, 7, 6, &err), CG_E_LIMIT);
	assert_null(json);
	assert_ok(cg_json_parse(&json, text, 7, 7, &err));
	json_decref(json);
}

/* The mark is longer than the number: the text must be measured before it is marked. */
static void the_limit_counts_what_was_sent(void **state)
{
	static const char text[] = "[9223372036854775808]";
	json_t *json = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_json_parse(&json, text, strlen(text), strlen(text), &err));
	json_decref(json);
}

static void deep_nesting_is_refused(void **state)
{
	static const size_t depths[] = { 2049, 20000 };
	char text[2 * 20000 + 1];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(depths); i++) {
		memset(text, '[', depths[i]);
		memset(text + depths[i], ']', depths[i]);
		expect_refused(text, 2 * depths[i]);
	}
	memset(text, '[', 2048);
	memset(text + 2048, ']', 2048);
	text[2 * 2048] = '\0';
	expect_canonical(text, text);
}

static void no_part_of_a_text_is_a_text(void **state)
{
	static const char text[] =
		"{\"a\":[1,-2.5,18446744073709551615,\"\\\\\\\"\\u00e9\"],"
		"\"b\":{\"c\":true,\"d\":null}}";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		expect_refused(text, len);
	expect_canonical(text,
			 "{\"a\":[1,-2.5,18446744073709551615,\"\\\\\\\"\xc3\xa9\"],"
			 "\"b\":{\"c\":true,\"d\":null}}");
}

static void canonical_text_has_sorted_keys(void **state)
{
	(void)state;
	expect_canonical("{ \"b\" : [ 2, 1 ], \"a\" : { \"d\" : 1, \"c\" : \"x y\" } }",
			 "{\"a\":{\"c\":\"x y\",\"d\":1},\"b\":[2,1]}");
	assert_null(cg_json_canonical(NULL));
}

static void pretty_text_keeps_the_order_of_keys(void **state)
{
	cg_auto_json json_t *json = parsed("{\"b\":[9223372036854775808],\"a\":{}}");
	cg_auto_free char *text = cg_json_pretty(json);

	(void)state;
	assert_string_equal(
		text, "{\n  \"b\": [\n    9223372036854775808\n  ],\n  \"a\": {}\n}");
}

static void unsigned_numbers_of_any_size_are_read(void **state)
{
	static const uint64_t numbers[] = {
		0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 63, UINT64_MAX,
	};
	char want[32];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(numbers); i++) {
		cg_auto_json json_t *json = cg_json_from_uint(numbers[i]);
		cg_auto_free char *text = cg_json_canonical(json);
		uint64_t got = ~numbers[i];

		assert_true(cg_json_uint(json, &got));
		assert_true(got == numbers[i]);
		assert_true(cg_json_is_big(json) == (numbers[i] > INT64_MAX));
		snprintf(want, sizeof(want), "%" PRIu64, numbers[i]);
		assert_string_equal(text, want);
	}
}

/* Everybody else may use jansson's own functions for those. */
static void what_int64_can_hold_is_a_plain_integer(void **state)
{
	cg_auto_json json_t *list = parsed("[9223372036854775807, 9223372036854775808]");
	const json_t *plain = json_array_get(list, 0), *big = json_array_get(list, 1);

	(void)state;
	assert_true(json_is_integer(plain) && !cg_json_is_big(plain));
	assert_true(json_integer_value(plain) == INT64_MAX);
	assert_true(cg_json_is_big(big) && !json_is_integer(big));
}

static void nothing_else_is_an_unsigned_number(void **state)
{
	cg_auto_json json_t *list = parsed("[-1, 1.5, \"1\", true, null, [], {}]");
	uint64_t number = 7;
	json_t *item;
	size_t i;

	(void)state;
	json_array_foreach(list, i, item) {
		assert_false(cg_json_uint(item, &number));
		assert_false(cg_json_is_big(item));
	}
	assert_false(cg_json_uint(NULL, &number));
	assert_false(cg_json_is_big(NULL));
	assert_int_equal(number, 7);
}

static void only_strings_are_text(void **state)
{
	cg_auto_json json_t *json =
		parsed("{\"s\":\"text\",\"e\":\"\",\"i\":1,\"b\":18446744073709551615,"
		       "\"n\":null}");

	(void)state;
	assert_string_equal(cg_json_text(json, "s"), "text");
	assert_string_equal(cg_json_text(json, "e"), "");
	assert_null(cg_json_text(json, "i"));
	assert_null(cg_json_text(json, "b"));
	assert_null(cg_json_text(json, "n"));
	assert_null(cg_json_text(json, "nowhere"));
	assert_null(cg_json_text(NULL, "s"));
}

/* A file with this text, and its path. */
static int file_of(const char *text, size_t len, char path[static 64])
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, len), len);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

/* "[1", spaces and "]", @len bytes altogether. */
static char *long_list(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, ' ', len);
	text[0] = '[';
	text[1] = '1';
	text[len - 1] = ']';
	text[len] = '\0';
	return text;
}

static void files_are_read_whole_up_to_the_limit(void **state)
{
	const size_t len = 200000; /* several reads */
	cg_auto_free char *text = long_list(len);
	char path[64];
	cg_auto_close int fd = file_of(text, len, path);
	json_t *json = NULL;
	struct cg_error err;

	(void)state;
	assert_true(fd >= 0);
	assert_error(cg_json_read_file(&json, path, len - 1, &err), CG_E_LIMIT);
	assert_contains(err.msg, path);
	assert_null(json);
	assert_ok(cg_json_read_file(&json, path, len, &err));
	assert_int_equal(json_array_size(json), 1);
	json_decref(json);
}

static void a_file_that_is_no_json_is_named(void **state)
{
	static const char *const texts[] = { "", "{\"a\":\n x}" };
	json_t *json = NULL;
	struct cg_error err;
	char path[64];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		cg_auto_close int fd = file_of(texts[i], strlen(texts[i]), path);

		assert_true(fd >= 0);
		assert_error(cg_json_read_file(&json, path, LIMIT, &err), CG_E_PARSE);
		assert_contains(err.msg, path);
	}
	assert_contains(err.msg, "line 2");
	assert_error(cg_json_read_file(&json, "/no/where", LIMIT, &err), CG_E_SYSTEM);
	assert_int_equal(err.sys_errno, ENOENT);
	assert_contains(err.msg, "/no/where");
	assert_error(cg_json_read_file(&json, "/", LIMIT, &err), CG_E_SYSTEM);
	assert_null(json);
}

/* Random documents, written in their canonical form. */

static void write_text(struct cg_buffer *out, const char *text)
{
	struct cg_error err;

	assert_ok(cg_buffer_put(out, text, strlen(text), &err));
}

/* Around the places where something changes, or anywhere. */
static void write_integer(struct cg_buffer *out)
{
	static const uint64_t places[] = { 0, INT64_MAX, UINT64_MAX };
	uint64_t number = random_word() >> random_below(64);
	struct cg_error err;

	if (random_below(2))
		number = places[random_below(3)] + random_below(8) - 4;
	if (number <= INT64_MAX && number && random_below(4) == 0)
		assert_ok(cg_buffer_printf(out, &err, "-%" PRIu64, number));
	else
		assert_ok(cg_buffer_printf(out, &err, "%" PRIu64, number));
}

static void write_leaf(struct cg_buffer *out)
{
	static const char *const leaves[] = {
		"true",
		"null",
		"0.5",
		"-1.25",
		"[]",
		"{}",
		"\"\"",
		"\"\\\\\"",
		"\"\\\"\"",
		"\"18446744073709551615\"",
		"\",18446744073709551615,\"",
		"\"x\\u0001u64:18446744073709551615\"",
		"\"\\\\u0001u64:1\"",
		"\"\\\\\\\"9223372036854775808\\\\\"",
		"\"\\u0002\\n\xc3\xa9\"",
	};

	if (random_below(2))
		write_integer(out);
	else
		write_text(out, leaves[random_below(CG_COUNT(leaves))]);
}

static void write_value(struct cg_buffer *out, int depth)
{
	size_t count = 1 + random_below(5);
	bool object = random_below(2);
	struct cg_error err;

	if (!depth) {
		write_leaf(out);
		return;
	}
	write_text(out, object ? "{" : "[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			write_text(out, ",");
		if (object)
			assert_ok(cg_buffer_printf(out, &err,
						   "\"%zu9223372036854775808\":", i));
		write_value(out, random_below(3) ? depth - 1 : 0);
	}
	write_text(out, object ? "}" : "]");
}

static void any_document_survives_with_its_integers(void **state)
{
	(void)state;
	random_seed(2);
	for (int i = 0; i < 600; i++) {
		cg_auto_buffer struct cg_buffer text = CG_BUFFER(LIMIT);

		write_value(&text, 1 + (int)random_below(4));
		expect_canonical(text.data, text.data);
	}
}

/* Whatever is taken is printed as JSON that means the same. */
static void expect_stable(const char *text, size_t len)
{
	cg_auto_json json_t *json = NULL, *again = NULL;
	cg_auto_free char *once = NULL, *twice = NULL;
	struct cg_error err;

	if (parse(&json, text, len, &err) < 0)
		return;
	once = cg_json_canonical(json);
	if (parse(&again, once, strlen(once), &err) < 0)
		fail_msg("%.*s became %s: %s", (int)len, text, once, err.msg);
	twice = cg_json_canonical(again);
	assert_string_equal(once, twice);
}

static void damaged_documents_do_no_harm(void **state)
{
	static const char bytes[] = "\"\\{}[]:,u0189.eE+- \x01\xff";

	(void)state;
	random_seed(3);
	for (int i = 0; i < 2000; i++) {
		cg_auto_buffer struct cg_buffer text = CG_BUFFER(LIMIT);

		write_value(&text, 2);
		for (size_t n = 1 + random_below(3); n > 0; n--)
			text.data[random_below(text.len)] =
				bytes[random_below(sizeof(bytes))];
		expect_stable(text.data, text.len);
	}
}

static void one_of_a_list_is_found(void **state)
{
	static const char list[] =
		"[{\"alias\":\"q35\",\"name\":\"pc-q35-7.2\",\"x\":[{\"name\":\"in\"}]},"
		"{\"name\":\"a}\\\"{\"},{\"n\":18446744073709551615,\"name\":\"big\"},"
		"{\"name\":\"last\",\"alias\":\"big\"}]";
	static const struct {
		const char *member, *value, *name;
	} cases[] = {
		{ "name", "pc-q35-7.2", "pc-q35-7.2" },
		{ "alias", "q35", "pc-q35-7.2" },
		{ "name", "last", "last" },
		{ "name", "big", "big" },
		{ "alias", "big", "last" },
		{ "name", "q35", NULL },
		{ "name", "in", NULL }, /* of an object within an object */
		{ "name", "name", NULL },
		{ "name", "", NULL },
	};
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_json json_t *found = NULL;

		assert_ok(cg_json_find(&found, list, cases[i].member, cases[i].value,
				       &err));
		assert_true(!found == !cases[i].name);
		if (found)
			assert_string_equal(cg_json_text(found, "name"), cases[i].name);
	}
}

static void a_member_goes_where_printing_would_put_it(void **state)
{
	static const char *const objects[] = {
		"{}",
		"{\"a\":{}}",
		"{\"place\u00e9\":{\"x\":[\"}\"]}}",
		"{\"a\":1,\"pl\":[{}],\"placebo\":\"\\\"{,\",\"q\":null}",
		"{\"b\":18446744073709551615,\"pz\":true}",
	};
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(objects); i++) {
		cg_auto_free char *before = NULL, *expected = NULL, *got = NULL;
		cg_auto_json json_t *object = NULL;

		assert_ok(cg_json_parse(&object, objects[i], strlen(objects[i]), LIMIT,
					&err));
		before = cg_json_canonical(object);
		json_object_set_new(object, "place", json_string("/a \"b\"\n"));
		expected = cg_json_canonical(object);
		got = cg_json_insert(before, "place", "/a \"b\"\n");
		assert_string_equal(got, expected);
	}
}

static void what_is_no_list_has_nothing_to_find(void **state)
{
	static const char *const texts[] = {
		"", "[", "[]", "null", "\"{\"", "[1,2]", "[\"name\",\"x\"]"
	};
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		cg_auto_json json_t *found = NULL;

		if (cg_json_find(&found, texts[i], "name", "x", &err) == 0)
			assert_null(found);
	}
	{
		cg_auto_json json_t *found = NULL;

		assert_error(cg_json_find(&found, "[{\"name\":\"x\"", "name", "x", &err),
			     CG_E_PARSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_qemu_says_comes_back_unchanged),
		cmocka_unit_test(integers_of_64_bits_are_exact),
		cmocka_unit_test(numbers_beyond_64_bits_are_refused),
		cmocka_unit_test(fractions_are_left_alone),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(duplicates_are_refused_at_any_depth),
		cmocka_unit_test(trailing_text_is_refused),
		cmocka_unit_test(forged_marks_are_refused),
		cmocka_unit_test(what_only_looks_like_a_mark_is_a_string),
		cmocka_unit_test(a_string_of_ours_never_prints_as_anything_else),
		cmocka_unit_test(more_than_the_limit_is_refused),
		cmocka_unit_test(the_limit_counts_what_was_sent),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(no_part_of_a_text_is_a_text),
		cmocka_unit_test(canonical_text_has_sorted_keys),
		cmocka_unit_test(pretty_text_keeps_the_order_of_keys),
		cmocka_unit_test(unsigned_numbers_of_any_size_are_read),
		cmocka_unit_test(what_int64_can_hold_is_a_plain_integer),
		cmocka_unit_test(nothing_else_is_an_unsigned_number),
		cmocka_unit_test(only_strings_are_text),
		cmocka_unit_test(files_are_read_whole_up_to_the_limit),
		cmocka_unit_test(a_file_that_is_no_json_is_named),
		cmocka_unit_test(any_document_survives_with_its_integers),
		cmocka_unit_test(damaged_documents_do_no_harm),
		cmocka_unit_test(one_of_a_list_is_found),
		cmocka_unit_test(a_member_goes_where_printing_would_put_it),
		cmocka_unit_test(what_is_no_list_has_nothing_to_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
