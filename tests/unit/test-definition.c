// SPDX-License-Identifier: LGPL-2.1-or-later
/* Spellings of -cpu, what they mean, and the one spelling that they all become. */
#include "cpumodels/definition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/spelling.h"
#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

static struct cg_definition parsed(const char *text)
{
	struct cg_definition definition = { 0 };
	struct cg_error err;

	if (cg_definition_parse(&definition, text, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return definition;
}

static void expect_printed(const char *text, const char *want)
{
	cg_auto_definition struct cg_definition definition = parsed(text);
	cg_auto_free char *got = cg_definition_print(&definition);

	assert_string_equal(got, want);
}

static void expect_refused(const char *text, enum cg_errc code)
{
	struct cg_definition definition = { 0 };
	struct cg_error err;

	if (cg_definition_parse(&definition, text, &err) == 0)
		fail_msg("taken: %s", text);
	assert_string_equal(cg_errc_name(err.code), cg_errc_name(code));
	assert_null(definition.model);
}

static void expect_taken(const char *text)
{
	cg_auto_definition struct cg_definition definition = parsed(text);

	assert_non_null(definition.model);
}

static void all_spellings_of_one_meaning_are_printed_alike(void **state)
{
	static const char *const cases[][2] = {
		{ "Haswell", "Haswell" },
		{ "Haswell,avx=on", "Haswell,avx=on" },
		{ "Haswell,avx", "Haswell,avx=on" },
		{ "Haswell,+avx", "Haswell,avx=on" },
		{ "Haswell,avx=true", "Haswell,avx=on" },
		{ "Haswell,avx=yes", "Haswell,avx=on" },
		{ "Haswell,avx=y", "Haswell,avx=on" },
		{ "Haswell,-avx", "Haswell,avx=off" },
		{ "Haswell,avx=off", "Haswell,avx=off" },
		{ "Haswell,avx=false", "Haswell,avx=off" },
		{ "Haswell,avx=no", "Haswell,avx=off" },
		{ "Haswell,avx=n", "Haswell,avx=off" },
		{ "Haswell,sse,avx", "Haswell,avx=on,sse=on" },
		{ "Haswell,-sse,+avx,x2apic=off", "Haswell,avx=on,sse=off,x2apic=off" },
		{ "Haswell,level=0x1f", "Haswell,level=0x1f" },
		{ "Haswell,model-id=A B=C", "Haswell,model-id=A B=C" },
		{ "Haswell,model-id=", "Haswell,model-id=" },
		{ "Haswell,vendor=GenuineIntel", "Haswell,vendor=GenuineIntel" },
		{ "Skylake-Client-noTSX-IBRS,hle=off",
		  "Skylake-Client-noTSX-IBRS,hle=off" },
		{ "a model", "a model" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_printed(cases[i][0], cases[i][1]);
}

static void qemus_aliases_are_the_same_feature(void **state)
{
	static const char *const cases[][2] = {
		{ "m,sse4_1", "m,sse4.1=on" },
		{ "m,+sse4_1", "m,sse4.1=on" },
		{ "m,-sse4-1", "m,sse4.1=off" },
		{ "m,sse4_2=on", "m,sse4.2=on" },
		{ "m,+sse3", "m,pni=on" },
		{ "m,pclmuldq=off", "m,pclmulqdq=off" },
		{ "m,-xd", "m,nx=off" },
		{ "m,ffxsr", "m,fxsr-opt=on" },
		{ "m,+i64", "m,lm=on" },
		{ "m,+avx512_vnni", "m,avx512-vnni=on" },
		{ "m,model_id=a_b", "m,model-id=a_b" },
		{ "m,sse4_1=on,sse4.1=off", "m,sse4.1=off" },
		{ "m,+sse4_1,-sse4-1", "m,sse4.1=off" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_printed(cases[i][0], cases[i][1]);
}

/* QEMU: all NAME=VALUE first, then all +NAME, then all -NAME, wherever they stand. */
static void the_order_is_that_of_qemu(void **state)
{
	static const char *const cases[][2] = {
		{ "m,avx=on,avx=off", "m,avx=off" },
		{ "m,avx=off,avx=on", "m,avx=on" },
		{ "m,avx=off,avx", "m,avx=on" },
		{ "m,avx,avx=off", "m,avx=off" },
		{ "m,+avx,avx=off", "m,avx=on" },
		{ "m,avx=off,+avx", "m,avx=on" },
		{ "m,-avx,avx=on", "m,avx=off" },
		{ "m,avx=on,-avx", "m,avx=off" },
		{ "m,-avx,+avx", "m,avx=off" },
		{ "m,+avx,-avx", "m,avx=off" },
		{ "m,-avx,+avx,avx=on", "m,avx=off" },
		{ "m,level=1,level=2,+level", "m,level=on" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_printed(cases[i][0], cases[i][1]);
}

/* What QEMU decides before it comes to the signs. */
static void what_was_assigned_is_known_behind_a_sign(void **state)
{
	static const struct {
		const char *text;
		bool on;
	} cases[] = {
		{ "m,lm=on", true },         { "m,lm", true },
		{ "m,lm=yes", true },        { "m,lm=on,-lm", true },
		{ "m,-lm,lm=on", true },     { "m,i64=on,+lm", true },
		{ "m,+lm", false },          { "m,+lm,lm=off", false },
		{ "m,lm=on,lm=off", false }, { "m,-lm", false },
		{ "m,avx=on,+lm", false },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		cg_auto_definition struct cg_definition d = parsed(cases[i].text);

		assert_int_equal(cg_definition_find(&d, "lm")->assigned_on, cases[i].on);
	}
}

static void tsc_freq_is_a_frequency_in_hertz(void **state)
{
	static const char *const cases[][2] = {
		{ "m,tsc-freq=2.5G", "m,tsc-frequency=2500000000" },
		{ "m,tsc_freq=2.5g", "m,tsc-frequency=2500000000" },
		{ "m,tsc-freq=1000", "m,tsc-frequency=1000" },
		{ "m,tsc-freq=3k", "m,tsc-frequency=3000" },
		{ "m,tsc-freq=1.5M", "m,tsc-frequency=1500000" },
		{ "m,tsc-freq=0", "m,tsc-frequency=0" },
		{ "m,tsc-freq=1T", "m,tsc-frequency=1000000000000" },
		{ "m,tsc-freq=1G,tsc-frequency=5", "m,tsc-frequency=5" },
		{ "m,tsc-frequency=5,tsc-freq=1G", "m,tsc-frequency=1000000000" },
		{ "m,tsc-frequency=2.5G", "m,tsc-frequency=2.5G" }, /* QEMU's to refuse */
	};
	static const char *const refused[] = { "m,tsc-freq=",     "m,tsc-freq",
					       "m,tsc-freq=fast", "m,tsc-freq=-1G",
					       "m,tsc-freq=1GG",  "m,tsc-freq=1X",
					       "m,tsc-freq=nan",  "m,tsc-freq=inf",
					       "m,tsc-freq=1e30", "m,+tsc-freq" };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_printed(cases[i][0], cases[i][1]);
	for (size_t i = 0; i < CG_COUNT(refused); i++)
		expect_refused(refused[i], CG_E_USAGE);
}

static void what_names_nothing_is_refused(void **state)
{
	static const char *const texts[] = {
		"",          ",avx=on",  "m,",         "m,,avx=on", "m,avx=on,",
		"m,+",       "m,-",      "m,=on",      "m,a b=on",  "m,+a b",
		"m,a\tb",    "m,a\nb=1", "m,\xc3\xa9", "m, avx=on", "m,+ avx",
		"m,+avx=on", "m,++avx",  "m,+-avx",    "m,_avx",    "m,-_avx",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], CG_E_USAGE);
}

/* They end up in a command line, in JSON and on terminals. */
static void control_characters_are_refused(void **state)
{
	static const char *const texts[] = {
		"m\n",
		"m\x1b[1m",
		"\x01m",
		"m,a=1\n",
		"m,model-id=\x01u64:1",
		"m,model-id=a\x7f",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_refused(texts[i], CG_E_USAGE);
	expect_printed("m,model-id=caf\xc3\xa9", "m,model-id=caf\xc3\xa9");
}

static void there_are_limits(void **state)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(3 * CG_DEFINITION_TEXT);
	char name[2 * CG_NAME_MAX];
	struct cg_error err;

	(void)state;
	memset(name, 'n', sizeof(name));
	memcpy(name, "m,", 2);
	name[2 + CG_NAME_MAX] = '\0';
	expect_refused(name, CG_E_USAGE);
	name[2 + CG_NAME_MAX - 1] = '\0';
	expect_taken(name);

	assert_ok(cg_buffer_put(&text, "m", 1, &err));
	for (int i = 0; i < CG_OVERRIDES_MAX; i++)
		assert_ok(cg_buffer_printf(&text, &err, ",f%d=on", i));
	expect_taken(text.data);
	assert_ok(cg_buffer_printf(&text, &err, ",f7=off"));
	expect_taken(text.data);
	assert_ok(cg_buffer_printf(&text, &err, ",one-more=off"));
	expect_refused(text.data, CG_E_LIMIT);

	cg_buffer_deinit(&text);
	assert_ok(cg_buffer_put(&text, "m,model-id=", 11, &err));
	while (text.len < CG_DEFINITION_TEXT - 1)
		assert_ok(cg_buffer_put(&text, "x", 1, &err));
	expect_taken(text.data);
	assert_ok(cg_buffer_put(&text, "x", 1, &err));
	expect_refused(text.data, CG_E_LIMIT);
}

/* "+a" is two characters and "a=on" four: what goes on from here is the longer one. */
static void the_printed_form_has_the_same_limit(void **state)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(3 * CG_DEFINITION_TEXT);
	struct cg_error err;

	(void)state;
	assert_ok(cg_buffer_put(&text, "m", 1, &err));
	for (int i = 0; i < 500; i++)
		assert_ok(cg_buffer_printf(&text, &err, ",%014d", i));
	assert_true(text.len < CG_DEFINITION_TEXT);
	expect_refused(text.data, CG_E_LIMIT);
}

static void overrides_are_found_by_name(void **state)
{
	cg_auto_definition struct cg_definition definition =
		parsed("Haswell,+sse4_1,-hle,level=13");

	(void)state;
	assert_string_equal(definition.model, "Haswell");
	assert_int_equal(definition.count, 3);
	assert_string_equal(cg_definition_find(&definition, "sse4.1")->value, "on");
	assert_string_equal(cg_definition_find(&definition, "hle")->value, "off");
	assert_string_equal(cg_definition_find(&definition, "level")->value, "13");
	assert_null(cg_definition_find(&definition, "sse4_1"));
	assert_null(cg_definition_find(&definition, "Haswell"));
	assert_null(cg_definition_find(&definition, ""));
}

static void deinit_twice_is_harmless(void **state)
{
	struct cg_definition definition = parsed("Haswell,hle=off");

	(void)state;
	cg_definition_deinit(&definition);
	cg_definition_deinit(&definition);
	assert_null(definition.model);
	assert_null(cg_definition_find(&definition, "hle"));
}

static void qemus_words_for_a_bool_are_known(void **state)
{
	static const struct {
		const char *word;
		bool known, value;
	} cases[] = {
		{ "on", true, true },      { "true", true, true },
		{ "yes", true, true },     { "y", true, true },
		{ "off", true, false },    { "false", true, false },
		{ "no", true, false },     { "n", true, false },
		{ "", false, false },      { "1", false, false },
		{ "0", false, false },     { "On", false, false },
		{ "onn", false, false },   { "o", false, false },
		{ "truee", false, false },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		bool value = !cases[i].value;

		assert_int_equal(cg_definition_bool(cases[i].word, &value),
				 cases[i].known);
		if (cases[i].known)
			assert_int_equal(value, cases[i].value);
	}
}

/* Random definitions. */

static void random_text(char *out, size_t size, const char *letters)
{
	size_t len = 1 + random_below(size - 1);

	for (size_t i = 0; i < len; i++)
		out[i] = letters[random_below(strlen(letters))];
	out[len] = '\0';
}

static void put_random_item(struct cg_buffer *text)
{
	static const char *const names[] = { "avx", "sse4_1", "sse4.1", "sse3", "pni",
					     "xd",  "hle",    "level",  "a-b",  "a_b" };
	static const char *const values[] = { "on", "off", "yes", "n", "7", "0x1f", "" };
	const char *name = names[random_below(CG_COUNT(names))];
	char other[20], value[20];
	struct cg_error err;

	if (random_below(3) == 0) {
		random_text(other, sizeof(other), "abcxyz0189_.-:");
		if (!strchr("-_", *other))
			name = other;
	}
	switch (random_below(5)) {
	case 0:
		assert_ok(cg_buffer_printf(text, &err, ",+%s", name));
		break;
	case 1:
		assert_ok(cg_buffer_printf(text, &err, ",-%s", name));
		break;
	case 2:
		assert_ok(cg_buffer_printf(text, &err, ",%s", name));
		break;
	case 3:
		random_text(value, sizeof(value), "ab =+-.XYZ09\xc3");
		assert_ok(cg_buffer_printf(text, &err, ",%s=%s", name, value));
		break;
	default:
		assert_ok(cg_buffer_printf(text, &err, ",%s=%s", name,
					   values[random_below(CG_COUNT(values))]));
	}
}

static void random_definition(struct cg_buffer *text)
{
	size_t items = random_below(30);
	char model[20];
	struct cg_error err;

	random_text(model, sizeof(model), "ABCabc019-_.+= ");
	assert_ok(cg_buffer_printf(text, &err, "%s", model));
	for (size_t i = 0; i < items; i++)
		put_random_item(text);
}

/* on and yes are one value. */
static bool same_value(const char *a, const char *b)
{
	bool x, y;

	if (cg_definition_bool(a, &x) && cg_definition_bool(b, &y))
		return x == y;
	return strcmp(a, b) == 0;
}

static void expect_equal(const struct cg_definition *a, const struct cg_definition *b)
{
	assert_string_equal(a->model, b->model);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->overrides[i].name, b->overrides[i].name);
		assert_true(same_value(a->overrides[i].value, b->overrides[i].value));
	}
}

static void any_definition_survives_being_printed(void **state)
{
	(void)state;
	random_seed(1);
	for (int round = 0; round < 400; round++) {
		cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_DEFINITION_TEXT);
		cg_auto_definition struct cg_definition once = { 0 }, twice = { 0 };
		cg_auto_free char *first = NULL, *second = NULL;

		random_definition(&text);
		once = parsed(text.data);
		first = cg_definition_print(&once);
		twice = parsed(first);
		expect_equal(&once, &twice);
		second = cg_definition_print(&twice);
		assert_string_equal(first, second);
	}
}

static void overrides_are_sorted_and_canonical(void **state)
{
	(void)state;
	random_seed(2);
	for (int round = 0; round < 200; round++) {
		cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_DEFINITION_TEXT);
		cg_auto_definition struct cg_definition d = { 0 };
		char name[CG_NAME_MAX];

		random_definition(&text);
		d = parsed(text.data);
		for (size_t i = 0; i < d.count; i++) {
			assert_string_equal(cg_spelling_canonical(d.overrides[i].name,
								  name),
					    d.overrides[i].name);
			if (i)
				assert_true(strcmp(d.overrides[i - 1].name,
						   d.overrides[i].name) < 0);
			assert_ptr_equal(cg_definition_find(&d, d.overrides[i].name),
					 &d.overrides[i]);
		}
	}
}

/* What QEMU makes of the items for one name, asked of the text and not of our parser. */
static const char *meaning(char items[][8], size_t count, const char *name)
{
	const char *assigned = NULL;
	bool plus = false, minus = false;

	for (size_t i = 0; i < count; i++) {
		const char *item = items[i];
		size_t len = strlen(name);

		if (*item == '+' || *item == '-') {
			plus |= *item == '+' && strcmp(item + 1, name) == 0;
			minus |= *item == '-' && strcmp(item + 1, name) == 0;
		} else if (strncmp(item, name, len) == 0 &&
			   (!item[len] || item[len] == '=')) {
			assigned = item[len] ? item + len + 1 : "on";
		}
	}
	if (minus || plus)
		return minus ? "off" : "on";
	return assigned;
}

#define ITEMS 12

/* "m" and @count random items, which are also listed. */
static void random_items(char items[ITEMS][8], size_t count, struct cg_buffer *text)
{
	static const char *const forms[][2] = { { "", "=on" }, { "", "=off" },
						{ "", "" },    { "+", "" },
						{ "-", "" },   { "", "=5" } };
	struct cg_error err;

	assert_ok(cg_buffer_put(text, "m", 1, &err));
	for (size_t i = 0; i < count; i++) {
		size_t form = random_below(CG_COUNT(forms));

		snprintf(items[i], sizeof(items[i]), "%s%c%s", forms[form][0],
			 "abc"[random_below(3)], forms[form][1]);
		assert_ok(cg_buffer_printf(text, &err, ",%s", items[i]));
	}
}

static void any_order_of_items_means_what_it_means_to_qemu(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	char items[ITEMS][8];

	(void)state;
	random_seed(3);
	for (int round = 0; round < 400; round++) {
		cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_DEFINITION_TEXT);
		cg_auto_definition struct cg_definition d = { 0 };
		size_t count = random_below(ITEMS);

		random_items(items, count, &text);
		d = parsed(text.data);
		for (size_t i = 0; i < CG_COUNT(names); i++) {
			const struct cg_override *got = cg_definition_find(&d, names[i]);
			const char *want = meaning(items, count, names[i]);

			assert_string_equal(got ? got->value : "(none)",
					    want ? want : "(none)");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_spellings_of_one_meaning_are_printed_alike),
		cmocka_unit_test(qemus_aliases_are_the_same_feature),
		cmocka_unit_test(the_order_is_that_of_qemu),
		cmocka_unit_test(what_was_assigned_is_known_behind_a_sign),
		cmocka_unit_test(tsc_freq_is_a_frequency_in_hertz),
		cmocka_unit_test(what_names_nothing_is_refused),
		cmocka_unit_test(control_characters_are_refused),
		cmocka_unit_test(there_are_limits),
		cmocka_unit_test(the_printed_form_has_the_same_limit),
		cmocka_unit_test(overrides_are_found_by_name),
		cmocka_unit_test(deinit_twice_is_harmless),
		cmocka_unit_test(qemus_words_for_a_bool_are_known),
		cmocka_unit_test(any_definition_survives_being_printed),
		cmocka_unit_test(overrides_are_sorted_and_canonical),
		cmocka_unit_test(any_order_of_items_means_what_it_means_to_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
