// SPDX-License-Identifier: LGPL-2.1-or-later
/* What QEMU makes an XSAVE area of. */
#include "cpumodels/xsave.h"

#include "tests/unit/outcome.h"

static const char *const names[] = { "amx-tile", "avx", "avx10", "avx512f",
				     "fpu",      "mpx", "pku",   "xsave" };

static void expect(const char *definition, uint64_t parts)
{
	cg_auto_definition struct cg_definition d = { 0 };
	cg_auto_vocabulary struct cg_vocabulary *words = NULL;
	struct cg_featureset set = { 0 };
	struct cg_error err;

	assert_ok(cg_vocabulary_new(&words, names, CG_COUNT(names), &err));
	assert_ok(cg_definition_parse(&d, definition, &err));
	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (cg_definition_is_on(&d, names[i]))
			cg_featureset_add(&set, cg_vocabulary_find(words, names[i]));
	assert_int_equal(cg_xsave_of_definition(&d), parts);
	assert_int_equal(cg_xsave_of_features(words, &set), parts);
}

static void parts_come_with_features(void **state)
{
	(void)state;
	expect("base,fpu=on,xsave=on", 0);
	expect("base,avx=on,xsave=on", 0x4);
	expect("base,avx=on,mpx=on,avx512f=on,pku=on,xsave=on", 0x2fc);
	expect("base,avx10=on,xsave=yes", 0xe0);
	expect("base,avx=on,avx512f=off,amx-tile=on,xsave=on", 0x60004);
	expect("base,amx-tile=on,avx=on,avx10=on,avx512f=on,mpx=on,pku=on,xsave=on",
	       CG_XSAVE_PARTS);
}

static void there_are_none_without_xsave(void **state)
{
	(void)state;
	expect("base,avx=on,pku=on", 0);
	expect("base,avx=on,xsave=off", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_come_with_features),
		cmocka_unit_test(there_are_none_without_xsave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
