// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a choice of CPU to what is told of it: the definition, its price, other choices.
 */
#include "lib/choice.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/definition.h"
#include "cpumodels/partition.h"
#include "formats/libvirt-definition.h"

#define QEMU_PHYS_BITS 40 /* of a named model, under KVM */

int cg_choice_open(struct cg_choice *out, const struct cg_records *records,
		   const struct cg_baseline_options *options, struct cg_error *err)
{
	struct cg_choice choice = { .records = records, .options = *options };

	if (cg_candidates_find(&choice.candidates, records, err) == 0 &&
	    cg_fleet_init(&choice.fleet, cg_joint_names(records->joint),
			  records->supplies, records->count, err) == 0) {
		*out = choice;
		return 0;
	}
	cg_choice_deinit(&choice);
	return -1;
}

void cg_choice_deinit(struct cg_choice *choice)
{
	cg_fleet_deinit(&choice->fleet);
	cg_candidates_deinit(&choice->candidates);
	*choice = (struct cg_choice){ 0 };
}

static const char *name_of(const struct cg_choice *choice, size_t feature)
{
	return cg_vocabulary_name(choice->fleet.names, feature);
}

/* Where there are several, the first by name. */
static const char *vendor_for(const struct cg_choice *choice, const bool *members)
{
	const char *first = NULL;
	bool mixed = false;

	for (size_t i = 0; i < choice->fleet.class_count; i++) {
		const char *vendor = choice->fleet.classes[i].supply->vendor;

		if ((members && !members[i]) || !vendor)
			continue;
		if (first)
			mixed |= strcmp(first, vendor) != 0;
		if (!first || strcmp(vendor, first) < 0)
			first = vendor;
	}
	return mixed ? first : NULL;
}

/*
 * A guest's physical addresses are as wide as QEMU's default unless somebody says so;
 * on a host with narrower ones it couldn't use them. 0 if nothing has to be said.
 */
static uint32_t narrower(const struct cg_choice *choice, const struct cg_baseline *b,
			 const bool *members)
{
	size_t lm = cg_vocabulary_find(choice->fleet.names, "lm");
	uint32_t least = QEMU_PHYS_BITS;

	for (size_t i = 0; i < choice->records->count; i++) {
		uint32_t bits = cg_records_phys_bits(choice->records, i);

		if ((!members || members[choice->fleet.class_of[i]]) && bits &&
		    bits < least)
			least = bits;
	}
	return least < QEMU_PHYS_BITS && lm < CG_FEATURES_MAX &&
			       cg_featureset_has(&b->effective, lm)
		       ? least
		       : 0;
}

/*
 * The definition as one text. Guests of several vendors' hosts get one vendor, or the
 * same definition would be another CPU on each.
 */
static int define(const struct cg_choice *choice, const struct cg_baseline *b,
		  const bool *members, struct cg_definition *out, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(2 * CG_DEFINITION_TEXT);
	const char *vendor = vendor_for(choice, members);
	uint32_t bits = narrower(choice, b, members);

	if (cg_buffer_printf(&text, err, "%s",
			     choice->candidates.items[b->candidate].name) < 0 ||
	    (vendor && cg_buffer_printf(&text, err, ",vendor=%s", vendor) < 0) ||
	    (bits && cg_buffer_printf(&text, err, ",phys-bits=%u", bits) < 0))
		return -1;
	for (int on = 0; on < 2; on++)
		cg_featureset_each(on ? &b->on : &b->off, i)
			if (cg_buffer_printf(&text, err, ",%s=%s", name_of(choice, i),
					     on ? "on" : "off") < 0)
				return -1;
	return cg_definition_parse(out, text.data, err);
}

static json_t *properties_of(const struct cg_definition *definition)
{
	json_t *props = json_object();
	bool on;

	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];

		char *end;
		long long number = strtoll(o->value, &end, 10);
		json_t *value = *end ? json_string(o->value) : json_integer(number);

		if (cg_definition_bool(o->value, &on)) {
			json_decref(value);
			value = json_boolean(on);
		}
		json_object_set_new(props, o->name, value);
	}
	return props;
}

int cg_choice_describe(const struct cg_choice *choice, const struct cg_baseline *b,
		       const bool *members, json_t *out, struct cg_error *err)
{
	cg_auto_definition struct cg_definition d = { 0 };
	cg_auto_free char *text = NULL;

	if (define(choice, b, members, &d, err) < 0)
		return -1;
	text = cg_definition_print(&d);
	json_object_set_new(out, "model",
			    json_pack("{s:s, s:o}", "name", d.model, "props",
				      properties_of(&d)));
	json_object_set_new(out, "definition", json_string(text ? text : ""));
	json_object_set_new(out, "features",
			    json_integer((json_int_t)cg_featureset_count(&b->effective)));
	return 0;
}

/*
 * Features of libvirt's own models that QEMU takes out of some for an accelerator or a
 * machine type: what isn't there has to be said.
 */
static json_t *absent_in_libvirt(const struct cg_choice *choice,
				 const struct cg_baseline *b)
{
	static const char *const names[] = { "acpi", "monitor", "svm", "vme" };
	json_t *list = json_array();

	for (size_t i = 0; i < CG_COUNT(names); i++) {
		size_t f = cg_vocabulary_find(choice->fleet.names, names[i]);

		if (f < CG_FEATURES_MAX && !cg_featureset_has(&b->effective, f))
			json_array_append_new(list, json_string(names[i]));
	}
	return list;
}

json_t *cg_choice_libvirt(const struct cg_choice *choice, const struct cg_baseline *b)
{
	const char *vendor =
		cg_json_text(choice->candidates.scalars[b->candidate], "vendor");
	cg_auto_json json_t *present =
		cg_vocabulary_list(choice->fleet.names, &b->effective);
	cg_auto_json json_t *absent = absent_in_libvirt(choice, b);
	cg_auto_buffer struct cg_buffer left_out = CG_BUFFER(CG_DEFINITION_TEXT);
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
	cg_auto_definition struct cg_definition d = { 0 };
	cg_auto_free char *text = NULL;
	struct cg_error err;

	if (define(choice, b, NULL, &d, &err) < 0 ||
	    cg_libvirt_definition_to_cpu(&cpu, &d, vendor, &left_out, &err) < 0 ||
	    cg_libvirt_definition_complete(&cpu, present, absent, &err) < 0 ||
	    cg_libvirt_cpu_print(&cpu, &text, &err) < 0)
		return NULL;
	return json_string(text);
}

/* Nothing is believed because of how it was found. */
int cg_choice_check(const struct cg_choice *choice, const struct cg_baseline *b,
		    const bool *members, struct cg_error *err)
{
	for (size_t i = 0; i < choice->fleet.class_count; i++) {
		const struct cg_supply *supply = choice->fleet.classes[i].supply;
		size_t feature;

		if (members && !members[i])
			continue;
		feature = cg_baseline_check(b, &choice->candidates.items[b->candidate],
					    supply);
		if (feature < CG_FEATURES_MAX)
			return cg_error_set(err, CG_E_CORRUPT,
					    "a baseline that %s refuses for %s",
					    supply->host, name_of(choice, feature));
	}
	return 0;
}

json_t *cg_choice_lost(const struct cg_choice *choice, const struct cg_losses *losses)
{
	json_t *list = json_array();

	for (size_t i = 0; i < losses->count; i++) {
		const struct cg_loss *loss = &losses->items[i];
		cg_auto_json json_t *hosts = cg_fleet_hosts(&choice->fleet, loss->costs);

		cg_featureset_each(&loss->features, f) {
			json_t *item = json_pack("{s:s, s:O}", "feature",
						 name_of(choice, f), "hosts", hosts);

			if (cg_featureset_has(&choice->fleet.cautions.mitigations, f))
				json_object_set_new(item, "mitigation", json_true());
			json_array_append_new(list, item);
		}
	}
	return list;
}

json_t *cg_choice_left_out(const struct cg_choice *choice, const struct cg_baseline *b)
{
	json_t *list = json_array();

	for (enum cg_caution k = CG_CAUTION_NONE + 1; k < CG_CAUTIONS; k++) {
		struct cg_featureset set =
			cg_featureset_minus(&b->left_out[k], &b->effective);

		if (!cg_featureset_is_empty(&set))
			json_array_append_new(
				list,
				json_pack("{s:o, s:s}", "features",
					  cg_vocabulary_list(choice->fleet.names, &set),
					  "words", cg_caution_words(k)));
	}
	return list;
}

struct cg_baseline cg_choice_make(const struct cg_choice *choice, const bool *members)
{
	return cg_baseline_choose(&choice->fleet, members, choice->candidates.items,
				  choice->candidates.count, &choice->options);
}

/* What leaving out one host, or all that are like it, would win. */
int cg_choice_put_gain(const struct cg_choice *choice, const struct cg_baseline *b,
		       json_t *out, struct cg_error *err)
{
	cg_auto_free bool *members = calloc(choice->fleet.class_count, sizeof(*members));
	cg_auto_free bool *alone = calloc(choice->fleet.class_count, sizeof(*alone));
	cg_auto_json json_t *gain = NULL;
	struct cg_baseline better;
	struct cg_gain found;

	if (!members || !alone)
		return cg_error_errno(err, "classes of hosts");
	if (cg_gain_find(&found, &choice->fleet, &choice->options, err) < 0)
		return -1;
	if (!found.features)
		return 0;
	for (size_t i = 0; i < choice->fleet.class_count; i++)
		members[i] = i != found.class;
	alone[found.class] = true;
	better = cg_choice_make(choice, members);
	if (better.end != CG_BASELINE_FOUND ||
	    cg_featureset_count(&better.effective) <= cg_featureset_count(&b->effective))
		return 0;
	gain = json_pack("{s:o}", "hosts", cg_fleet_hosts(&choice->fleet, alone));
	if (cg_choice_check(choice, &better, members, err) < 0 ||
	    cg_choice_describe(choice, &better, members, gain, err) < 0)
		return -1;
	json_object_set(out, "without", gain);
	return 0;
}

static int put_group(const struct cg_choice *choice, const struct cg_partition *p,
		     size_t group, json_t *list, struct cg_error *err)
{
	cg_auto_free bool *members = calloc(choice->fleet.class_count, sizeof(*members));
	cg_auto_json json_t *out = NULL;
	struct cg_baseline b;

	if (!members)
		return cg_error_errno(err, "classes of hosts");
	for (size_t i = 0; i < choice->fleet.class_count; i++)
		members[i] = p->group_of[i] == group;
	out = json_pack("{s:o}", "hosts", cg_fleet_hosts(&choice->fleet, members));
	b = cg_choice_make(choice, members);
	if (b.end == CG_BASELINE_FOUND &&
	    (cg_choice_check(choice, &b, members, err) < 0 ||
	     cg_choice_describe(choice, &b, members, out, err) < 0))
		return -1;
	return json_array_append(list, out);
}

int cg_choice_put_partition(const struct cg_choice *choice, size_t groups, json_t *out,
			    struct cg_error *err)
{
	cg_auto_partition struct cg_partition p = { 0 };
	cg_auto_json json_t *list = json_array();
	struct cg_featureset aside = { 0 };

	for (enum cg_caution k = CG_CAUTION_NONE + 1; k < CG_CAUTIONS; k++)
		if (k != CG_CAUTION_NESTED || !choice->options.nested)
			aside = cg_featureset_or(&aside, &choice->fleet.cautions.sets[k]);
	if (cg_partition_find(&p, &choice->fleet, groups, &aside, err) < 0)
		return -1;
	for (size_t i = 0; i < p.groups; i++)
		if (put_group(choice, &p, i, list, err) < 0)
			return -1;
	json_object_set_new(out, "partition",
			    json_pack("{s:O, s:b}", "groups", list, "exact", p.exact));
	return 0;
}
