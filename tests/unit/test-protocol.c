// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/protocol.h"

#include <string.h>

#include "tests/unit/outcome.h"
#include "tests/unit/unit.h"

static bool find(const char *text, char *out)
{
	struct cg_span id;

	if (!cg_message_find_id(text, strlen(text), &id))
		return false;
	memcpy(out, id.text, id.len);
	out[id.len] = '\0';
	return true;
}

static void finds_a_plain_id_without_parsing(void **state)
{
	static const struct {
		const char *message, *id;
	} rows[] = {
		{ "{\"execute\":\"a\",\"id\":1}", "1" },
		{ "{\"id\" : \"x\" , \"execute\":\"a\"}", "\"x\"" },
		{ "{ \"arguments\": {\"id\": 2, \"a\": [1, {\"id\": 3}]}, \"id\":\r\n4 }",
		  "4" },
		{ "{\"a\":\"\\\"id\\\":5\",\"id\":\"__qmp#00001\"}", "\"__qmp#00001\"" },
		{ "{\"execute\":\"a\"}", NULL },
		{ "{\"arguments\":{\"id\":1}}", NULL },
		{ "{\"id\":1.5}", NULL },
		{ "{\"id\":01}", NULL },
		{ "{\"id\":true}", NULL },
		{ "{\"id\":\"a\\n\"}", NULL },
		{ "{\"id\":{\"a\":1}}", NULL },
		{ "{\"id\":}", NULL },
		{ "{\"id\":\"}", NULL },
		{ "{id:1}", NULL },
		{ "{}", NULL },
	};
	char id[64];

	(void)state;
	for (size_t i = 0; i < CG_COUNT(rows); i++) {
		assert_int_equal(find(rows[i].message, id), rows[i].id != NULL);
		if (rows[i].id)
			assert_string_equal(id, rows[i].id);
	}
}

/* What is answered to a message, as text. */
static char *echo(const char *text)
{
	cg_auto_request struct cg_request request = { 0 };
	cg_auto_buffer struct cg_buffer out = CG_BUFFER(1 << 20);
	struct cg_error why, err;

	if (cg_request_parse(&request, text, strlen(text), &why) < 0)
		assert_ok(cg_message_error(&out, NULL, &why, request.id, &err));
	else
		assert_ok(cg_message_return(&out, (struct cg_span){ "{}", 2 }, request.id,
					    &err));
	return strdup(out.data);
}

static void echoes_any_id_byte_for_byte(void **state)
{
	static const char *const ids[] = {
		"1",
		"1.50",
		"-0",
		"1e5",
		"true",
		"null",
		"\"\\u0041\\/\"",
		"[1 , 2]",
		"{\"b\":1,\"a\" : [ ]}",
		"18446744073709551615",
		"\"\xc3\xa9\"",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(ids); i++) {
		cg_auto_free char *good = NULL, *bad = NULL, *answer = NULL;
		char message[256], expected[256];

		snprintf(message, sizeof(message), "{\"execute\":\"a\",\"id\": %s }",
			 ids[i]);
		snprintf(expected, sizeof(expected), "{\"return\": {}, \"id\": %s}\r\n",
			 ids[i]);
		good = echo(message);
		assert_string_equal(good, expected);
		snprintf(message, sizeof(message), "{\"id\":%s,\"exec\":\"a\"}", ids[i]);
		snprintf(expected, sizeof(expected), ", \"id\": %s}\r\n", ids[i]);
		bad = echo(message);
		assert_non_null(strstr(bad, expected));
		assert_non_null(strstr(bad, "{\"error\": {\"class\":\"GenericError\""));
	}
}

static void answers_are_one_line_whatever_the_id(void **state)
{
	cg_auto_free char *broken = echo("{\"execute\":\"a\",\"id\":[1,\n2]}");
	cg_auto_free char *escaped = echo("{\"execute\":\"a\",\"i\\u0064\": 7}");

	(void)state;
	assert_string_equal(broken, "{\"return\": {}, \"id\": [1,2]}\r\n");
	assert_string_equal(escaped, "{\"return\": {}, \"id\": 7}\r\n");
}

static void names_what_is_wrong_with_a_message(void **state)
{
	static const struct {
		const char *message, *words;
	} rows[] = {
		{ "{", "JSON" },
		{ "{\"execute\":\"a\",\"execute\":\"b\"}", "duplicate" },
		{ "{\"execute\":5}", "'execute'" },
		{ "{\"execute\":\"a\",\"arguments\":[]}", "'arguments'" },
		{ "{\"execute\":\"a\",\"more\":1}", "'more'" },
		{ "{\"exec-oob\":\"a\"}", "out-of-band" },
		{ "{\"execute\":\"\xff\"}", "JSON" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(rows); i++) {
		cg_auto_free char *answer = echo(rows[i].message);

		assert_contains(answer, "\"error\"");
		assert_contains(answer, rows[i].words);
	}
}

static void greets_as_clients_expect_it(void **state)
{
	cg_auto_buffer struct cg_buffer out = CG_BUFFER(4096);
	cg_auto_json json_t *message = NULL, *version = NULL;
	const json_t *greeting;
	struct cg_error err;

	(void)state;
	assert_ok(cg_message_greet(&out, &err));
	assert_ok(cg_json_parse(&message, out.data, out.len, 4096, &err));
	version = cg_message_version("7.2.22", "Debian");
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(version, "qemu"),
						 "micro")),
			 22);
	greeting = json_object_get(message, "QMP");
	assert_int_equal(json_array_size(json_object_get(greeting, "capabilities")), 0);
	assert_non_null(cg_json_text(json_object_get(greeting, "version"), "package"));
}

static void events_have_a_time(void **state)
{
	cg_auto_buffer struct cg_buffer out = CG_BUFFER(4096);
	struct cg_error err;

	(void)state;
	assert_ok(cg_message_event(&out, "E", NULL, &err));
	assert_contains(out.data, "{\"event\":\"E\",\"timestamp\":{\"seconds\":");
	assert_contains(out.data, "}\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_plain_id_without_parsing),
		cmocka_unit_test(echoes_any_id_byte_for_byte),
		cmocka_unit_test(answers_are_one_line_whatever_the_id),
		cmocka_unit_test(names_what_is_wrong_with_a_message),
		cmocka_unit_test(greets_as_clients_expect_it),
		cmocka_unit_test(events_have_a_time),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
