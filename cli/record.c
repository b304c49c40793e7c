// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugate record: the reply is the record, and is printed as that in any case. */
#include <stdio.h>

#include "base/json.h"
#include "cli/output.h"
#include "cli/verb.h"

static int print(const struct cg_view *view, const json_t *reply, struct cg_error *err)
{
	cg_auto_free char *text = cg_json_canonical(reply);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a record");
	if (view->output)
		return cg_output_write(view->output, text, err);
	puts(text);
	return CG_EXIT_YES;
}

const struct cg_verb cg_verb_record = {
	.name = "record",
	.command = "record",
	.help = "write down what this host can give",
	.print = print,
	.writes = true,
};
