// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading and printing <cpu>. Words and defaults are those of libvirt's formatdomain page;
 * a word that isn't one of them is an error, as it is to libvirt.
 */
#include "formats/libvirt-cpu.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/definition.h"
#include "cpumodels/spelling.h"
#include "formats/libvirt-names.h"
#include "formats/xml.h"

#define PRINTED_BYTES (256 * 1024)
#define VENDOR_BYTES 12 /* what CPUID has room for */

/* Each list is in the order of its enum, and ends with NULL. */
static const char *const modes[] = { "custom", "host-model", "host-passthrough",
				     "maximum", NULL };
static const char *const matches[] = { "exact", "minimum", "strict", NULL };
static const char *const checks[] = { "", "none", "partial", "full", NULL };
static const char *const switches[] = { "", "on", "off", NULL };
static const char *const policies[] = { "require", "force",  "optional",
					"disable", "forbid", NULL };
static const char *const fallbacks[] = { "forbid", "allow", NULL };
static const char *const answers[] = { "no", "yes", NULL };
static const char *const widths[] = { "emulate", "passthrough", NULL };

/* The place in @words of an attribute; @unsaid without it. -1 with @err full. */
static int word(const struct cg_xml *xml, const char *attribute, const char *const *words,
		int unsaid, struct cg_error *err)
{
	const char *value = cg_xml_get(xml, attribute);

	if (!value)
		return unsaid;
	for (int i = 0; words[i]; i++)
		if (*value && strcmp(words[i], value) == 0)
			return i;
	return cg_error_set(err, CG_E_PARSE, "<%s %s='%s'>: libvirt has no such %s",
			    xml->name, attribute, value, attribute);
}

/* A decimal number, which stays as it is if the attribute isn't there. */
static int number(const struct cg_xml *xml, const char *attribute, uint64_t max,
		  uint64_t *out, struct cg_error *err)
{
	const char *value = cg_xml_get(xml, attribute);
	bool good = value && *value && !value[strspn(value, "0123456789")] &&
		    strlen(value) < 20 && strtoull(value, NULL, 10) <= max;

	if (!value)
		return 0;
	if (!good)
		return cg_error_set(err, CG_E_PARSE,
				    "<%s %s='%s'> isn't a number up to %" PRIu64,
				    xml->name, attribute, value, max);
	*out = strtoull(value, NULL, 10);
	return 0;
}

static int small_number(const struct cg_xml *xml, const char *attribute, unsigned int max,
			unsigned int *out, struct cg_error *err)
{
	uint64_t value = *out;

	if (number(xml, attribute, max, &value, err) < 0)
		return -1;
	*out = (unsigned int)value;
	return 0;
}

int cg_libvirt_cpu_check_name(const char *what, const char *name, struct cg_error *err)
{
	static const char marks[] = "._-+";

	if (!*name)
		return cg_error_set(err, CG_E_PARSE, "<%s> names nothing", what);
	if (strlen(name) >= CG_NAME_MAX)
		return cg_error_set(err, CG_E_PARSE, "<%s> has a name of %zu characters",
				    what, strlen(name));
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && (p == name || !strchr(marks, *p)))
			return cg_error_set(err, CG_E_PARSE, "<%s>: '%s' isn't a name",
					    what, name);
	return 0;
}

const struct cg_libvirt_feature *cg_libvirt_cpu_find(const struct cg_libvirt_cpu *cpu,
						     const char *name)
{
	for (size_t i = 0; i < cpu->count; i++)
		if (strcmp(cpu->features[i].name, name) == 0)
			return &cpu->features[i];
	return NULL;
}

int cg_libvirt_cpu_add(struct cg_libvirt_cpu *cpu, const char *feature,
		       enum cg_libvirt_policy policy, struct cg_error *err)
{
	struct cg_libvirt_feature *grown;
	char *name;

	if (cg_libvirt_cpu_find(cpu, feature))
		return cg_error_set(err, CG_E_PARSE, "<cpu> has the feature %s twice",
				    feature);
	if (cpu->count == CG_OVERRIDES_MAX)
		return cg_error_set(err, CG_E_LIMIT, "<cpu> has more than %d features",
				    CG_OVERRIDES_MAX);
	grown = reallocarray(cpu->features, cpu->count + 1, sizeof(*grown));
	if (!grown)
		return cg_error_errno(err, "<cpu>");
	cpu->features = grown;
	name = strdup(feature);
	if (!name)
		return cg_error_errno(err, "<cpu>");
	cpu->features[cpu->count++] = (struct cg_libvirt_feature){ name, policy };
	return 0;
}

static int read_feature(struct cg_libvirt_cpu *cpu, const struct cg_xml *xml,
			struct cg_error *err)
{
	const char *given = cg_xml_get(xml, "name");
	int policy = word(xml, "policy", policies, CG_LIBVIRT_REQUIRE, err);
	char name[CG_NAME_MAX];

	if (policy < 0 ||
	    cg_libvirt_cpu_check_name("feature", given ? given : "", err) < 0)
		return -1;
	if (cg_libvirt_feature_is_ignored(given))
		return 0;
	cg_spelling_canonical(cg_libvirt_feature_to_qemu(given), name);
	if (cpu->is_host)
		policy = CG_LIBVIRT_REQUIRE;
	return cg_libvirt_cpu_add(cpu, name, (enum cg_libvirt_policy)policy, err);
}

/* The text of a child, as it is; NULL stays NULL if there is none. */
static int read_text(const struct cg_xml *xml, const char *child, char **out,
		     struct cg_error *err)
{
	const struct cg_xml *found = cg_xml_child(xml, child);

	if (!found || !*found->text)
		return 0;
	if (cg_libvirt_cpu_check_name(child, found->text, err) < 0)
		return -1;
	*out = strdup(found->text);
	return *out ? 0 : cg_error_errno(err, "<cpu>");
}

/* It replaces what CPUID says, where a comma would begin another property of -cpu. */
static int read_vendor_id(struct cg_libvirt_cpu *cpu, const char *id,
			  struct cg_error *err)
{
	bool good = strlen(id) == VENDOR_BYTES && !strchr(id, ',');

	for (const char *p = id; *p; p++)
		good = good && isprint((unsigned char)*p);
	if (!good)
		return cg_error_set(
			err, CG_E_PARSE,
			"<model vendor_id='%s'> isn't %d characters without a comma", id,
			VENDOR_BYTES);
	cpu->vendor_id = strdup(id);
	return cpu->vendor_id ? 0 : cg_error_errno(err, "<cpu>");
}

static int read_model(struct cg_libvirt_cpu *cpu, const struct cg_xml *xml,
		      struct cg_error *err)
{
	const struct cg_xml *model = cg_xml_child(xml, "model");
	const char *id = cg_xml_get(model, "vendor_id");
	int fallback;

	cpu->fallback = true;
	if (!model)
		return 0;
	if (cg_xml_again(model))
		return cg_error_set(err, CG_E_PARSE, "<%s> has more than one <model>",
				    xml->name);
	fallback = word(model, "fallback", fallbacks, 1, err);
	if (fallback < 0 || read_text(xml, "model", &cpu->model, err) < 0)
		return -1;
	cpu->fallback = fallback;
	return id ? read_vendor_id(cpu, id, err) : 0;
}

static int read_vendor(struct cg_libvirt_cpu *cpu, const struct cg_xml *xml,
		       struct cg_error *err)
{
	cg_auto_free char *name = NULL;

	if (read_text(xml, "vendor", &name, err) < 0)
		return -1;
	if (!name)
		return 0;
	cpu->vendor = strdup(cg_libvirt_vendor_to_qemu(name));
	return cpu->vendor ? 0 : cg_error_errno(err, "<cpu>");
}

static int read_width(struct cg_libvirt_width *width, const struct cg_xml *xml,
		      struct cg_error *err)
{
	int mode = xml ? word(xml, "mode", widths, 0, err) : 0;

	if (!xml)
		return 0;
	if (mode < 0 || small_number(xml, "bits", 64, &width->bits, err) < 0 ||
	    small_number(xml, "limit", 64, &width->limit, err) < 0)
		return -1;
	width->passthrough = mode;
	return 0;
}

static int read_topology(struct cg_libvirt_topology *t, const struct cg_xml *xml,
			 struct cg_error *err)
{
	if (!xml)
		return 0;
	t->dies = t->clusters = 1;
	if (small_number(xml, "sockets", UINT16_MAX, &t->sockets, err) < 0 ||
	    small_number(xml, "dies", UINT16_MAX, &t->dies, err) < 0 ||
	    small_number(xml, "clusters", UINT16_MAX, &t->clusters, err) < 0 ||
	    small_number(xml, "cores", UINT16_MAX, &t->cores, err) < 0 ||
	    small_number(xml, "threads", UINT16_MAX, &t->threads, err) < 0)
		return -1;
	if (!t->sockets || !t->dies || !t->clusters || !t->cores || !t->threads)
		return cg_error_set(err, CG_E_PARSE,
				    "<topology> has a number missing or 0");
	return 0;
}

static int read_counter(struct cg_libvirt_cpu *cpu, const struct cg_xml *xml,
			struct cg_error *err)
{
	const char *name = cg_xml_get(xml, "name");
	int scaling;

	if (!name || strcmp(name, "tsc") != 0)
		return 0;
	scaling = word(xml, "scaling", answers, 0, err);
	if (scaling < 0 || number(xml, "frequency", INT64_MAX, &cpu->tsc_hz, err) < 0)
		return -1;
	cpu->tsc_scaling = scaling;
	return 0;
}

/* The attributes; a <mode> of domcapabilities has its mode as its name. */
static int read_words(struct cg_libvirt_cpu *cpu, const struct cg_xml *xml,
		      struct cg_error *err)
{
	bool is_mode = strcmp(xml->name, "mode") == 0;
	int mode = word(xml, is_mode ? "name" : "mode", modes, CG_LIBVIRT_CUSTOM, err);
	int match = mode < 0 ? -1 : word(xml, "match", matches, CG_LIBVIRT_EXACT, err);
	int check = match < 0 ? -1 : word(xml, "check", checks, 0, err);
	int migratable = check < 0 ? -1 : word(xml, "migratable", switches, 0, err);

	if (migratable < 0)
		return -1;
	cpu->mode = (enum cg_libvirt_mode)mode;
	cpu->match = (enum cg_libvirt_match)match;
	cpu->check = (enum cg_libvirt_check)check;
	cpu->migratable = (enum cg_libvirt_switch)migratable;
	return 0;
}

int cg_libvirt_cpu_read(struct cg_libvirt_cpu *out, const struct cg_xml *xml,
			struct cg_error *err)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = {
		.is_host = cg_xml_child(xml, "arch")
	};
	const struct cg_xml *feature = cg_xml_child(xml, "feature");
	const struct cg_xml *counter = cg_xml_child(xml, "counter");

	if (read_words(&cpu, xml, err) < 0 ||
	    read_text(xml, "arch", &cpu.arch, err) < 0 ||
	    read_model(&cpu, xml, err) < 0 || read_vendor(&cpu, xml, err) < 0 ||
	    read_width(&cpu.width, cg_xml_child(xml, "maxphysaddr"), err) < 0 ||
	    read_topology(&cpu.topology, cg_xml_child(xml, "topology"), err) < 0)
		return -1;
	for (; counter; counter = cg_xml_again(counter))
		if (read_counter(&cpu, counter, err) < 0)
			return -1;
	for (; feature; feature = cg_xml_again(feature))
		if (read_feature(&cpu, feature, err) < 0)
			return -1;
	*out = cpu;
	cpu = (struct cg_libvirt_cpu){ 0 };
	return 0;
}

void cg_libvirt_cpu_deinit(struct cg_libvirt_cpu *cpu)
{
	for (size_t i = 0; i < cpu->count; i++)
		free(cpu->features[i].name);
	free(cpu->features);
	free(cpu->arch);
	free(cpu->model);
	free(cpu->vendor);
	free(cpu->vendor_id);
	*cpu = (struct cg_libvirt_cpu){ 0 };
}

int cg_libvirt_cpu_check(const struct cg_libvirt_cpu *cpu,
			 const struct cg_vocabulary *vocabulary, struct cg_error *err)
{
	for (size_t i = 0; i < cpu->count; i++) {
		const char *name = cpu->features[i].name, *near;

		if (cg_vocabulary_find(vocabulary, name) != CG_FEATURES_MAX)
			continue;
		near = cg_vocabulary_nearest(vocabulary, name);
		return cg_error_set(err, CG_E_UNKNOWN,
				    "<cpu> has an unknown feature %s%s%s%s", name,
				    near ? " (did you mean " : "", near ? near : "",
				    near ? "?)" : "");
	}
	return 0;
}

/* " NAME='VALUE'". The value is one of ours or a checked name, but for vendor_id. */
static int put_attribute(struct cg_buffer *out, const char *name, const char *value,
			 struct cg_error *err)
{
	if (cg_buffer_printf(out, err, " %s='", name) < 0 ||
	    cg_xml_put_text(out, value, err) < 0)
		return -1;
	return cg_buffer_put(out, "'", 1, err);
}

static int put_start(struct cg_buffer *out, const struct cg_libvirt_cpu *cpu,
		     struct cg_error *err)
{
	if (cg_buffer_printf(out, err, "<cpu mode='%s'", modes[cpu->mode]) < 0)
		return -1;
	if (cpu->mode == CG_LIBVIRT_CUSTOM &&
	    put_attribute(out, "match", matches[cpu->match], err) < 0)
		return -1;
	if (cpu->check && put_attribute(out, "check", checks[cpu->check], err) < 0)
		return -1;
	if (cpu->migratable &&
	    put_attribute(out, "migratable", switches[cpu->migratable], err) < 0)
		return -1;
	return cg_buffer_put(out, ">\n", 2, err);
}

static int put_model(struct cg_buffer *out, const struct cg_libvirt_cpu *cpu,
		     struct cg_error *err)
{
	if (!cpu->model && !cpu->vendor_id)
		return 0;
	if (cg_buffer_printf(out, err, "  <model fallback='%s'",
			     fallbacks[cpu->fallback]) < 0)
		return -1;
	if (cpu->vendor_id && put_attribute(out, "vendor_id", cpu->vendor_id, err) < 0)
		return -1;
	return cg_buffer_printf(out, err, ">%s</model>\n", cpu->model ? cpu->model : "");
}

static int put_topology(struct cg_buffer *out, const struct cg_libvirt_topology *t,
			struct cg_error *err)
{
	if (!t->sockets)
		return 0;
	if (cg_buffer_printf(out, err, "  <topology sockets='%u' dies='%u'", t->sockets,
			     t->dies) < 0)
		return -1;
	/* A word that libvirt knows since 10.1 only. */
	if (t->clusters > 1 &&
	    cg_buffer_printf(out, err, " clusters='%u'", t->clusters) < 0)
		return -1;
	return cg_buffer_printf(out, err, " cores='%u' threads='%u'/>\n", t->cores,
				t->threads);
}

static int put_width(struct cg_buffer *out, const struct cg_libvirt_width *width,
		     struct cg_error *err)
{
	if (width->passthrough && width->limit)
		return cg_buffer_printf(out, err,
					"  <maxphysaddr mode='passthrough' limit='%u'/>\n",
					width->limit);
	if (width->passthrough)
		return cg_buffer_printf(out, err,
					"  <maxphysaddr mode='passthrough'/>\n");
	if (!width->bits)
		return 0;
	return cg_buffer_printf(out, err, "  <maxphysaddr mode='emulate' bits='%u'/>\n",
				width->bits);
}

static int put_features(struct cg_buffer *out, const struct cg_libvirt_cpu *cpu,
			struct cg_error *err)
{
	for (size_t i = 0; i < cpu->count; i++)
		if (cg_buffer_printf(out, err, "  <feature policy='%s' name='%s'/>\n",
				     policies[cpu->features[i].policy],
				     cg_libvirt_feature_from_qemu(
					     cpu->features[i].name)) < 0)
			return -1;
	return 0;
}

int cg_libvirt_cpu_print(const struct cg_libvirt_cpu *cpu, char **out,
			 struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(PRINTED_BYTES);

	if (put_start(&text, cpu, err) < 0 || put_model(&text, cpu, err) < 0)
		return -1;
	if (cpu->vendor && cg_buffer_printf(&text, err, "  <vendor>%s</vendor>\n",
					    cg_libvirt_vendor_from_qemu(cpu->vendor)) < 0)
		return -1;
	if (put_topology(&text, &cpu->topology, err) < 0 ||
	    put_width(&text, &cpu->width, err) < 0 || put_features(&text, cpu, err) < 0 ||
	    cg_buffer_printf(&text, err, "</cpu>\n") < 0)
		return -1;
	*out = cg_take(text.data);
	return 0;
}
