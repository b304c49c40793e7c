// SPDX-License-Identifier: LGPL-2.1-or-later
/* A record, or this host, asked for one definition. */
#include "lib/destination.h"

#include <stdio.h>
#include <string.h>

#include "cpumodels/advisory.h"
#include "cpumodels/leaves.h"
#include "host/boot.h"
#include "lib/bits.h"
#include "machine/catalogue.h"

#define THIS_HOST "host"
#define DEFAULT_PHYS_BITS 40 /* QEMU's TCG_PHYS_ADDR_BITS */
#define PAE_UNKNOWN 7003     /* versions: what is known of those before */
#define PAE_COUNTS 10000     /* and since */

/* A record. */

static const struct cg_record *record_of(const struct cg_destination *d)
{
	return d->records.items[0];
}

static int open_record(struct cg_destination *d, struct cg_context *context,
		       const json_t *args, const char *to, const char *machine,
		       struct cg_error *err)
{
	cg_auto_json json_t *list = json_pack("[s]", to);
	const struct cg_record *record;

	if (cg_records_open(&d->records, context, args, list, err) < 0)
		return -1;
	record = record_of(d);
	d->name = d->records.names[0];
	d->accel = cg_record_accel(record);
	d->target = cg_json_text(cg_record_about(record), "target");
	d->version = cg_json_text(cg_record_about(record), "version");
	d->sha256 = cg_json_text(cg_record_about(record), "sha256");
	d->fingerprint = cg_record_fingerprint(record);
	d->machines = cg_record_machines(record);
	d->machine = cg_record_resolve_machine(record, machine);
	d->parts = strcmp(d->accel, "kvm") == 0 ? cg_record_host_parts(record) : NULL;
	d->kernel = cg_json_text(json_object_get(cg_record_host_parts(record), "kernel"),
				 "release");
	d->names = cg_joint_names(d->records.joint);
	d->known = cg_joint_known(d->records.joint, 0);
	return d->machine ? cg_records_use_machine(&d->records, d->machine, err) : 0;
}

/* This host. */

static int open_here(struct cg_destination *d, struct cg_context *context,
		     const json_t *args, const char *machine, const char *accel,
		     struct cg_error *err)
{
	cg_auto_json json_t *asked = json_pack("{s:s*, s:s, s:s}", "emulator",
					       cg_json_text(args, "emulator"), "machine",
					       machine, "accel", accel);
	struct cg_question *q = &d->question;

	d->is_here = true;
	d->name = THIS_HOST;
	if (cg_question_open(q, context, asked, err) < 0 ||
	    cg_question_ensure(q, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    cg_facts_machines(q->facts, &d->own_machines, err) < 0 ||
	    cg_context_kernel(context, &d->kernel, err) < 0)
		return -1;
	d->accel = q->accel;
	d->target = cg_json_text(q->emulator->about, "target");
	d->version = cg_json_text(q->emulator->about, "version");
	d->sha256 = cg_identity_sha256(q->identity);
	d->fingerprint = q->host ? cg_host_digest(q->host) : NULL;
	d->machines = d->own_machines;
	d->machine = cg_catalogue_resolve(d->machines, machine);
	d->parts = strcmp(accel, "kvm") == 0 && q->host ? cg_host_parts(q->host) : NULL;
	if (d->parts && cg_boot_read(&d->boot, cg_context_host_root(context), err) < 0)
		return -1;
	d->names = q->emulator->vocabulary;
	for (size_t i = 0; d->names && i < cg_vocabulary_count(d->names); i++)
		cg_featureset_add(&d->known, i);
	return 0;
}

int cg_destination_open(struct cg_destination *out, struct cg_context *context,
			const json_t *args, const char *to, const char *machine,
			const char *accel, struct cg_error *err)
{
	cg_auto_destination struct cg_destination d = { 0 };

	if (strcmp(to, THIS_HOST) == 0
		    ? open_here(&d, context, args, machine, accel, err) < 0
		    : open_record(&d, context, args, to, machine, err) < 0)
		return -1;
	*out = d;
	d = (struct cg_destination){ 0 };
	return 0;
}

void cg_destination_deinit(struct cg_destination *d)
{
	cg_question_deinit(&d->question);
	cg_records_deinit(&d->records);
	json_decref(d->own_machines);
	json_decref(d->boot);
	*d = (struct cg_destination){ 0 };
}

uint32_t cg_destination_phys_bits(const struct cg_destination *d)
{
	return d->parts ? cg_bits_phys(d->parts) : 0;
}

/* What a guest would see of it. */

static bool is_on(const struct cg_definition *definition, const char *name,
		  const json_t *scalars)
{
	const struct cg_override *o = cg_definition_find(definition, name);
	bool on;

	if (o)
		return cg_definition_bool(o->value, &on) && on;
	return json_is_true(json_object_get(scalars, name));
}

/*
 * Without long mode nobody chooses: with PSE36 there are 36 bits, and with PAE alone too in
 * QEMU 10.0, but 32 in 7.2. 0 where that isn't known.
 */
static uint32_t short_phys_bits(const struct cg_destination *d,
				const struct cg_party *party)
{
	int version = cg_advisory_version(d->version);

	if (cg_vocabulary_has(d->names, &party->gives, "pse36"))
		return 36;
	if (!cg_vocabulary_has(d->names, &party->gives, "pae") ||
	    (version && version < PAE_UNKNOWN))
		return 32;
	return version >= PAE_COUNTS ? 36 : 0;
}

/* Of a vCPU that runs they are never 0. */
static uint32_t phys_bits(const struct cg_destination *d, const struct cg_party *party,
			  const struct cg_definition *definition, const json_t *scalars)
{
	const struct cg_override *o = cg_definition_find(definition, "phys-bits");
	uint64_t bits = o ? strtoull(o->value, NULL, 0) : 0;

	if (!cg_vocabulary_has(d->names, &party->gives, "lm"))
		return short_phys_bits(d, party);
	if (is_on(definition, "host-phys-bits", scalars) && d->parts)
		return cg_destination_phys_bits(d);
	if (!bits)
		(void)cg_json_uint(json_object_get(scalars, "phys-bits"), &bits);
	return bits ? (uint32_t)bits : DEFAULT_PHYS_BITS;
}

/* A number that was chosen doesn't rise with what needs it. */
static void choose_level(const struct cg_definition *definition, const char *name,
			 uint32_t *level, bool *follows)
{
	const struct cg_override *o = cg_definition_find(definition, name);

	if (!o)
		return;
	*level = (uint32_t)strtoul(o->value, NULL, 0);
	*follows = false;
}

/* By the scalars of its expansion, or of that of its model. */
static int see(struct cg_offer *offer, const struct cg_destination *d,
	       const struct cg_traveller *guest, const struct cg_definition *definition,
	       const json_t *scalars, struct cg_error *err)
{
	struct cg_featureset threads = cg_traveller_of_threads(d->names);
	struct cg_party *party = &offer->party;
	struct cg_visible visible;
	struct cg_vcpu vcpu;

	if (cg_vcpu_from_json(&vcpu, scalars, err) < 0)
		return cg_error_prefix(err, "%s", d->name);
	choose_level(definition, "level", &vcpu.level, &vcpu.level_follows);
	choose_level(definition, "xlevel", &vcpu.xlevel, &vcpu.xlevel_follows);
	vcpu.pmu = is_on(definition, "pmu", scalars);
	vcpu.dies = guest->topology.dies > 1 || guest->topology.modules > 1;
	visible = cg_visible(d->names, &party->gives, &vcpu);
	party->gives = visible.features;
	party->level = visible.vcpu.level;
	party->xlevel = visible.vcpu.xlevel;
	party->phys_bits = phys_bits(d, party, definition, scalars);
	if (!party->phys_bits && !offer->doubtful) {
		offer->doubtful = true;
		snprintf(offer->failure, sizeof(offer->failure),
			 "how wide addresses are there without long mode");
	}
	if (cg_traveller_threads(guest) > 1)
		party->gives = cg_featureset_minus(&party->gives, &threads);
	return 0;
}

/* What a record offers. */

static const char *find_unknown(const struct cg_destination *d,
				const struct cg_definition *definition)
{
	const json_t *scalars;
	struct cg_featureset model;

	if (!cg_records_has_model(&d->records, 0, definition->model))
		return definition->model;
	if (!cg_records_expansion(&d->records, 0, d->machine, definition->model, &model,
				  &scalars))
		return NULL;
	for (size_t i = 0; i < definition->count; i++) {
		const char *name = definition->overrides[i].name;

		if (cg_vocabulary_find(d->names, name) == CG_FEATURES_MAX &&
		    !json_object_get(scalars, name))
			return name;
	}
	return NULL;
}

/* A failure that is a property of what was asked for. */
static void refuse(struct cg_offer *offer, enum cg_reason reason, const char *unknown)
{
	offer->party.reasons |= CG_REASON_BIT(reason);
	snprintf(offer->unknown, sizeof(offer->unknown), "%s", unknown);
}

static void take_failure(struct cg_offer *offer, const struct cg_destination *d,
			 const char *definition)
{
	const json_t *why = NULL;
	const char *words;

	(void)cg_record_start(record_of(d), d->machine, definition, &why);
	words = why ? cg_json_text(why, "words") : NULL;
	snprintf(offer->failure, sizeof(offer->failure), "%s",
		 words ? words : "it ended");
}

static int offer_by_record(struct cg_offer *offer, struct cg_destination *d,
			   const struct cg_traveller *guest,
			   const struct cg_definition *definition, struct cg_error *err)
{
	cg_auto_parties struct cg_parties parties = { 0 };
	const char *unknown = find_unknown(d, definition);
	struct cg_featureset model;
	const json_t *scalars = NULL;

	if (unknown) {
		refuse(offer, CG_NAME_UNKNOWN, unknown);
		return 0;
	}
	if (cg_parties_new(&parties, &d->records, definition, err) < 0)
		return -1;
	offer->party = parties.items[0];
	take_failure(offer, d, parties.text);
	if (parties.unknown[0])
		snprintf(offer->unknown, sizeof(offer->unknown), "%s",
			 parties.unknown[0]);
	if (!cg_records_expansion(&d->records, 0, d->machine, parties.text, &model,
				  &scalars) &&
	    !cg_records_expansion(&d->records, 0, d->machine, definition->model, &model,
				  &scalars))
		return 0;
	return see(offer, d, guest, definition, scalars, err);
}

/* What this host offers. */

/* What QEMU itself says no to, or doesn't come to say. */
static int take_refusal(struct cg_offer *offer, struct cg_error *err)
{
	switch (err->code) {
	case CG_E_UNKNOWN:
	case CG_E_REFUSED:
	case CG_E_USAGE:
	case CG_E_DIED:
		offer->party.reasons |= CG_REASON_BIT(CG_START_FAILED);
		break;
	case CG_E_UNDECIDED:
	case CG_E_LIMIT:
	case CG_E_TIMEOUT:
		offer->doubtful = true;
		break;
	default:
		return -1;
	}
	snprintf(offer->failure, sizeof(offer->failure), "%s", err->msg);
	return 0;
}

static void take_numbers(struct cg_party *party, const json_t *scalars)
{
	struct cg_cpu cpu = { 0 };

	cg_cpu_take_scalars(&cpu, scalars);
	snprintf(party->vendor, sizeof(party->vendor), "%.15s",
		 cpu.vendor ? cpu.vendor : "");
	party->family = cpu.family;
	party->model = cpu.model;
	party->stepping = cpu.stepping;
}

static void take_start(struct cg_offer *offer, const struct cg_prediction *p)
{
	const json_t *blocker = json_array_get(json_object_get(p->model, "blockers"), 0);
	const char *words = p->why ? cg_json_text(p->why, "words")
				   : json_string_value(blocker);

	if (p->why || blocker) {
		offer->party.reasons |= CG_REASON_BIT(CG_START_FAILED);
		snprintf(offer->failure, sizeof(offer->failure), "%s",
			 words ? words : "it ended");
	} else if (p->usable != CG_USABLE_YES && cg_featureset_is_empty(&p->removed)) {
		offer->doubtful = true;
		snprintf(offer->failure, sizeof(offer->failure),
			 "it couldn't be found out whether it starts");
	}
}

static int take_prediction(struct cg_offer *offer, const struct cg_destination *d,
			   const struct cg_traveller *guest,
			   const struct cg_definition *definition,
			   const struct cg_prediction *p, struct cg_error *err)
{
	const struct cg_question *q = &d->question;
	struct cg_party *party = &offer->party;
	struct cg_featureset unsupported = { 0 };
	bool known;

	if (cg_facts_unsupported(q->facts, q->accel, q->machine, &known, &unsupported,
				 err) < 0)
		return -1;
	party->fixed = true;
	party->has = cg_featureset_or(&p->effective, &p->removed);
	party->has = cg_featureset_minus(&party->has, &p->ignored);
	party->possible = cg_featureset_minus(&d->known, &unsupported);
	party->possible = cg_featureset_or(&party->possible, &p->effective);
	party->gives = p->effective;
	take_numbers(party, p->expansion.scalars);
	take_start(offer, p);
	return see(offer, d, guest, definition, p->expansion.scalars, err);
}

static int offer_here(struct cg_offer *offer, struct cg_destination *d,
		      const struct cg_traveller *guest,
		      const struct cg_definition *definition, struct cg_error *err)
{
	cg_auto_prediction struct cg_prediction p = { 0 };
	struct cg_question *q = &d->question;

	if (cg_question_ensure(q, CG_DEPTH_DEFINITION, definition, err) < 0 ||
	    cg_prediction_make(&p, q, q->accel, q->machine, definition, err) < 0)
		return take_refusal(offer, err);
	if (!p.has_effective) {
		offer->doubtful = true;
		snprintf(offer->failure, sizeof(offer->failure),
			 "this target doesn't tell what a guest gets");
		return 0;
	}
	return take_prediction(offer, d, guest, definition, &p, err);
}

int cg_destination_offer(struct cg_offer *out, struct cg_destination *destination,
			 const struct cg_traveller *guest,
			 const struct cg_definition *definition, struct cg_error *err)
{
	const struct cg_destination *d = destination;

	*out = (struct cg_offer){ 0 };
	if (d->is_here ? offer_here(out, destination, guest, definition, err) < 0
		       : offer_by_record(out, destination, guest, definition, err) < 0)
		return -1;
	out->judge = (struct cg_judge){
		.host = d->is_here ? NULL : d->name,
		.names = d->names,
		.record = d->is_here ? NULL : record_of(d),
		.question = &d->question,
		.boot = d->boot,
		.machine = d->machine,
		.unknown = out->unknown,
		.failure = out->failure,
	};
	return 0;
}
