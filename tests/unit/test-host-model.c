// SPDX-License-Identifier: LGPL-2.1-or-later
#include "formats/host-model.h"

#include <string.h>

#include "formats/draft.h"
#include "tests/unit/outcome.h"

static const char reply[] =
	"{\"return\": {\"model\": {\"name\": \"base\", \"props\": {"
	"\"avx\": true, \"sse4_1\": true, \"sse4.1\": true, \"xd\": false, \"nx\": false,"
	"\"vmx\": false, \"kvm\": true, \"hv-time\": false, \"x-force-features\": false,"
	"\"vendor\": \"GenuineIntel\", \"family\": 6, \"xlevel\": 2147483656,"
	"\"lbr-fmt\": 18446744073709551552}}}, \"id\": \"libvirt-1\"}";

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), 1 << 16, &err));
	return json;
}

static void expect_json(const json_t *json, const char *want)
{
	cg_auto_free char *text = cg_json_canonical(json);

	assert_string_equal(text, want);
}

/* What U is, by name. */
static void expect_set(const struct cg_record *r, const struct cg_featureset *set,
		       const char *want)
{
	cg_auto_json json_t *list = cg_vocabulary_list(cg_record_vocabulary(r), set);

	expect_json(list, want);
}

/* An emulator with a model for each kind: bare, named, bound to the host. */
static struct cg_record *make_source(const char *accel)
{
	static const char *const names[] = { "avx", "fma", "nx", "sse4.1", "vmx" };
	cg_auto_json json_t *head = json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:{}}, s:{s:s, s:{}}, s:b, s:s, s:s,"
		" s:s, s:[{s:s, s:b}, {s:s}]}",
		"name", "source", "accel", accel, "emulator", "version", "9.9", "package",
		"", "target", "x86_64", "path", "/bin/qemu", "sha256", "00", "parts",
		"host", "fingerprint",
		"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
		"parts", "enforced", 1, "honesty", "exact", "measure", "globals",
		"expansion", "full", "machines", "name", "pc", "is-default", 1, "name",
		"other");
	cg_auto_json json_t *models =
		json_of("[{\"name\":\"base\",\"migration-safe\":true},"
			"{\"name\":\"Haswell\",\"migration-safe\":true},"
			"{\"name\":\"host\",\"migration-safe\":false},"
			"{\"name\":\"max\",\"migration-safe\":false}]");
	cg_auto_json json_t *bare =
		json_of("{\"family\":0,\"vendor\":\"\",\"xlevel\":0}");
	cg_auto_json json_t *full =
		json_of("{\"family\":6,\"vendor\":\"AuthenticAMD\",\"xlevel\":1}");
	const struct cg_featureset u = { { 0x1f } };
	const struct cg_record_cpu cpus[] = {
		{ { { 0 } }, bare },
		{ { { 0x0f } }, full }, /* all but vmx */
		{ { { 0x1f } }, full },
		{ { { 0x1f } }, full },
	};
	const struct cg_draft_machine row = {
		.name = "pc", .models = models, .cpus = cpus, .unsupported = &u
	};
	cg_auto_vocabulary struct cg_vocabulary *vocabulary = NULL;
	cg_auto_draft struct cg_draft *draft = NULL;
	cg_auto_json json_t *document = NULL;
	struct cg_record *record = NULL;
	struct cg_error err;

	assert_ok(cg_vocabulary_new(&vocabulary, names, CG_COUNT(names), &err));
	assert_ok(cg_draft_new(&draft, head, vocabulary, bare, &err));
	assert_ok(cg_draft_add_machine(draft, &row, &err));
	assert_ok(cg_draft_finish(draft, &document, &err));
	assert_ok(cg_record_from_json(&record, document, &err));
	return record;
}

static void a_reply_names_features_and_switches(void **state)
{
	cg_auto_host_model struct cg_host_model host = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_model_parse(&host, reply, strlen(reply), &err));
	expect_json(host.supported, "{\"avx\":true,\"sse4.1\":true}");
	expect_json(host.blocked, "{\"nx\":true,\"vmx\":true}");
	assert_string_equal(host.vendor, "GenuineIntel");
	assert_string_equal(host.accel, "kvm");
}

static void a_log_of_replies_begins_with_one(void **state)
{
	static const char log[] =
		"{\"model\": {\"props\": {\"avx\": true, \"a\": \"}\\\"{\"}}}\n\n"
		"{\"return\": [";
	cg_auto_host_model struct cg_host_model host = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_model_parse(&host, log, strlen(log), &err));
	expect_json(host.supported, "{\"avx\":true}");
	expect_json(host.scalars, "{\"a\":\"}\\\"{\"}");
}

static void what_is_no_reply_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"{}",
		"[]",
		"{\"return\":{}}",
		"{\"return\":{\"model\":7}}",
		"{\"props\":{}}",
		"{\"props\":[true]}",
		"{\"props\":{\"a\":null}}",
		"{\"props\":{\"a\":{}}}",
		"{\"props\":{\"\":true}}",
		"{\"props\":{\"avx\":true}",
		"{\"props\":{\"a123456789a123456789a123456789a123456789a123456789a123456789abcde\":"
		"true}}",
		"<domain type='kvm'/>",
		"<a/>",
		"<",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(wrong); i++) {
		cg_auto_host_model struct cg_host_model host = { 0 };
		struct cg_error err;

		if (cg_host_model_parse(&host, wrong[i], strlen(wrong[i]), &err) == 0)
			fail_msg("taken for a reply: %s", wrong[i]);
	}
}

/* Without an emulator there is the host's own CPU, and it has all that it asks for. */
static void alone_it_is_a_record_of_host(void **state)
{
	cg_auto_host_model struct cg_host_model host = { 0 };
	cg_auto_record struct cg_record *r = NULL;
	struct cg_record_cpu cpu = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_model_parse(&host, reply, strlen(reply), &err));
	assert_ok(cg_host_model_name(&host, "/some/where/node-1.json", &err));
	assert_ok(cg_record_from_host_model(&r, &host, NULL, &err));
	assert_string_equal(cg_record_name(r), "node-1");
	assert_string_equal(cg_record_honesty(r), "partial");
	assert_true(cg_record_is_foreign(r));
	assert_string_equal(cg_record_resolve_machine(r, NULL), "none");
	assert_true(cg_record_expansion(r, "none", "host", &cpu));
	expect_set(r, &cpu.features, "[\"avx\",\"sse4.1\"]");
	expect_set(r, cg_record_unsupported(r, NULL), "[\"nx\",\"vmx\"]");
	expect_set(r, cg_record_untold(r), "[]");
	assert_int_equal(json_integer_value(json_object_get(cpu.scalars, "family")), 6);
}

/* fma is known to the emulator, and the reply said nothing of it. */
static void with_an_emulator_named_models_are_there(void **state)
{
	cg_auto_host_model struct cg_host_model host = { 0 };
	cg_auto_record struct cg_record *r = NULL, *source = make_source("kvm");
	struct cg_record_cpu cpu = { 0 };
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_model_parse(&host, reply, strlen(reply), &err));
	assert_ok(cg_record_from_host_model(&r, &host, source, &err));
	expect_set(r, cg_record_unsupported(r, "pc"), "[\"fma\",\"nx\",\"vmx\"]");
	expect_set(r, cg_record_untold(r), "[\"fma\"]");
	assert_true(cg_record_expansion(r, "pc", "Haswell", &cpu));
	expect_set(r, &cpu.features, "[\"avx\",\"fma\",\"nx\",\"sse4.1\"]");
	expect_json(cpu.scalars,
		    "{\"family\":6,\"vendor\":\"GenuineIntel\",\"xlevel\":1}");
	assert_true(cg_record_expansion(r, "pc", "base", &cpu));
	expect_json(cpu.scalars, "{\"family\":0,\"vendor\":\"\",\"xlevel\":0}");
	assert_true(cg_record_expansion(r, "pc", "host", &cpu));
	expect_set(r, &cpu.features, "[\"avx\",\"sse4.1\"]");
	expect_json(cpu.scalars,
		    "{\"family\":6,\"vendor\":\"GenuineIntel\",\"xlevel\":2147483656}");
	assert_false(cg_record_expansion(r, "pc", "max", &cpu)); /* nobody told */
	assert_false(cg_record_has_machine(r, "other"));
	assert_null(cg_json_text(cg_record_about(r), "path"));
	assert_string_equal(cg_json_text(cg_record_about(r), "version"), "9.9");
}

static void accelerators_are_not_mixed(void **state)
{
	cg_auto_host_model struct cg_host_model host = { 0 };
	cg_auto_record struct cg_record *source = make_source("tcg");
	struct cg_record *r = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_model_parse(&host, reply, strlen(reply), &err));
	assert_error(cg_record_from_host_model(&r, &host, source, &err), CG_E_UNDECIDED);
}

/*
 * As domcapabilities have it: the host is a Haswell with one feature more and one less.
 */
static void models_stand_for_what_they_ask_for(void **state)
{
	cg_auto_host_model struct cg_host_model host = { .accel = "kvm" };
	cg_auto_record struct cg_record *r = NULL, *source = make_source("kvm");
	struct cg_record *none = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_host_model_name(&host, "dom.xml", &err));
	host.supported = json_of("{\"vmx\":true}");
	host.blocked = json_of("{\"fma\":true}");
	host.models = json_of("[\"Haswell\",\"Unknown\"]");
	assert_error(cg_record_from_host_model(&none, &host, NULL, &err), CG_E_UNDECIDED);
	assert_ok(cg_record_from_host_model(&r, &host, source, &err));
	expect_set(r, cg_record_unsupported(r, "pc"), "[\"fma\"]");
	expect_set(r, cg_record_untold(r), "[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_names_features_and_switches),
		cmocka_unit_test(a_log_of_replies_begins_with_one),
		cmocka_unit_test(what_is_no_reply_is_refused),
		cmocka_unit_test(alone_it_is_a_record_of_host),
		cmocka_unit_test(with_an_emulator_named_models_are_there),
		cmocka_unit_test(accelerators_are_not_mixed),
		cmocka_unit_test(models_stand_for_what_they_ask_for),
	};

	return cmocka_run_group_tests_name("host-model", tests, NULL, NULL);
}
