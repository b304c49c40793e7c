// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lines of NAMESPACE/NAME=VALUE. The namespace is the one that NFD's master takes without
 * being told to.
 */
#include "formats/nfd.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAMESPACE "feature.node.kubernetes.io"
#define VALUE_BYTES 63 /* of a label in Kubernetes */

/* Letters, digits, '-', '_' and '.', a letter or digit at both ends. */
static void make_value(const char *text, size_t max, char out[static VALUE_BYTES + 1])
{
	size_t len = 0;

	for (; *text && len < max; text++) {
		bool good = isalnum((unsigned char)*text);

		if (good || len)
			out[len++] = (char)(good || strchr("-_.", *text) ? *text : '_');
	}
	while (len && !isalnum((unsigned char)out[len - 1]))
		len--;
	out[len] = '\0';
}

static int put(struct cg_buffer *out, const char *name, const char *text, size_t max,
	       struct cg_error *err)
{
	char value[VALUE_BYTES + 1];

	make_value(text ? text : "", max, value);
	if (!*value)
		return 0;
	return cg_buffer_printf(out, err, NAMESPACE "/cpugate-%s=%s\n", name, value);
}

static int put_number(struct cg_buffer *out, const char *name, size_t number,
		      struct cg_error *err)
{
	char text[32] = "";

	if (number)
		snprintf(text, sizeof(text), "%zu", number);
	return put(out, name, text, VALUE_BYTES, err);
}

/* After that NFD takes the labels off again: nobody has looked for long. */
static int put_expiry(struct cg_buffer *out, int64_t expires, struct cg_error *err)
{
	time_t seconds = (time_t)expires;
	char text[64];
	struct tm tm;

	if (!expires || !gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return 0;
	return cg_buffer_printf(out, err, "# +expiry-time=%s\n", text);
}

static size_t usable(const struct cg_export *e)
{
	size_t sum = 0;

	for (size_t i = 0; i < e->count; i++)
		sum += e->models[i].usable;
	return sum;
}

int cg_nfd_print(struct cg_buffer *out, const struct cg_export *export,
		 struct cg_error *err)
{
	const struct {
		const char *name, *text;
	} labels[] = {
		{ "model", export->definition ? export->definition->model : NULL },
		{ "vendor", export->vendor },
		{ "level", export->level },
		{ "emulator", export->emulator },
		{ "machine", export->machine },
		{ "accel", export->accel },
	};

	if (put_expiry(out, export->expires, err) < 0 ||
	    put(out, "class", export->digest, CG_EXPORT_CLASS, err) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(labels); i++)
		if (put(out, labels[i].name, labels[i].text, VALUE_BYTES, err) < 0)
			return -1;
	if (put_number(out, "phys-bits", export->phys_bits, err) < 0 ||
	    put_number(out, "features", export->features, err) < 0)
		return -1;
	return put_number(out, "models-usable", usable(export), err);
}
