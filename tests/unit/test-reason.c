// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of reasons is whole, and reasons add up to the right verdict. */
#include "cpumodels/reason.h"

#include "base/json.h"
#include "cpumodels/meaning.h"
#include "tests/unit/outcome.h"

static void every_code_is_there_once(void **state)
{
	(void)state;
	for (enum cg_reason r = 0; r < CG_REASONS; r++) {
		assert_non_null(cg_reason_code(r));
		assert_non_null(cg_meaning(r));
		assert_int_equal(cg_reason_find(cg_reason_code(r)), r);
	}
	assert_int_equal(cg_reason_find("missing.nothing"), CG_REASONS);
	assert_int_equal(cg_reason_find(""), CG_REASONS);
}

/* Other programs match these. A code that goes, goes wrong somewhere. */
static void codes_are_stable(void **state)
{
	static const char *const promised[] = {
		"missing.host",
		"missing.microcode",
		"missing.kernel-filter",
		"missing.module-param",
		"missing.vmm",
		"missing.emulator",
		"missing.unsupported",
		"extra.vmm",
		"name.unknown",
		"model.none",
		"identity.vendor",
		"identity.model",
		"width.level",
		"width.phys-bits",
		"width.guest-phys-bits",
		"time.tsc",
		"topology.maxcpus",
		"machine.absent",
		"machine.deprecated",
		"start.failed",
		"launch.refused",
		"launch.unread",
		"launch.differs",
		"accept-only",
		"advisory",
		"record.stale",
		"record.absent",
		"record.untold",
		"record.self-inconsistent",
		"missing.definition",
		"topology.cpus",
		"target.differs",
		"accel.differs",
		"machine.differs",
		"migration.blocked",
		"guest.unread",
		"guest.inconsistent",
		"advisory.emulator",
		"advisory.ht",
		"advisory.pdcm",
		"advisory.mpx",
		"advisory.pkru",
		"width.xsave",
		"guest.uneven",
		"advisory.arch-capabilities",
	};

	(void)state;
	assert_int_equal(CG_COUNT(promised), CG_REASONS);
	for (size_t i = 0; i < CG_COUNT(promised); i++)
		assert_int_not_equal(cg_reason_find(promised[i]), CG_REASONS);
}

/* No place is left open, and nothing is missing, whatever is given. */
static void words_are_whole_sentences(void **state)
{
	(void)state;
	for (enum cg_reason r = 0; r < CG_REASONS; r++)
		for (int given = 0; given < 8; given++) {
			cg_auto_json json_t *json =
				cg_reason_json(r, given & 1 ? "avx2" : NULL,
					       given & 2 ? "node-3" : NULL,
					       given & 4 ? "40, not 46" : NULL);
			const char *words = cg_json_text(json, "words");
			const char *remedy = cg_json_text(json, "remedy");

			assert_non_null(words);
			assert_null(strchr(words, '%'));
			assert_true(!remedy || !strchr(remedy, '%'));
			assert_int_equal(json_object_get(json, "host") != NULL,
					 (given & 2) != 0);
			assert_int_equal(json_object_get(json, "feature") != NULL,
					 (given & 1) != 0);
		}
}

static void words_name_feature_host_and_detail(void **state)
{
	cg_auto_json json_t *missing =
		cg_reason_json(CG_MISSING_MICROCODE, "spec-ctrl", "node-6", NULL);
	cg_auto_json json_t *width =
		cg_reason_json(CG_WIDTH_PHYS_BITS, NULL, NULL, "46 and 40");

	(void)state;
	assert_string_equal(cg_json_text(missing, "words"),
			    "the microcode of node-6 doesn't give spec-ctrl");
	assert_string_equal(cg_json_text(missing, "remedy"),
			    "update the microcode of node-6");
	assert_contains(cg_json_text(width, "words"), "46 and 40");
}

static const struct {
	const char *name;
	enum cg_reason reasons[3];
	size_t count;
	enum cg_answer answer;
} sums[] = {
	{ "nothing", { 0 }, 0, CG_YES },
	{ "a note", { CG_MACHINE_DEPRECATED }, 1, CG_YES },
	{ "a doubt", { CG_RECORD_UNTOLD }, 1, CG_UNDECIDED },
	{ "a block", { CG_MISSING_HOST }, 1, CG_NO },
	{ "a doubt and a block", { CG_RECORD_STALE, CG_MISSING_HOST }, 2, CG_NO },
	{ "a source that refuses its own guest",
	  { CG_MISSING_HOST, CG_RECORD_SELF_INCONSISTENT, CG_ACCEPT_ONLY },
	  3,
	  CG_UNDECIDED },
};

static void reasons_add_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < CG_COUNT(sums); i++) {
		cg_auto_verdict struct cg_verdict v = { 0 };

		for (size_t j = 0; j < sums[i].count; j++)
			cg_verdict_add(&v, sums[i].reasons[j], "avx2", "node-3", NULL);
		if (cg_verdict_answer(&v) != sums[i].answer)
			fail_msg("%s: %s", sums[i].name,
				 cg_answer_word(cg_verdict_answer(&v)));
		assert_int_equal(json_array_size(v.reasons), sums[i].count);
	}
}

/* As the two sides of a migration give the same reason. */
static void a_reason_of_both_is_told_once(void **state)
{
	cg_auto_verdict struct cg_verdict here = { 0 }, there = { 0 };

	(void)state;
	cg_verdict_add(&here, CG_MISSING_HOST, "avx", "b", NULL);
	cg_verdict_add(&there, CG_MISSING_HOST, "avx", "b", NULL);
	cg_verdict_add(&there, CG_MISSING_HOST, "avx2", "b", NULL);
	cg_verdict_join(&here, &there);
	assert_int_equal(json_array_size(here.reasons), 2);
	assert_int_equal(cg_verdict_answer(&here), CG_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_is_there_once),
		cmocka_unit_test(codes_are_stable),
		cmocka_unit_test(words_are_whole_sentences),
		cmocka_unit_test(words_name_feature_host_and_detail),
		cmocka_unit_test(reasons_add_up),
		cmocka_unit_test(a_reason_of_both_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
