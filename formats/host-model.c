// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading what others tell of a host: names, and which of them are there. */
#include "formats/host-model.h"

#include <string.h>

#include "cpumodels/spelling.h"

/*
 * A full expansion mixes features with switches of QEMU's object, and nothing in it tells
 * which is which. These are facts of QEMU's source (x86_cpu_properties,
 * max_x86_cpu_initfn() and its parents in target/i386 and hw/core), and of no CPU; with
 * an emulator's vocabulary they don't matter.
 */
static bool is_switch(const char *name)
{
	static const char *const names[] = {
		"check",
		"cpuid-0xb",
		"enforce",
		"fill-mtrr-mask",
		"full-cpuid-auto-level",
		"host-cache-info",
		"host-phys-bits",
		"hotpluggable",
		"hotplugged",
		"kvm",
		"kvm-no-smi-migration",
		"kvm-pv-enforce-cpuid",
		"l3-cache",
		"legacy-cache",
		"legacy-multi-node",
		"lmce",
		"migratable",
		"pmu",
		"realized",
		"start-powered-off",
		"tcg-cpuid",
		"vmware-cpuid-freq",
		"xen-vapic",
	};

	for (size_t i = 0; i < CG_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "hv-", 3) == 0 || strncmp(name, "x-", 2) == 0;
}

/* { "return": { "model": { "name", "props" } } }, or less of it. */
static const json_t *find_props(const json_t *reply)
{
	const json_t *in = json_object_get(reply, "return");
	const json_t *model = json_object_get(in ? in : reply, "model");

	return json_object_get(model ? model : reply, "props");
}

static void put_name(json_t *set, const char *name)
{
	json_object_set_new(set, name, json_true());
}

static void take_property(struct cg_host_model *host, const char *name,
			  const json_t *value)
{
	char canonical[CG_NAME_MAX];

	cg_spelling_canonical(name, canonical);
	if (!json_is_boolean(value) || is_switch(canonical))
		json_object_set(host->scalars, name, cg_json_mutable(value));
	else
		put_name(json_is_true(value) ? host->supported : host->blocked,
			 canonical);
}

static int make(struct cg_host_model *host, struct cg_error *err)
{
	host->name = strdup("");
	host->supported = json_object();
	host->blocked = json_object();
	host->models = json_array();
	return host->name ? 0 : cg_error_errno(err, "a host");
}

int cg_host_model_from_reply(struct cg_host_model *out, const json_t *reply,
			     struct cg_error *err)
{
	cg_auto_host_model struct cg_host_model host = { .accel = "kvm" };
	const json_t *props = find_props(reply);
	const char *name;
	json_t *value;

	if (!json_object_size(props))
		return cg_error_set(
			err, CG_E_PARSE,
			"neither a record nor a reply to query-cpu-model-expansion");
	if (make(&host, err) < 0)
		return -1;
	host.scalars = json_object();
	cg_json_each(props, name, value) {
		if (json_is_object(value) || json_is_array(value) || json_is_null(value))
			return cg_error_set(err, CG_E_PARSE,
					    "property %s has no plain value", name);
		if (!*name || strlen(name) >= CG_NAME_MAX)
			return cg_error_set(err, CG_E_PARSE, "\"%.80s\" isn't a property",
					    name);
		take_property(&host, name, value);
	}
	host.vendor = cg_json_text(host.scalars, "vendor");
	*out = host;
	host = (struct cg_host_model){ 0 };
	return 0;
}

static void take_row(struct cg_host_model *host, const struct cg_libvirt_model *row)
{
	if (row->usable == CG_LIBVIRT_USABLE_YES)
		json_array_append_new(host->models, json_string(row->name));
	for (size_t i = 0; i < row->count; i++)
		put_name(host->blocked, row->blockers[i]);
}

static void take_host_model(struct cg_host_model *host, const struct cg_libvirt_cpu *cpu)
{
	if (cpu->model)
		json_array_append_new(host->models, json_string(cpu->model));
	for (size_t i = 0; i < cpu->count; i++) {
		const struct cg_libvirt_feature *feature = &cpu->features[i];
		bool off = feature->policy == CG_LIBVIRT_DISABLE ||
			   feature->policy == CG_LIBVIRT_FORBID;

		put_name(off ? host->blocked : host->supported, feature->name);
	}
}

int cg_host_model_from_libvirt(struct cg_host_model *out,
			       const struct cg_libvirt_document *document,
			       struct cg_error *err)
{
	cg_auto_host_model struct cg_host_model host = { .accel = "kvm" };

	if (document->kind != CG_LIBVIRT_DOMCAPABILITIES || !document->has_cpu)
		return cg_error_set(
			err, CG_E_PARSE,
			"not domcapabilities with a host model: virsh domcapabilities "
			"prints them");
	if (make(&host, err) < 0)
		return -1;
	if (document->accel && strcmp(document->accel, "tcg") == 0)
		host.accel = "tcg";
	if (document->machine && !(host.machine = strdup(document->machine)))
		return cg_error_errno(err, "a host");
	take_host_model(&host, &document->cpu);
	for (size_t i = 0; i < document->count; i++)
		take_row(&host, &document->models[i]);
	if (document->cpu.vendor) {
		host.scalars = json_pack("{s:s}", "vendor", document->cpu.vendor);
		host.vendor = cg_json_text(host.scalars, "vendor");
	}
	*out = host;
	host = (struct cg_host_model){ 0 };
	return 0;
}

static int parse_xml(struct cg_host_model *out, const char *text, size_t len,
		     struct cg_error *err)
{
	cg_auto_libvirt_document struct cg_libvirt_document document = { 0 };

	if (cg_libvirt_document_parse(&document, text, len, err) < 0)
		return -1;
	return cg_host_model_from_libvirt(out, &document, err);
}

/*
 * The length of the first document of a log of replies: up to where its first brace is
 * closed.
 */
static size_t first_document(const char *text, size_t len)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == '{')
			depth++;
		else if (!quoted && text[i] == '}' && depth && --depth == 0)
			return i + 1;
	}
	return len;
}

int cg_host_model_parse(struct cg_host_model *out, const char *text, size_t len,
			struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;

	if (cg_libvirt_document_is_xml(text, len))
		return parse_xml(out, text, len, err);
	if (cg_json_parse(&reply, text, first_document(text, len), CG_RECORD_BYTES, err) <
	    0)
		return -1;
	return cg_host_model_from_reply(out, reply, err);
}

int cg_host_model_name(struct cg_host_model *host, const char *path, struct cg_error *err)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	const char *dot = strrchr(file, '.');

	free(host->name);
	host->name = dot && dot > file ? strndup(file, (size_t)(dot - file))
				       : strdup(file);
	return host->name ? 0 : cg_error_errno(err, "%s", path);
}

void cg_host_model_deinit(struct cg_host_model *host)
{
	json_decref(host->supported);
	json_decref(host->blocked);
	json_decref(host->models);
	json_decref(host->scalars);
	free(host->machine);
	free(host->name);
	*host = (struct cg_host_model){ 0 };
}
