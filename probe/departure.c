// SPDX-License-Identifier: LGPL-2.1-or-later
/* A few queries to somebody else's QEMU. */
#include "probe/departure.h"

#include <string.h>

#include "base/text.h"
#include "emulator/monitor.h"
#include "emulator/query.h"
#include "probe/expansion.h"

static int add_blocker(json_t *list, const char *text)
{
	char clean[512];

	snprintf(clean, sizeof(clean), "%s", text);
	cg_text_clean(clean);
	return json_array_append_new(list, json_string(clean));
}

/* A migration that goes on keeps another one from beginning. */
static bool is_busy(const char *status)
{
	static const char *const busy[] = { "setup",           "active",
					    "device",          "pre-switchover",
					    "postcopy-active", "wait-unplug",
					    "cancelling",      "colo" };

	for (size_t i = 0; status && i < CG_COUNT(busy); i++)
		if (strcmp(status, busy[i]) == 0)
			return true;
	return false;
}

static int read_blockers(struct cg_departure *d, struct cg_qmp *qmp, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	const json_t *reasons, *reason;
	size_t i;

	if (cg_qmp_call(qmp, "query-migrate", NULL, &reply, err) < 0)
		return -1;
	reasons = json_object_get(reply, "blocked-reasons");
	if (!json_is_object(reply) || (reasons && !json_is_array(reasons)))
		return cg_error_set(err, CG_E_PROTOCOL,
				    "query-migrate: a reply of the wrong shape");
	d->blockers = json_array();
	json_array_foreach(reasons, i, reason) {
		if (!json_is_string(reason) || i == CG_DEPARTURE_BLOCKERS)
			break;
		add_blocker(d->blockers, json_string_value(reason));
	}
	if (i < json_array_size(reasons) && i < CG_DEPARTURE_BLOCKERS)
		return cg_error_set(err, CG_E_PROTOCOL,
				    "query-migrate: a blocked-reason is no text");
	if (is_busy(cg_json_text(reply, "status")))
		add_blocker(d->blockers, "it is on its way already");
	return 0;
}

/* What this QEMU doesn't have is no failure. */
static int read_property(struct cg_qmp *qmp, const char *path, const char *name,
			 json_t **out, struct cg_error *err)
{
	if (cg_query_property(qmp, path, name, out, err) == 0 ||
	    err->code == CG_E_REFUSED || err->code == CG_E_UNKNOWN)
		return 0;
	return -1;
}

/* The low word of XCR0 as CPUID leaf 0DH has it; that QEMU gives no names. */
static int read_xsave(struct cg_departure *d, struct cg_qmp *qmp, const char *path,
		      struct cg_error *err)
{
	cg_auto_json json_t *words = NULL;
	const json_t *word;
	uint64_t value;
	size_t i;

	if (read_property(qmp, path, "feature-words", &words, err) < 0)
		return -1;
	json_array_foreach(words, i, word) {
		const char *reg = cg_json_text(word, "cpuid-register");
		const json_t *ecx = json_object_get(word, "cpuid-input-ecx");

		if (!reg || strcmp(reg, "EAX") != 0 || json_integer_value(ecx) != 0 ||
		    json_integer_value(json_object_get(word, "cpuid-input-eax")) != 0xd ||
		    !cg_json_uint(json_object_get(word, "features"), &value))
			continue;
		d->has_xsave = true;
		d->xsave = value;
	}
	return 0;
}

static int read_numbers(struct cg_departure *d, struct cg_qmp *qmp, struct cg_error *err)
{
	static const char *const names[] = { "pmu", "level-func7", "xlevel2" };
	cg_auto_json json_t *paths = NULL;

	if (cg_query_cpus(qmp, &paths, err) < 0)
		return -1;
	if (!json_array_size(paths))
		return cg_error_set(err, CG_E_UNDECIDED, "it has no vCPUs");
	d->numbers = json_object();
	for (size_t i = 0; i < CG_COUNT(names); i++) {
		cg_auto_json json_t *value = NULL;

		if (read_property(qmp, json_string_value(json_array_get(paths, 0)),
				  names[i], &value, err) < 0)
			return -1;
		if (value)
			json_object_set(d->numbers, names[i], value);
	}
	return read_xsave(d, qmp, json_string_value(json_array_get(paths, 0)), err);
}

static int read_model(struct cg_departure *d, struct cg_qmp *qmp,
		      const struct cg_vocabulary *vocabulary, const char *model,
		      struct cg_error *err)
{
	cg_auto_expansion struct cg_expansion expansion = { 0 };
	cg_auto_json json_t *props = NULL;

	if (cg_query_expansion(qmp, "full", model, NULL, &props, err) < 0 ||
	    cg_expansion_from_props(&expansion, props, vocabulary, err) < 0)
		return -1;
	d->model = expansion.features;
	return 0;
}

static int read_all(struct cg_departure *d, struct cg_qmp *qmp,
		    const struct cg_vocabulary *vocabulary, const char *model,
		    struct cg_error *err)
{
	if (read_blockers(d, qmp, err) < 0 ||
	    read_property(qmp, "/machine", "smp", &d->smp, err) < 0 ||
	    read_numbers(d, qmp, err) < 0)
		return -1;
	return read_model(d, qmp, vocabulary, model, err);
}

int cg_departure_read(struct cg_departure *out, const char *socket,
		      const struct cg_vocabulary *vocabulary, const char *model,
		      const struct cg_qmp_limits *limits, struct cg_error *err)
{
	cg_auto_departure struct cg_departure departure = { 0 };
	cg_auto_qmp struct cg_qmp *qmp = NULL;

	if (cg_monitor_connect(&qmp, socket, limits, err) < 0)
		return -1;
	if (read_all(&departure, qmp, vocabulary, model, err) < 0)
		return cg_error_prefix(err, "guest at %s", socket);
	*out = departure;
	departure = (struct cg_departure){ 0 };
	return 0;
}

void cg_departure_deinit(struct cg_departure *departure)
{
	json_decref(departure->blockers);
	json_decref(departure->smp);
	json_decref(departure->numbers);
	*departure = (struct cg_departure){ 0 };
}
