// SPDX-License-Identifier: LGPL-2.1-or-later
/* -global and -cpu in one: QEMU applies the first before the second. */
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "gate/arguments.h"

/* Does the -global reach vCPUs of this model? "Haswell-x86_64-cpu", or all of "x86_64-cpu". */
static bool reaches(const char *driver, const char *model, size_t len)
{
	static const char *const all[] = { "cpu", "device" };
	static const char suffix[] = "-cpu";
	const char *dash;
	size_t own;

	for (size_t i = 0; i < CG_COUNT(all); i++)
		if (driver && strcmp(driver, all[i]) == 0)
			return true;
	own = driver ? strlen(driver) : 0;
	if (own <= strlen(suffix) || strcmp(driver + own - strlen(suffix), suffix) != 0)
		return false;
	own -= strlen(suffix);
	dash = memrchr(driver, '-', own);
	if (!dash)
		return true;
	own = (size_t)(dash - driver);
	/* "host" is a kind of "max". */
	return (own == len && strncmp(driver, model, len) == 0) ||
	       (own == 3 && strncmp(driver, "max", 3) == 0 && len == 4 &&
		strncmp(model, "host", 4) == 0);
}

static int put_globals(struct cg_buffer *text, const struct cg_arguments *a,
		       const char *model, size_t len, struct cg_error *err)
{
	const json_t *global;
	size_t i;

	json_array_foreach(a->globals, i, global) {
		const char *property = cg_json_text(global, "property");
		const char *value = cg_json_text(global, "value");

		if (!reaches(cg_json_text(global, "driver"), model, len))
			continue;
		if (!property || !value || !*property || strpbrk(property, "=,") ||
		    strchr("+-", *property) || strchr(value, ','))
			return cg_error_set(err, CG_E_UNDECIDED,
					    "-global of a CPU that -cpu has no words for");
		if (cg_buffer_printf(text, err, ",%s=%s", property, value) < 0)
			return -1;
	}
	return 0;
}

int cg_arguments_definition(const struct cg_arguments *arguments, char **out,
			    const char *fallback, struct cg_error *err)
{
	struct cg_buffer text = CG_BUFFER(64 << 20);
	const char *cpu = arguments->cpu ? arguments->cpu : fallback;
	size_t len = strcspn(cpu, ",");

	if (cg_buffer_put(&text, cpu, len, err) < 0 ||
	    put_globals(&text, arguments, cpu, len, err) < 0 ||
	    cg_buffer_put(&text, cpu + len, strlen(cpu + len), err) < 0) {
		cg_buffer_deinit(&text);
		return -1;
	}
	*out = text.data;
	return 0;
}
