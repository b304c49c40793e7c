// SPDX-License-Identifier: LGPL-2.1-or-later
#include "formats/record.h"

#include <stdio.h>
#include <string.h>

#include "formats/draft.h"
#include "formats/record-inside.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

#define MACHINES 9
#define ALIKE 6 /* machine types that differ */
#define MODELS 12
#define FEATURES 70
#define STRIDE 7

/* What a record is made from, and what must come out of it again. */
static struct fleet {
	struct cg_vocabulary *vocabulary;
	json_t *defaults, *machines, *models[MACHINES], *bare[MACHINES];
	struct cg_record_cpu cpus[MACHINES][MODELS];
	struct cg_featureset unsupported[MACHINES], unavailable[MACHINES][MODELS];
	json_t *document;
	char *text;
	size_t len;
} fleet;

static struct cg_featureset random_set(void)
{
	struct cg_featureset set = { 0 };

	for (size_t i = 0; i < FEATURES; i++)
		if (random_below(3) == 0)
			cg_featureset_add(&set, i);
	return set;
}

static json_t *json_of(const char *text)
{
	json_t *json = NULL;
	struct cg_error err;

	assert_ok(cg_json_parse(&json, text, strlen(text), CG_RECORD_BYTES, &err));
	return json;
}

static void make_names(void)
{
	cg_auto_json json_t *names = json_array();
	struct cg_error err;

	for (int i = 0; i < FEATURES; i++)
		json_array_append_new(names, json_sprintf("feature-%02d", i));
	assert_ok(cg_vocabulary_from_json(&fleet.vocabulary, names, &err));
	fleet.defaults = json_of("{\"level\":4,\"vendor\":\"\",\"pmu\":false,"
				 "\"lbr-fmt\":18446744073709551552}");
	fleet.machines = json_array();
	for (int i = 0; i < MACHINES; i++)
		json_array_append_new(fleet.machines, json_pack("{s:o, s:i}", "name",
								json_sprintf("pc-%d", i),
								"cpu-max", 255));
	json_object_set_new(json_array_get(fleet.machines, 2), "alias",
			    json_string("pc"));
	json_object_set_new(json_array_get(fleet.machines, 2), "is-default", json_true());
	json_array_append_new(fleet.machines,
			      json_pack("{s:s}", "name", "never-measured"));
}

/* Odd machine types have one model less, and one that is static. */
static json_t *make_models(size_t machine)
{
	json_t *models = json_array();

	for (size_t i = 0; i < MODELS - machine % 2; i++)
		json_array_append_new(models, json_pack("{s:o, s:b}", "name",
							json_sprintf("model-%zu", i),
							"migration-safe", i != 3));
	json_object_set_new(json_array_get(models, 1), "static", json_true());
	return models;
}

/* The last ones are like the first; every third contradicts itself in one model. */
static void make_machine(size_t m)
{
	random_seed(m % ALIKE);
	fleet.models[m] = make_models(m);
	fleet.bare[m] = json_copy(fleet.defaults);
	json_object_set_new(fleet.bare[m], "level", json_integer((json_int_t)(m % 3)));
	fleet.unsupported[m] = random_set();
	for (size_t i = 0; i < json_array_size(fleet.models[m]); i++) {
		struct cg_record_cpu *cpu = &fleet.cpus[m][i];
		json_t *scalars;

		cpu->features = random_set();
		fleet.unavailable[m][i] =
			cg_featureset_and(&cpu->features, &fleet.unsupported[m]);
		if (m % 3 == 0 && i == 5)
			fleet.unavailable[m][i] = cpu->features;
		if (i == 7) /* QEMU refuses to expand it */
			continue;
		scalars = json_copy(fleet.bare[m]);
		json_object_set_new(scalars, "stepping", json_integer((json_int_t)i));
		json_object_del(scalars, "pmu");
		cpu->scalars = scalars;
	}
}

static json_t *make_head(void)
{
	return json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:{}}, s:b, s:s, s:s, s:s, s:i, s:O}",
		"name", "host-a", "accel", "tcg", "emulator", "version", "9.9", "package",
		"", "target", "x86_64", "path", "/bin/qemu", "sha256", "00", "parts",
		"enforced", 1, "honesty", "partial", "measure", "globals", "expansion",
		"full", "measured", 1000, "machines", fleet.machines);
}

static void draw_up(struct cg_draft *draft)
{
	cg_auto_json json_t *end = json_of("{\"signal\":6,\"words\":\"no\\u0007pe\"}");
	struct cg_error err;

	for (size_t m = 0; m < MACHINES; m++) {
		struct cg_draft_machine row;

		make_machine(m);
		row = (struct cg_draft_machine){
			.name = cg_json_text(json_array_get(fleet.machines, m), "name"),
			.models = fleet.models[m],
			.defaults = fleet.bare[m],
			.cpus = fleet.cpus[m],
			.unavailable = fleet.unavailable[m],
			.unsupported = &fleet.unsupported[m],
		};
		assert_ok(cg_draft_add_machine(draft, &row, &err));
	}
	assert_ok(cg_draft_add_definition(draft, "pc-4", "model-1,feature-01=on",
					  &fleet.cpus[4][2], &err));
	cg_draft_add_start(draft, NULL, "model-0", NULL);
	cg_draft_add_start(draft, "pc-4", "model-1,feature-01=on", end);
}

static int make_fleet(void **state)
{
	cg_auto_draft struct cg_draft *draft = NULL;
	cg_auto_json json_t *head = NULL;
	struct cg_error err;

	(void)state;
	json_object_seed(1);
	make_names();
	head = make_head();
	assert_ok(cg_draft_new(&draft, head, fleet.vocabulary, fleet.defaults, &err));
	draw_up(draft);
	assert_ok(cg_draft_finish(draft, &fleet.document, &err));
	fleet.text = cg_json_canonical(fleet.document);
	fleet.len = strlen(fleet.text);
	return 0;
}

static int free_fleet(void **state)
{
	(void)state;
	for (size_t m = 0; m < MACHINES; m++) {
		for (size_t i = 0; i < MODELS; i++)
			json_decref(cg_json_mutable(fleet.cpus[m][i].scalars));
		json_decref(fleet.models[m]);
		json_decref(fleet.bare[m]);
	}
	json_decref(fleet.machines);
	json_decref(fleet.defaults);
	json_decref(fleet.document);
	cg_vocabulary_free(fleet.vocabulary);
	free(fleet.text);
	return 0;
}

static void expect_model(const struct cg_record *r, size_t m, size_t i)
{
	const char *machine = cg_json_text(json_array_get(fleet.machines, m), "name");
	const char *model = cg_json_text(json_array_get(fleet.models[m], i), "name");
	struct cg_featureset lacks = { 0 };
	struct cg_record_cpu cpu = { 0 };

	assert_int_equal(cg_record_expansion(r, machine, model, &cpu), i != 7);
	if (i != 7) {
		assert_true(
			cg_featureset_equal(&cpu.features, &fleet.cpus[m][i].features));
		assert_true(json_equal(cpu.scalars, fleet.cpus[m][i].scalars));
	}
	assert_true(cg_record_unavailable(r, machine, model, &lacks));
	assert_true(cg_featureset_equal(&lacks, &fleet.unavailable[m][i]));
}

static void expect_fleet(const struct cg_record *r)
{
	for (size_t m = 0; m < MACHINES; m++) {
		const char *name =
			cg_json_text(json_array_get(fleet.machines, m), "name");

		assert_true(cg_record_has_machine(r, name));
		assert_true(json_equal(cg_record_models(r, name), fleet.models[m]));
		assert_true(cg_featureset_equal(cg_record_unsupported(r, name),
						&fleet.unsupported[m]));
		for (size_t i = 0; i < json_array_size(fleet.models[m]); i++)
			expect_model(r, m, i);
	}
}

static void gives_back_what_was_put_in(void **state)
{
	cg_auto_record struct cg_record *r = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_record_parse(&r, fleet.text, fleet.len, &err));
	expect_fleet(r);
	expect_fleet(r); /* from what was put together the first time */
	assert_string_equal(cg_record_name(r), "host-a");
	assert_string_equal(cg_record_accel(r), "tcg");
	assert_string_equal(cg_record_honesty(r), "partial");
	assert_int_equal(cg_record_measured(r), 1000);
	assert_true(cg_record_is_enforced(r));
	assert_false(cg_record_is_foreign(r));
	assert_null(cg_record_fingerprint(r));
	assert_true(json_equal(cg_record_defaults(r), fleet.defaults));
	assert_true(json_equal(cg_record_machines(r), fleet.machines));
	assert_true(cg_featureset_is_empty(cg_record_untold(r)));
	assert_true(cg_record_is_contradicted(r, "pc-3"));
}

static void resolves_machine_types(void **state)
{
	cg_auto_record struct cg_record *r = NULL;
	struct cg_error err;
	struct cg_record_cpu cpu;

	(void)state;
	assert_ok(cg_record_parse(&r, fleet.text, fleet.len, &err));
	assert_string_equal(cg_record_resolve_machine(r, NULL), "pc-2");
	assert_string_equal(cg_record_resolve_machine(r, "pc"), "pc-2");
	assert_string_equal(cg_record_resolve_machine(r, "pc-7"), "pc-7");
	assert_string_equal(cg_record_resolve_machine(r, "never-measured"),
			    "never-measured");
	assert_null(cg_record_resolve_machine(r, "pc-77"));
	assert_false(cg_record_has_machine(r, "never-measured"));
	assert_null(cg_record_models(r, "never-measured"));
	assert_null(cg_record_unsupported(r, "never-measured"));
	assert_false(cg_record_expansion(r, "never-measured", "model-0", &cpu));
	assert_false(cg_record_expansion(r, "pc-2", "model-99", &cpu));
}

static void holds_definitions_and_starts(void **state)
{
	static const char definition[] = "model-1,feature-01=on";
	cg_auto_record struct cg_record *r = NULL;
	struct cg_record_cpu cpu = { 0 };
	struct cg_error err;
	const json_t *why;

	(void)state;
	assert_ok(cg_record_parse(&r, fleet.text, fleet.len, &err));
	for (int again = 0; again < 2; again++) {
		assert_true(cg_record_expansion(r, "pc-4", definition, &cpu));
		assert_true(json_equal(cpu.scalars, fleet.cpus[4][2].scalars));
	}
	assert_false(cg_record_expansion(r, "pc-2", definition, &cpu));
	assert_int_equal(cg_record_start(r, NULL, "model-0", &why), CG_RECORD_STARTED);
	assert_null(why);
	assert_int_equal(cg_record_start(r, "pc-4", definition, &why),
			 CG_RECORD_NOT_STARTED);
	assert_string_equal(cg_json_text(why, "words"), "no pe");
	assert_int_equal(cg_record_start(r, "pc-4", "model-0", NULL), CG_RECORD_UNTRIED);
}

/* What is equal is there once. */
static void alike_machine_types_share_a_class(void **state)
{
	(void)state;
	assert_int_equal(json_array_size(json_object_get(fleet.document, "classes")),
			 ALIKE);
	assert_int_equal(json_array_size(json_object_get(fleet.document, "models")), 2);
	assert_int_equal(json_array_size(json_object_get(fleet.document, "defaults")), 4);
}

/* Line breaks are no damage. */
static void takes_a_record_that_was_printed_anew(void **state)
{
	cg_auto_free char *pretty = cg_json_pretty(fleet.document);
	cg_auto_record struct cg_record *r = NULL;
	struct cg_error err;

	(void)state;
	assert_ok(cg_record_parse(&r, pretty, strlen(pretty), &err));
	expect_fleet(r);
}

static void refuses_every_flipped_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < fleet.len; i += STRIDE) {
		cg_auto_free char *text = strdup(fleet.text);
		struct cg_record *r = NULL;
		struct cg_error err = { 0 };

		text[i] ^= 1 << i % 7;
		if (cg_record_parse(&r, text, fleet.len, &err) == 0)
			fail_msg("byte %zu flipped, and nobody saw it", i);
		assert_null(r);
		assert_true(*err.msg);
	}
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t len = 0; len < fleet.len; len += STRIDE * STRIDE) {
		struct cg_record *r = NULL;
		struct cg_error err;

		assert_int_equal(cg_record_parse(&r, fleet.text, len, &err), -1);
	}
}

/* A document with a true digest, whatever else is wrong with it. */
static void expect_refusal(json_t *document, enum cg_errc code, const char *words)
{
	cg_auto_json json_t *owned = document;
	struct cg_record *r = NULL;
	char hex[CG_DIGEST_HEX];
	struct cg_error err = { 0 };

	assert_ok(cg_document_digest(owned, hex, &err));
	json_object_set_new(owned, "digest", json_string(hex));
	if (cg_record_from_json(&r, owned, &err) == 0)
		fail_msg("it should have been refused: %s", words);
	assert_contains(err.msg, words);
	assert_string_equal(cg_errc_name(err.code), cg_errc_name(code));
}

/*
 * The document with the value at a path ("classes.0.models") replaced, or taken out if
 * @value is NULL.
 */
static json_t *changed(const char *path, const char *value)
{
	json_t *document = json_deep_copy(fleet.document), *at = document;
	cg_auto_json json_t *wrapped = NULL;
	cg_auto_free char *copy = strdup(path), *text = NULL;
	char *rest = copy, *step, *next;

	for (step = strsep(&rest, "/"); (next = strsep(&rest, "/")); step = next)
		at = json_is_array(at) ? json_array_get(at, strtoul(step, NULL, 10))
				       : json_object_get(at, step);
	if (!value) {
		assert_int_equal(json_object_del(at, step), 0);
		return document;
	}
	assert_true(asprintf(&text, "[%s]", value) > 0);
	wrapped = json_of(text);
	if (json_is_array(at))
		json_array_set(at, strtoul(step, NULL, 10), json_array_get(wrapped, 0));
	else
		json_object_set(at, step, json_array_get(wrapped, 0));
	return document;
}

static void names_what_is_wrong(void **state)
{
	static const struct {
		const char *path, *value, *words;
	} wrong[] = {
		{ "later", "1", "member later, which version 1 doesn't know" },
		{ "emulator/later", "1", "the emulator has the member later" },
		{ "classes/0/later", "1", "a class has the member later" },
		{ "requested/0/later", "1", "requested has the member later" },
		{ "models/0/later", "1", "models has the member later" },
		{ "name", NULL, "no name" },
		{ "enforced", "1", "enforced of the record has another type" },
		{ "accel", "\"xen\"", "accel is \"xen\"" },
		{ "honesty", "\"sure\"", "honesty is \"sure\"" },
		{ "name", "\"a\\u001b[2Jb\"", "control characters" },
		{ "emulator/version", NULL, "the emulator has no version" },
		{ "features", NULL, "no features" },
		{ "features/0", "\"zzz\"", "aren't sorted" },
		{ "features/0", "\"feature-01\"", "twice" },
		{ "unsupported/0", "\"f\"", "a feature set of 1 digits" },
		{ "unsupported/0", "\"00000000000000000000ff\"", "beyond the 70" },
		{ "requested/0/features", "\"xx\"", "not hexadecimal" },
		{ "requested/0/properties/level", "[]", "level has no plain value" },
		{ "defaults/0/level", "null", "level has no plain value" },
		{ "models/0/list/1/name", "\"model-0\"", "model model-0 is there twice" },
		{ "models/0/list/1/name", "7", "has no name" },
		{ "machines/1/name", "\"pc-0\"", "machine type pc-0 is there twice" },
		{ "machines/0/name", "\"other\"", "there is no machine type pc-0" },
		{ "classes/0/models", "2", "models that aren't there" },
		{ "classes/0/models", "-1", "models that aren't there" },
		{ "classes/0/defaults", "99", "defaults that aren't there" },
		{ "classes/0/requested/0", "9999", "features that aren't there" },
		{ "classes/0/requested", "[]", "asks for 0" },
		{ "classes/0/unsupported", "99",
		  "unsupported features that aren't there" },
		{ "classes/0/machines", "[]", "no machine types" },
		{ "classes/0/machines/0", "\"pc-8\"", "in two classes" },
		{ "classes/0/unavailable", "{\"model-99\":\"01\"}", "no model model-99" },
		{ "definitions", "{\"never-measured\":{}}", "in no class" },
		{ "definitions/pc-4", "{\"model-1,+feature-01\":0}", "its one form" },
		{ "definitions/pc-4", "{\"model-77,feature-01=on\":0}",
		  "no model model-77" },
		{ "definitions/pc-4", "{\"model-1,feature-01=on\":-1}", "is damaged" },
		{ "started", "{\"pc-99\":{}}", "in no class" },
		{ "started/pc-4", "{\"model-0\":7}", "did model-0 start on pc-4?" },
		{ "host", "{\"fingerprint\":\"00\",\"parts\":{}}",
		  "isn't that of its parts" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(wrong); i++)
		expect_refusal(changed(wrong[i].path, wrong[i].value), CG_E_CORRUPT,
			       wrong[i].words);
}

/* A list of QEMU's own is there because it isn't what the equation says. */
static void refuses_a_list_that_says_nothing_new(void **state)
{
	char hex[CG_FEATURESET_HEX], value[CG_FEATURESET_HEX + 32];

	(void)state;
	cg_featureset_to_hex(&fleet.unavailable[0][0], hex);
	snprintf(value, sizeof(value), "{\"model-0\":\"%s\"}", hex);
	expect_refusal(changed("classes/0/unavailable", value), CG_E_CORRUPT,
		       "is said twice");
}

static void refuses_other_versions(void **state)
{
	(void)state;
	expect_refusal(changed("cpugate-record", "2"), CG_E_NEWER,
		       "a record of version 2");
	expect_refusal(changed("cpugate-record", "0"), CG_E_CORRUPT,
		       "a record of version 0");
	expect_refusal(changed("cpugate-record", "\"1\""), CG_E_PARSE, "not a record");
}

static void expect_text_refused(const char *text, size_t len, enum cg_errc code)
{
	struct cg_record *r = NULL;
	struct cg_error err;

	assert_error(cg_record_parse(&r, text, len, &err), code);
}

static void refuses_what_is_no_record(void **state)
{
	cg_auto_free char *deep = malloc(1 << 16), *large = malloc(CG_RECORD_BYTES + 1);

	(void)state;
	expect_text_refused("", 0, CG_E_PARSE);
	expect_text_refused("{}", 2, CG_E_PARSE);
	expect_text_refused("[]", 2, CG_E_PARSE);
	expect_text_refused("\0\0", 2, CG_E_PARSE);
	memset(deep, '[', 1 << 16);
	expect_text_refused(deep, 1 << 16, CG_E_PARSE);
	memset(large, ' ', CG_RECORD_BYTES + 1);
	expect_text_refused(large, CG_RECORD_BYTES + 1, CG_E_LIMIT);
}

static void a_file_is_named_when_it_is_refused(void **state)
{
	struct cg_record *r = NULL;
	struct cg_error err;

	(void)state;
	assert_error(cg_record_read(&r, "/no/such", &err), CG_E_SYSTEM);
	assert_contains(err.msg, "/no/such");
	assert_error(cg_record_read(&r, "/dev/null", &err), CG_E_PARSE);
	assert_contains(err.msg, "/dev/null: ");
	assert_error(cg_record_read(&r, "/dev/zero", &err), CG_E_LIMIT);
	assert_error(cg_record_read(&r, "/", &err), CG_E_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_put_in),
		cmocka_unit_test(resolves_machine_types),
		cmocka_unit_test(holds_definitions_and_starts),
		cmocka_unit_test(alike_machine_types_share_a_class),
		cmocka_unit_test(takes_a_record_that_was_printed_anew),
		cmocka_unit_test(refuses_every_flipped_byte),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(refuses_a_list_that_says_nothing_new),
		cmocka_unit_test(refuses_other_versions),
		cmocka_unit_test(refuses_what_is_no_record),
		cmocka_unit_test(a_file_is_named_when_it_is_refused),
	};

	return cmocka_run_group_tests_name("record", tests, make_fleet, free_fleet);
}
