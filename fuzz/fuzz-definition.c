// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What users give to -cpu. Its printed form is what answers are kept under, so it must mean
 * the same definition again, and fit where definitions fit.
 */
#include <string.h>

#include "cpumodels/definition.h"
#include "fuzz/fuzz.h"

/* The printed form, or NULL if @text is refused. */
static char *parse_and_print(const char *text)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	struct cg_error err = { 0 };
	char *printed;

	if (cg_definition_parse(&definition, text, &err) < 0) {
		must(err.code == CG_E_USAGE || err.code == CG_E_LIMIT);
		return NULL;
	}
	for (size_t i = 0; i < definition.count; i++)
		must(cg_definition_find(&definition, definition.overrides[i].name) ==
		     &definition.overrides[i]);
	printed = cg_definition_print(&definition);
	must(printed && strlen(printed) < CG_DEFINITION_TEXT);
	return printed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_free char *text = fuzz_text(data, size);
	cg_auto_free char *once = parse_and_print(text);
	cg_auto_free char *twice = once ? parse_and_print(once) : NULL;

	must(!once || (twice && strcmp(once, twice) == 0));
	return 0;
}
