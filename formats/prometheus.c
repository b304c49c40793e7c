// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prometheus' text format 0.0.4. The collector refuses a whole file for one line that it
 * doesn't understand, and every file with time stamps.
 */
#include "formats/prometheus.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

struct label {
	const char *name, *value;
};

/* In a label's value \ and " and a line's end are escaped; the rest has to be UTF-8. */
static int put_value(struct cg_buffer *out, const char *value, struct cg_error *err)
{
	cg_auto_free char *clean = strdup(value);

	if (!clean)
		return cg_error_errno(err, "metrics");
	cg_text_clean(clean);
	for (const char *p = clean; *p; p++)
		if (((*p == '\\' || *p == '"') && cg_buffer_put(out, "\\", 1, err) < 0) ||
		    cg_buffer_put(out, p, 1, err) < 0)
			return -1;
	return 0;
}

/* {a="1",b="2"}, without the labels that have no value. */
static int put_labels(struct cg_buffer *out, const struct label *labels, size_t count,
		      struct cg_error *err)
{
	const char *mark = "{";

	for (size_t i = 0; i < count; i++) {
		if (!labels[i].value || !*labels[i].value)
			continue;
		if (cg_buffer_printf(out, err, "%s%s=\"", mark, labels[i].name) < 0 ||
		    put_value(out, labels[i].value, err) < 0 ||
		    cg_buffer_put(out, "\"", 1, err) < 0)
			return -1;
		mark = ",";
	}
	return *mark == ',' ? cg_buffer_put(out, "}", 1, err) : 0;
}

static int put_head(struct cg_buffer *out, const char *metric, const char *help,
		    struct cg_error *err)
{
	return cg_buffer_printf(out, err, "# HELP %s %s\n# TYPE %s gauge\n", metric, help,
				metric);
}

static int put_host(struct cg_buffer *out, const struct cg_export *e,
		    struct cg_error *err)
{
	static const char metric[] = "cpugate_host_info";
	char class[CG_EXPORT_CLASS + 1] = "";
	const struct label labels[] = {
		{ "class", class },        { "vendor", e->vendor },
		{ "level", e->level },     { "emulator", e->emulator },
		{ "machine", e->machine }, { "accel", e->accel },
		{ "kernel", e->kernel },
	};

	strncat(class, e->digest ? e->digest : "", CG_EXPORT_CLASS);
	if (put_head(out, metric,
		     "What this host's CPUs for guests depend on; hosts of one class give the "
		     "same.",
		     err) < 0 ||
	    cg_buffer_printf(out, err, "%s", metric) < 0 ||
	    put_labels(out, labels, CG_COUNT(labels), err) < 0)
		return -1;
	return cg_buffer_printf(out, err, " 1\n");
}

static int put_counts(struct cg_buffer *out, const struct cg_export *e,
		      struct cg_error *err)
{
	static const char metric[] = "cpugate_cpu_models";
	size_t usable = 0;

	for (size_t i = 0; i < e->count; i++)
		usable += e->models[i].usable;
	if (put_head(out, metric, "CPU models, by whether a guest can have them here.",
		     err) < 0)
		return -1;
	return cg_buffer_printf(out, err,
				"%s{usable=\"yes\"} %zu\n%s{usable=\"no\"} %zu\n", metric,
				usable, metric, e->count - usable);
}

static int put_models(struct cg_buffer *out, const struct cg_export *e,
		      struct cg_error *err)
{
	static const char metric[] = "cpugate_cpu_model_usable";

	if (!e->count)
		return 0;
	if (put_counts(out, e, err) < 0 ||
	    put_head(out, metric, "Whether a guest can have the CPU model here.", err) <
		    0)
		return -1;
	for (size_t i = 0; i < e->count; i++) {
		const struct label label = { "model", e->models[i].name };

		if (cg_buffer_printf(out, err, "%s", metric) < 0 ||
		    put_labels(out, &label, 1, err) < 0 ||
		    cg_buffer_printf(out, err, " %d\n", e->models[i].usable) < 0)
			return -1;
	}
	return 0;
}

static int put_number(struct cg_buffer *out, const char *metric, const char *help,
		      int64_t value, struct cg_error *err)
{
	if (!value)
		return 0;
	if (put_head(out, metric, help, err) < 0)
		return -1;
	return cg_buffer_printf(out, err, "%s %" PRId64 "\n", metric, value);
}

int cg_prometheus_print(struct cg_buffer *out, const struct cg_export *export,
			struct cg_error *err)
{
	if (put_host(out, export, err) < 0 || put_models(out, export, err) < 0)
		return -1;
	if (put_number(out, "cpugate_cpu_features",
		       "CPU features that a guest can have here.",
		       (int64_t) export->features, err) < 0)
		return -1;
	return put_number(out, "cpugate_measured_timestamp_seconds",
			  "When that was measured.", export->measured, err);
}
