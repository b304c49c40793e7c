// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate/contract.h"

#include <stdio.h>
#include <string.h>

#include "base/document.h"
#include "cpumodels/featureset.h"
#include "tests/unit/outcome.h"

#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define UUID "6b9a0c5e-3d0f-4f5e-9f53-0a1b2c3d4e5f"

static const char *const text =
	"{\"contract\":1,\"name\":\"web-1\",\"uuid\":\"" UUID "\",\"target\":\"x86_64\","
	"\"machine\":\"pc-q35-7.2\",\"accel\":\"kvm\",\"definition\":\"Haswell-v4,pcid=on\","
	"\"cpu\":\"Haswell-v4,avx2=on,hle=off,pcid=on,enforce=on\","
	"\"features\":[\"avx2\",\"pcid\",\"sse4.1\"],"
	"\"scalars\":{\"vendor\":\"GenuineIntel\",\"family\":6,\"model\":60,\"stepping\":4,"
	"\"level\":13,\"xlevel\":2147483656,\"phys-bits\":40,\"tsc-frequency\":0},"
	"\"topology\":{\"cpus\":2,\"maxcpus\":8,\"cores\":2,\"threads\":2},"
	"\"allow-missing\":[\"erms\"],"
	"\"platform\":[{\"device\":\"cpu\",\"name\":\"x2apic\",\"depends-on\":\"irqchip\"},"
	"{\"device\":\"virtio-net\",\"name\":\"uso4\",\"depends-on\":\"tap\",\"found\":false}],"
	"\"made\":{\"at\":1763740800,\"emulator\":{\"version\":\"7.2.22\",\"package\":\"\","
	"\"target\":\"x86_64\",\"sha256\":\"" SHA256 "\"},"
	"\"host\":\"" SHA256 "\",\"kernel\":\"6.1.0-56-amd64\"}}";

static json_t *json_of(const char *words)
{
	struct cg_error err;
	json_t *json = NULL;

	assert_ok(cg_json_parse(&json, words, strlen(words), CG_CONTRACT_BYTES, &err));
	return json;
}

static void sign(json_t *json)
{
	char hex[CG_DIGEST_HEX];
	struct cg_error err;

	assert_ok(cg_document_digest(json, hex, &err));
	json_object_set_new(json, "digest", json_string(hex));
}

static json_t *whole(void)
{
	json_t *json = json_of(text);

	sign(json);
	return json;
}

/* @path is "made/emulator/version"; @value is JSON, or NULL to take the member away. */
static json_t *changed(const char *path, const char *value)
{
	cg_auto_free char *copy = strdup(path), *wrapped = NULL;
	cg_auto_json json_t *parsed = NULL;
	json_t *json = whole(), *at = json;
	char *rest = copy, *name;

	while ((name = strsep(&rest, "/")) && rest)
		at = json_object_get(at, name);
	if (value) {
		assert_true(asprintf(&wrapped, "[%s]", value) > 0);
		parsed = json_of(wrapped);
		json_object_set(at, name, json_array_get(parsed, 0));
	} else {
		json_object_del(at, name);
	}
	sign(json);
	return json;
}

static void reads_all_of_it(void **state)
{
	cg_auto_contract struct cg_contract c = { 0 };
	cg_auto_json json_t *json = whole();
	struct cg_error err;

	(void)state;
	assert_ok(cg_contract_parse(&c, json, &err));
	assert_string_equal(c.name, "web-1");
	assert_string_equal(c.uuid, UUID);
	assert_string_equal(c.target, "x86_64");
	assert_string_equal(c.machine, "pc-q35-7.2");
	assert_string_equal(c.accel, "kvm");
	assert_string_equal(c.definition, "Haswell-v4,pcid=on");
	assert_non_null(strstr(c.cpu, "enforce=on"));
	assert_int_equal(json_array_size(c.features), 3);
	assert_string_equal(cg_json_text(c.scalars, "vendor"), "GenuineIntel");
	assert_int_equal(c.topology.cpus, 2);
	assert_int_equal(c.topology.maxcpus, 8);
	assert_int_equal(c.topology.threads, 2);
	assert_int_equal(c.topology.dies, 1);
	assert_int_equal(c.topology.others, 1);
	assert_int_equal(json_array_size(c.allowed), 1);
	assert_int_equal(json_array_size(c.platform), 2);
	assert_string_equal(cg_json_text(c.made, "kernel"), "6.1.0-56-amd64");
}

static void prints_what_it_read(void **state)
{
	cg_auto_json json_t *json = whole(), *again = NULL;
	cg_auto_contract struct cg_contract c = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_contract_parse(&c, json, &err));
	again = cg_contract_json(&c);
	assert_true(json_equal(json, again));
}

static void prints_no_name_where_there_is_none(void **state)
{
	cg_auto_json json_t *json = changed("name", NULL), *again = NULL;
	cg_auto_contract struct cg_contract c = { 0 };
	struct cg_error err;

	(void)state;
	json_object_del(json, "uuid");
	sign(json);
	assert_ok(cg_contract_parse(&c, json, &err));
	assert_null(c.name);
	assert_null(c.uuid);
	again = cg_contract_json(&c);
	assert_true(json_equal(json, again));
}

static void takes_what_may_be_left_out(void **state)
{
	static const struct {
		const char *path, *value;
	} cases[] = {
		{ "made/host", NULL },
		{ "made/kernel", NULL },
		{ "scalars/tsc-frequency", NULL },
		{ "scalars", "{}" },
		{ "features", "[]" },
		{ "platform", "[]" },
		{ "topology", "{\"cpus\":1,\"maxcpus\":1}" },
		{ "topology",
		  "{\"cpus\":1048576,\"maxcpus\":1048576,\"others\":1048576}" },
		{ "name", "\"Grüße von gestern\"" },
		{ "uuid", "\"6B9A0C5E-3D0F-4F5E-9F53-0A1B2C3D4E5F\"" },
		{ "made/emulator/package", "\"Debian 1:7.2+dfsg-7\"" },
	};
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_json json_t *json = changed(cases[i].path, cases[i].value);
		cg_auto_contract struct cg_contract c = { 0 };

		assert_ok(cg_contract_parse(&c, json, &err));
	}
}

static const struct bad_case {
	const char *path, *value, *words;
} bad_cases[] = {
	{ "contract", "0", "version 0" },
	{ "news", "1", "member news, which version 1 doesn't know" },
	{ "made/news", "1", "member news" },
	{ "target", NULL, "no target" },
	{ "target", "18446744073709551615", "target isn't a text" },
	{ "target", "\"i386\"", "target isn't that of the contract" },
	{ "name", "\"\"", "name isn't one" },
	{ "name", "\"a/b\"", "name isn't one" },
	{ "name", "\"-a\"", "name isn't one" },
	{ "name", "\"..\"", "name isn't one" },
	{ "name", "\"a\\u001bb\"", "control characters" },
	{ "uuid", "\"web-1\"", "uuid isn't a UUID" },
	{ "uuid", "\"6b9a0c5e-3d0f-4f5e-9f53-0a1b2c3d4e5g\"", "uuid isn't a UUID" },
	{ "accel", "\"xen\"", "accel is neither" },
	{ "machine", "\"\"", "machine isn't a text" },
	{ "definition", "\"Haswell,=\"", "definition: " },
	{ "cpu", "[]", "cpu of the contract has another type" },
	{ "cpu", "18446744073709551615", "cpu isn't a text" },
	{ "features", "[\"b\",\"a\"]", "features aren't sorted, each once: a" },
	{ "features", "[\"a\",\"a\"]", "features aren't sorted, each once: a" },
	{ "features", "[\"a\",1]", "features 1 isn't the name" },
	{ "features", "[\"a,b\"]", "features 0 isn't the name" },
	{ "features", "[18446744073709551615]", "features 0 isn't the name" },
	{ "allow-missing", "[\"\"]", "allow-missing 0 isn't the name" },
	{ "scalars/vendor", "\"GenuineIntel!\"", "vendor isn't a text of 1 to 12" },
	{ "scalars/family", "\"6\"", "family of scalars" },
	{ "scalars/family", "-1", "family of scalars is negative" },
	{ "scalars/lbr-fmt", "1", "member lbr-fmt" },
	{ "topology", "{}", "no cpus" },
	{ "topology/cpus", "0", "cpus of the topology is 0" },
	{ "topology/cpus", "9", "don't fit" },
	{ "topology/threads", "3", "don't fit" },
	{ "topology/threads", "1048577", "threads of the topology is 1048577" },
	{ "topology/others", "1048576", "don't fit" },
	{ "topology/sockets", "1", "member sockets" },
	{ "platform", "[{\"name\":\"x2apic\"}]",
	  "platform: an entry of platform has no" },
	{ "platform", "[1]", "isn't an object" },
	{ "made", NULL, "no made" },
	{ "made/at", "-1", "before 1970" },
	{ "made/at", "1.5", "at of made has another type" },
	{ "made/host", "\"abc\"", "host isn't a SHA-256" },
	{ "made/kernel", "\"\"", "kernel isn't a text" },
	{ "made/emulator/sha256", "\"\"", "sha256 isn't a SHA-256" },
	{ "made/emulator/version", "\"\"", "version isn't a text" },
	{ "made/emulator/package", "18446744073709551615", "package isn't a text" },
};

static void refuses_what_cannot_be_and_names_it(void **state)
{
	struct cg_error err;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(bad_cases); i++) {
		const struct bad_case *c = &bad_cases[i];
		cg_auto_json json_t *json = changed(c->path, c->value);
		cg_auto_contract struct cg_contract out = { 0 };

		if (cg_contract_parse(&out, json, &err) == 0)
			fail_msg("%s %s was taken", c->path, c->value);
		assert_string_equal(cg_errc_name(err.code), "corrupt");
		assert_contains(err.msg, c->words);
		assert_null(out.target);
	}
}

static void refuses_too_many_names(void **state)
{
	cg_auto_json json_t *json = whole(), *names = json_array();
	cg_auto_contract struct cg_contract c = { 0 };
	struct cg_error err;

	(void)state;
	for (int i = 0; i <= CG_FEATURES_MAX; i++)
		json_array_append_new(names, json_sprintf("f%04d", i));
	json_object_set(json, "features", names);
	sign(json);
	assert_error(cg_contract_parse(&c, json, &err), CG_E_CORRUPT);
	assert_contains(err.msg, "features has more than 1024 names");
}

static void tells_what_is_no_contract_and_what_is_newer(void **state)
{
	cg_auto_json json_t *list = json_of("[1]"), *other = json_of("{\"a\":1}");
	cg_auto_json json_t *newer = json_of("{\"contract\":2}");
	cg_auto_contract struct cg_contract c = { 0 };
	struct cg_error err;

	(void)state;
	assert_error(cg_contract_parse(&c, list, &err), CG_E_PARSE);
	assert_error(cg_contract_parse(&c, other, &err), CG_E_PARSE);
	assert_error(cg_contract_parse(&c, newer, &err), CG_E_NEWER);
	assert_contains(err.msg, "version 2");
}

/* Not one character of it can be another one. */
static void notices_every_changed_letter(void **state)
{
	cg_auto_json json_t *json = whole();
	cg_auto_free char *letters = cg_json_canonical(json);
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; letters[i]; i++) {
		cg_auto_contract struct cg_contract c = { 0 };
		cg_auto_json json_t *other = NULL;
		char was = letters[i];
		struct cg_error err;

		letters[i] = was == '1' ? '2' : '1';
		if (cg_json_parse(&other, letters, strlen(letters), CG_CONTRACT_BYTES,
				  &err) == 0)
			taken += cg_contract_parse(&c, other, &err) == 0;
		letters[i] = was;
	}
	assert_int_equal(taken, 0);
}

static void reads_a_file_and_names_it(void **state)
{
	char path[] = "/tmp/cpugate-contract-XXXXXX";
	cg_auto_close int fd = mkstemp(path);
	cg_auto_contract struct cg_contract c = { 0 }, none = { 0 };
	cg_auto_json json_t *json = whole();
	cg_auto_free char *pretty = cg_json_pretty(json);
	struct cg_error err;

	(void)state;
	assert_true(write(fd, pretty, strlen(pretty)) == (ssize_t)strlen(pretty));
	assert_ok(cg_contract_read(&c, path, &err));
	assert_string_equal(c.name, "web-1");
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_error(cg_contract_read(&none, path, &err), CG_E_PARSE);
	assert_contains(err.msg, path);
	assert_int_equal(ftruncate(fd, CG_CONTRACT_BYTES + 1), 0);
	assert_error(cg_contract_read(&none, path, &err), CG_E_LIMIT);
	assert_contains(err.msg, path);
	unlink(path);
	assert_error(cg_contract_read(&none, path, &err), CG_E_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_of_it),
		cmocka_unit_test(prints_what_it_read),
		cmocka_unit_test(prints_no_name_where_there_is_none),
		cmocka_unit_test(takes_what_may_be_left_out),
		cmocka_unit_test(refuses_what_cannot_be_and_names_it),
		cmocka_unit_test(refuses_too_many_names),
		cmocka_unit_test(tells_what_is_no_contract_and_what_is_newer),
		cmocka_unit_test(notices_every_changed_letter),
		cmocka_unit_test(reads_a_file_and_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
