// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Expansions as QEMU sends them and as they are kept. The input's first line is an object of
 * properties, which also serves as the defaults that the second line, a stored text, is over.
 * Whatever can be read is the same after it was written and read again.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "probe/expansion.h"

#define LINE_BYTES                                                                       \
	(16 * 1024) /* a fourth of what decode takes: printing may make it longer */

static void check_stored(const struct cg_expansion *expansion, const json_t *defaults)
{
	cg_auto_free char *text = cg_expansion_encode(expansion, defaults);
	cg_auto_expansion struct cg_expansion again = { 0 };
	struct cg_error err;

	must(text && cg_expansion_decode(&again, text, defaults, &err) == 0);
	must(cg_featureset_equal(&expansion->features, &again.features));
	must(json_equal(expansion->scalars, again.scalars));
}

static void try_props(const json_t *props)
{
	static const char *const names[] = { "avx", "fxsr-opt", "lm",
					     "nx",  "pni",      "sse4.1" };
	cg_auto_vocabulary struct cg_vocabulary *vocabulary = NULL;
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	cg_auto_json json_t *nothing = json_object();
	struct cg_error err;

	must(cg_vocabulary_new(&vocabulary, names, CG_COUNT(names), &err) == 0);
	must(cg_expansion_from_props(&expansion, props, vocabulary, &err) == 0);
	check_stored(&expansion, nothing);
	check_stored(&expansion, props);
}

static void try_stored(const char *text, const json_t *defaults)
{
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	struct cg_error err = { 0 };

	if (cg_expansion_decode(&expansion, text, defaults, &err) == 0)
		check_stored(&expansion, defaults);
	else
		must(err.code == CG_E_CORRUPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_free char *text = fuzz_text(data, size);
	char *rest = text, *first = strsep(&rest, "\n");
	cg_auto_json json_t *props = NULL;
	struct cg_error err;

	if (cg_json_parse(&props, first, strlen(first), LINE_BYTES, &err) < 0 ||
	    !json_is_object(props))
		return 0;
	try_props(props);
	if (rest && strlen(rest) <= LINE_BYTES)
		try_stored(rest, props);
	return 0;
}
