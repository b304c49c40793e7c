// SPDX-License-Identifier: LGPL-2.1-or-later
/* All vCPUs of somebody else's guest, one after the other, and that they are alike. */
#include "probe/guest.h"

#include <string.h>

#include "cpumodels/leaves.h"
#include "emulator/monitor.h"
#include "emulator/query.h"
#include "probe/expansion.h"
#include "probe/reading.h"

static const char *const scalar_names[] = { "vendor",    "family",       "model",
					    "stepping",  "level",        "xlevel",
					    "phys-bits", "tsc-frequency" };

/* One connection, and what is kept between vCPUs. */
struct visit {
	struct cg_guest *guest;
	struct cg_qmp *qmp;
	int64_t deadline;
	struct cg_featureset ask; /* see cg_reading */
	const struct cg_gates *gates;
	bool survey; /* see cg_guest_survey() */
};

static int check_target(const struct cg_guest *g, struct cg_error *err)
{
	const char *target = cg_json_text(g->about, "target");

	if (strcmp(target, "x86_64") == 0 || strcmp(target, "i386") == 0)
		return 0;
	return cg_error_set(err, CG_E_UNDECIDED,
			    "a guest of %s: its vCPUs don't name their features", target);
}

static int read_vocabulary(struct visit *v, struct cg_error *err)
{
	cg_auto_json json_t *props = NULL;

	if (v->guest->vocabulary)
		return 0;
	if (cg_query_expansion(v->qmp, "static", "base", NULL, &props, err) < 0 ||
	    cg_expansion_vocabulary(&v->guest->own, props, err) < 0)
		return -1;
	v->guest->vocabulary = v->guest->own;
	return 0;
}

static int read_emulator(struct visit *v, struct cg_error *err)
{
	struct cg_guest *g = v->guest;
	bool kvm;

	if ((!g->about && cg_query_about(v->qmp, &g->about, err) < 0) ||
	    check_target(g, err) < 0 || cg_query_kvm(v->qmp, &kvm, err) < 0 ||
	    (!g->machine && cg_query_machine(v->qmp, &g->machine, err) < 0))
		return -1;
	g->accel = kvm ? "kvm" : "tcg";
	return read_vocabulary(v, err);
}

/* Its QOM type without "-x86_64-cpu". */
static int read_model(struct visit *v, const char *path, struct cg_error *err)
{
	const char *target = cg_json_text(v->guest->about, "target");
	cg_auto_json json_t *type = NULL;
	cg_auto_free char *suffix = NULL;
	const char *name;
	size_t len;

	if (cg_query_property(v->qmp, path, "type", &type, err) < 0)
		return -1;
	name = json_string_value(type);
	if (!name)
		return cg_error_set(err, CG_E_PROTOCOL, "%s has no type", path);
	if (asprintf(&suffix, "-%s-cpu", target) < 0) {
		suffix = NULL;
		return cg_error_errno(err, "%s", path);
	}
	len = strlen(name);
	if (len > strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0)
		len -= strlen(suffix);
	v->guest->model = strndup(name, len);
	return v->guest->model ? 0 : cg_error_errno(err, "%s", path);
}

/* Is it kept in an MSR that the guest doesn't have? Then it can't tell what is in it. */
static bool is_hidden(const struct cg_guest *g, size_t feature)
{
	size_t count, gate;
	const struct cg_leaf *leaf =
		cg_leaves_find(cg_vocabulary_name(g->vocabulary, feature), &count);
	const char *name = leaf && leaf->kind != CG_LEAF_CPUID ? cg_leaves_gate(leaf)
							       : NULL;

	gate = name ? cg_vocabulary_find(g->vocabulary, name) : CG_FEATURES_MAX;
	return gate < CG_FEATURES_MAX && !cg_featureset_has(&g->features, gate);
}

/* Of the first vCPU everything is asked, of the others only what a guest can see. */
static void choose(struct visit *v)
{
	const struct cg_guest *g = v->guest;

	v->ask = (struct cg_featureset){ 0 };
	for (size_t i = 0; i < cg_vocabulary_count(g->vocabulary); i++)
		if (g->vcpus == 0 || !is_hidden(g, i))
			cg_featureset_add(&v->ask, i);
}

/* What a vCPU has that the first one hasn't, and the reverse. */
struct difference {
	struct cg_featureset more, less;
	json_t *scalars; /* those that are other ones; a new reference */
};

static struct difference find_difference(const struct visit *v,
					 const struct cg_featureset *features,
					 const json_t *scalars)
{
	const struct cg_guest *g = v->guest;
	struct difference d = { .scalars = json_object() };

	d.more = cg_featureset_minus(features, &g->features);
	d.more = cg_featureset_and(&d.more, &v->ask);
	d.less = cg_featureset_minus(&g->features, features);
	d.less = cg_featureset_and(&d.less, &v->ask);
	for (size_t i = 0; i < CG_COUNT(scalar_names); i++) {
		const json_t *a = json_object_get(g->scalars, scalar_names[i]);
		json_t *b = json_object_get(scalars, scalar_names[i]);

		if (a != b && !json_equal(a, b))
			json_object_set_new(d.scalars, scalar_names[i],
					    b ? json_incref(b) : json_null());
	}
	return d;
}

/* The first thing of it; NULL if there is no difference. */
static const char *first_of(const struct visit *v, const struct difference *d)
{
	struct cg_featureset all = cg_featureset_or(&d->more, &d->less);

	if (!cg_featureset_is_empty(&all))
		return cg_vocabulary_name(v->guest->vocabulary,
					  cg_featureset_next(&all, 0));
	return json_object_iter_key(json_object_iter(d->scalars));
}

static int report(struct visit *v, const struct difference *d, struct cg_error *err)
{
	struct cg_guest *g = v->guest;
	const char *first = first_of(v, d);

	if (!first)
		return 0;
	if (!v->survey)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "its vCPUs aren't alike: vCPU 0 and vCPU %zu differ "
				    "in %s",
				    g->vcpus - 1, first);
	if (json_array_size(g->odd) < CG_GUEST_ODD)
		json_array_append_new(g->odd,
				      json_pack("{s:I, s:o, s:o, s:O}", "vcpu",
						(json_int_t)g->vcpus - 1, "missing",
						cg_vocabulary_list(g->vocabulary,
								   &d->less),
						"extra",
						cg_vocabulary_list(g->vocabulary,
								   &d->more),
						"scalars", d->scalars));
	return 0;
}

static int read_vcpu(struct visit *v, const char *path, struct cg_error *err)
{
	struct cg_guest *g = v->guest;
	struct cg_reading reading = { .vocabulary = g->vocabulary,
				      .quick = true,
				      .ask = v->ask,
				      .gates = v->gates,
				      .deadline = v->deadline };
	cg_auto_json json_t *scalars = NULL;
	struct difference difference;
	int ret;

	if (cg_clock_left_ms(v->deadline) == 0)
		return cg_error_set(err, CG_E_TIMEOUT, "%s: it takes too long", path);
	if (cg_reading_take(&reading, v->qmp, path, err) < 0 ||
	    cg_query_properties(v->qmp, path, scalar_names, CG_COUNT(scalar_names),
				&scalars, err) < 0)
		return -1;
	if (g->vcpus++ == 0) {
		g->features = reading.live;
		g->scalars = cg_take(scalars);
		choose(v);
		return 0;
	}
	difference = find_difference(v, &reading.live, scalars);
	ret = report(v, &difference, err);
	json_decref(difference.scalars);
	return ret;
}

static int read_vcpus(struct visit *v, struct cg_error *err)
{
	cg_auto_json json_t *paths = NULL;
	const json_t *path;
	size_t i;

	if (cg_query_cpus(v->qmp, &paths, err) < 0)
		return -1;
	if (!json_array_size(paths))
		return cg_error_set(err, CG_E_UNDECIDED, "it has no vCPUs");
	if (json_array_size(paths) > CG_GUEST_VCPUS)
		return cg_error_set(err, CG_E_LIMIT, "more than %d vCPUs",
				    CG_GUEST_VCPUS);
	choose(v);
	if (!v->guest->model &&
	    read_model(v, json_string_value(json_array_get(paths, 0)), err) < 0)
		return -1;
	json_array_foreach(paths, i, path)
		if (read_vcpu(v, json_string_value(path), err) < 0)
			return -1;
	return 0;
}

static int take(struct cg_guest *out, struct visit *v, struct cg_error *err)
{
	v->deadline = cg_clock_in(CG_GUEST_NS);
	if (read_emulator(v, err) < 0 || read_vcpus(v, err) < 0)
		return -1;
	*out = *v->guest;
	*v->guest = (struct cg_guest){ 0 };
	return 0;
}

int cg_guest_take(struct cg_guest *out, struct cg_qmp *qmp,
		  const struct cg_guest_known *known, struct cg_error *err)
{
	cg_auto_guest struct cg_guest guest = {
		.about = json_incref(known->about),
		.machine = strdup(known->machine),
		.model = strdup(known->model),
		.vocabulary = known->vocabulary,
	};
	struct cg_gates gates = cg_gates_of(known->vocabulary);
	struct visit v = { .guest = &guest, .qmp = qmp, .gates = &gates };

	if (!guest.machine || !guest.model)
		return cg_error_errno(err, "guest");
	return take(out, &v, err);
}

int cg_guest_read(struct cg_guest *out, const char *socket,
		  const struct cg_qmp_limits *limits, struct cg_error *err)
{
	cg_auto_guest struct cg_guest guest = { 0 };
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	struct visit v = { .guest = &guest };

	if (cg_monitor_connect(&qmp, socket, limits, err) < 0)
		return -1;
	v.qmp = qmp;
	return take(out, &v, err) < 0 ? cg_error_prefix(err, "guest at %s", socket) : 0;
}

int cg_guest_survey(struct cg_guest *out, const char *socket,
		    const struct cg_qmp_limits *limits, struct cg_error *err)
{
	cg_auto_guest struct cg_guest guest = { .odd = json_array() };
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	struct visit v = { .guest = &guest, .survey = true };

	if (cg_monitor_connect(&qmp, socket, limits, err) < 0)
		return -1;
	v.qmp = qmp;
	if (cg_query_identity(qmp, &guest.name, &guest.uuid, err) < 0 ||
	    take(out, &v, err) < 0)
		return cg_error_prefix(err, "guest at %s", socket);
	return 0;
}

void cg_guest_deinit(struct cg_guest *guest)
{
	json_decref(guest->about);
	json_decref(guest->scalars);
	cg_vocabulary_free(guest->own);
	free(guest->machine);
	free(guest->model);
	free(guest->name);
	free(guest->uuid);
	json_decref(guest->odd);
	*guest = (struct cg_guest){ 0 };
}
