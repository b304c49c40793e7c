// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A definition, or what is known of this host, as the text that another program reads.
 * Made of replies of other commands, so that it says what they say.
 */
#include <string.h>

#include "base/digest.h"
#include "cpumodels/level.h"
#include "formats/libvirt-definition.h"
#include "formats/nfd.h"
#include "formats/nova.h"
#include "formats/prometheus.h"
#include "formats/proxmox.h"
#include "lib/command.h"

#define EXPORT_BYTES (1024 * 1024)

static const char *const arguments[] = { "emulator", "machine", "accel",      "record",
					 "format",   "name",    "definition", NULL };

static int print_qemu(struct cg_buffer *out, const struct cg_export *export,
		      struct cg_error *err)
{
	cg_auto_free char *text = cg_definition_print(export->definition);

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	return cg_buffer_printf(out, err, "%s\n", text);
}

static int print_libvirt(struct cg_buffer *out, const struct cg_export *export,
			 struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer left_out = CG_BUFFER(CG_DEFINITION_TEXT);
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };
	cg_auto_free char *text = NULL;

	if (cg_libvirt_definition_to_cpu(&cpu, export->definition, export->vendor,
					 &left_out, err) < 0 ||
	    cg_libvirt_definition_complete(&cpu, export->present, export->absent, err) <
		    0 ||
	    cg_libvirt_cpu_print(&cpu, &text, err) < 0)
		return -1;
	if (left_out.len &&
	    cg_buffer_printf(out, err, "<!-- libvirt has no names for:%s -->\n",
			     left_out.data) < 0)
		return -1;
	return cg_buffer_put(out, text, strlen(text), err);
}

static const struct format {
	const char *name;
	int (*print)(struct cg_buffer *out, const struct cg_export *export,
		     struct cg_error *err);
	bool about_host; /* and not about a definition */
	bool old_names;  /* versions of models are new to it, or unknown */
} formats[] = {
	{ "libvirt", print_libvirt, false, true },
	{ "nfd", cg_nfd_print, true, false },
	{ "nova", cg_nova_print, false, true },
	{ "prometheus", cg_prometheus_print, true, false },
	{ "proxmox", cg_proxmox_print, false, true },
	{ "qemu", print_qemu, false, false },
};

static const struct format *find_format(const char *name, struct cg_error *err)
{
	for (size_t i = 0; name && i < CG_COUNT(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	(void)cg_error_set(
		err, CG_E_USAGE,
		"export: %s%s of libvirt, nfd, nova, prometheus, proxmox and qemu",
		name ? name : "which format", name ? " is none" : "");
	return NULL;
}

/* What was asked, and what the export points into. */
struct sources {
	struct cg_context *context;
	const json_t *args;
	json_t *about, *models,
		*cpu;            /* replies; cpu is that of the definition, or of max */
	const json_t *effective; /* of the cpu: names; or null */
	json_t *absent;
	struct cg_definition definition;
	char *text; /* the definition's one form */
	struct cg_export_model *rows;
	char digest[CG_DIGEST_HEX];
};

static void free_sources(struct sources *s)
{
	json_decref(s->about);
	json_decref(s->models);
	json_decref(s->cpu);
	json_decref(s->absent);
	free(s->text);
	cg_definition_deinit(&s->definition);
	free(s->rows);
}

/* Another command, about the same; @key is an argument more, or NULL. *extra is taken. */
static int ask(const struct sources *s, const char *command, const char *key,
	       json_t *extra, json_t **reply, struct cg_error *err)
{
	static const char *const common[] = { "emulator", "machine", "accel", "record" };
	cg_auto_json json_t *args = json_object();

	for (size_t i = 0; i < CG_COUNT(common); i++)
		if (json_object_get(s->args, common[i]))
			json_object_set(args, common[i],
					json_object_get(s->args, common[i]));
	if (key)
		json_object_set_new(args, key, extra);
	if (key && strcmp(key, "records") == 0)
		json_object_del(args, "record"); /* it is one of them */
	return cg_command_run(s->context, command, args, reply, err);
}

/* The best that this host, or the record's, can give. */
static int choose_definition(struct sources *s, struct cg_error *err)
{
	const char *record = cg_json_text(s->args, "record");
	cg_auto_json json_t *reply = NULL;
	const char *text;

	if (ask(s, "baseline", "records", json_pack("[s]", record ? record : "host"),
		&reply, err) < 0)
		return -1;
	text = cg_json_text(reply, "definition");
	if (!text)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "no CPU definition was found for this host: name one");
	return cg_definition_parse(&s->definition, text, err);
}

/* What it lacks, or how QEMU ended. A longer sentence is cut: expand tells all. */
static int refuse_unusable(const struct sources *s, struct cg_error *err)
{
	const json_t *removed = json_object_get(s->cpu, "removed"), *feature;
	const char *words =
		cg_json_text(json_object_get(s->cpu, "not-startable"), "words");
	const char *changes = s->definition.count ? " with these changes" : "";
	cg_auto_buffer struct cg_buffer list = CG_BUFFER(CG_ERROR_TEXT);
	struct cg_error full;
	size_t i;

	json_array_foreach(removed, i, feature)
		if (cg_buffer_printf(&list, &full, " %s", json_string_value(feature)) < 0)
			break;
	if (list.len)
		return cg_error_set(err, CG_E_REFUSED, "%s%s can't be had here: no%s",
				    s->definition.model, changes, list.data);
	return cg_error_set(err, CG_E_REFUSED, "%s%s doesn't start here%s%s",
			    s->definition.model, changes, words ? ": " : "",
			    words ? words : "");
}

/* What can't be had here isn't handed on to others. */
static int take_definition(struct sources *s, struct cg_error *err)
{
	const char *given = cg_json_text(s->args, "definition");

	if (given ? cg_definition_parse(&s->definition, given, err) < 0
		  : choose_definition(s, err) < 0)
		return -1;
	s->text = cg_definition_print(&s->definition);
	if (!s->text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (ask(s, "expand", "definition", json_string(s->text), &s->cpu, err) < 0)
		/* A record need not know a definition that was put together just now. */
		return given || err->code != CG_E_UNDECIDED ? -1 : 0;
	if (json_is_false(json_object_get(s->cpu, "usable")))
		return refuse_unusable(s, err);
	return 0;
}

/* All that a guest can have is what the largest model gets. */
static int take_largest(struct sources *s, struct cg_error *err)
{
	const char *honesty = cg_json_text(s->about, "honesty");

	if (!honesty ||
	    (strcmp(honesty, "exact") != 0 && strcmp(honesty, "partial") != 0))
		return 0; /* nobody knows */
	return ask(s, "expand", "definition", json_string("max"), &s->cpu, err);
}

/* Models that mean the same on every host. */
static int take_models(struct sources *s, struct cg_export *e, struct cg_error *err)
{
	const json_t *model;
	size_t i;

	s->rows = calloc(json_array_size(s->models) + 1, sizeof(*s->rows));
	if (!s->rows)
		return cg_error_errno(err, "export");
	json_array_foreach(s->models, i, model) {
		const json_t *usable = json_object_get(model, "usable");

		if (json_is_boolean(usable) &&
		    !json_is_false(json_object_get(model, "migration-safe")))
			s->rows[e->count++] =
				(struct cg_export_model){ cg_json_text(model, "name"),
							  json_is_true(usable) };
	}
	e->models = s->rows;
	return 0;
}

/* Hosts that give guests the same have the same digest, whatever they are. */
static int take_class(struct sources *s, struct cg_export *e, struct cg_error *err)
{
	cg_auto_json json_t *class =
		json_pack("{s:O, s:s*}", "features", s->effective, "vendor", e->vendor);
	cg_auto_free char *text = class ? cg_json_canonical(class) : NULL;
	struct cg_digest digest;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an export");
	cg_digest_of(&digest, text, strlen(text));
	e->digest = cg_digest_hex(&digest, s->digest);
	return 0;
}

static int take_level(const struct sources *s, struct cg_export *e, struct cg_error *err)
{
	cg_auto_vocabulary struct cg_vocabulary *features = NULL;

	if (cg_vocabulary_from_json(&features, s->effective, err) < 0)
		return -1;
	for (enum cg_level level = CG_LEVEL_V1; level <= CG_LEVEL_V4; level++) {
		const char *lacking;

		(void)cg_level_features(level, features, &lacking);
		if (lacking)
			break;
		e->level = cg_level_name(level);
	}
	return 0;
}

/* Of the host, seen through its largest model. */
static int describe_host(struct sources *s, struct cg_export *e, struct cg_error *err)
{
	const json_t *properties;

	if (ask(s, "models", NULL, NULL, &s->models, err) < 0 ||
	    take_models(s, e, err) < 0 || take_largest(s, err) < 0)
		return -1;
	properties = json_object_get(s->cpu, "properties");
	e->vendor = cg_json_text(properties, "vendor");
	e->phys_bits = (unsigned int)json_integer_value(
		json_object_get(properties, "phys-bits"));
	s->effective = json_object_get(s->cpu, "effective");
	if (!json_is_array(s->effective))
		return 0;
	e->features = json_array_size(s->effective);
	return take_class(s, e, err) < 0 ? -1 : take_level(s, e, err);
}

/* A name without a version that stands for the definition's model on this machine type. */
static int use_old_name(struct sources *s, struct cg_error *err)
{
	const json_t *model;
	size_t i;

	if (ask(s, "models", NULL, NULL, &s->models, err) < 0)
		return -1;
	json_array_foreach(s->models, i, model) {
		const char *of = cg_json_text(model, "alias-of");
		char *name;

		if (!of || strcmp(of, s->definition.model) != 0)
			continue;
		name = strdup(cg_json_text(model, "name"));
		if (!name)
			return cg_error_errno(err, "export");
		free(s->definition.model);
		s->definition.model = name;
		return 0;
	}
	return 0;
}

/*
 * What libvirt believes to be in the model and QEMU takes out of it: for KVM svm, acpi and
 * monitor, for TCG vme, with what needs them. QEMU itself says what the model is with them.
 */
static int find_absent(struct sources *s, struct cg_error *err)
{
	static const char taken_out[] = "acpi=on,monitor=on,svm=on,vme=on";
	const char *target =
		cg_json_text(json_object_get(s->about, "emulator"), "target");
	cg_auto_json json_t *reply = NULL;
	cg_auto_free char *text = NULL;
	const json_t *name;
	size_t i;

	s->absent = json_array();
	if (!target || (strcmp(target, "x86_64") != 0 && strcmp(target, "i386") != 0))
		return 0;
	if (asprintf(&text, "%s,%s", s->definition.model, taken_out) < 0) {
		text = NULL;
		return cg_error_errno(err, "export");
	}
	if (ask(s, "expand", "definition", json_string(text), &reply, err) < 0)
		return err->code == CG_E_UNDECIDED ? 0
						   : -1; /* a record that doesn't say */
	json_array_foreach(json_object_get(reply, "requested"), i, name)
		if (!cg_json_lists(s->effective, json_string_value(name)))
			json_array_append(s->absent, cg_json_mutable(name));
	return 0;
}

static int describe_definition(struct sources *s, const struct format *format,
			       struct cg_export *e, struct cg_error *err)
{
	if (take_definition(s, err) < 0 ||
	    (format->old_names && use_old_name(s, err) < 0))
		return -1;
	e->definition = &s->definition;
	s->effective = json_object_get(s->cpu, "effective");
	if (format->old_names && json_is_array(s->effective) && find_absent(s, err) < 0)
		return -1;
	e->present = s->effective;
	e->absent = s->absent;
	/* One that the guest is shown says nothing of the host. */
	if (!cg_definition_find(&s->definition, "vendor"))
		e->vendor = cg_json_text(json_object_get(s->cpu, "properties"), "vendor");
	return 0;
}

static json_t *make_reply(const struct sources *s, const struct format *format,
			  const char *text)
{
	return json_pack("{s:s, s:O, s:O, s:O, s:s*, s:s}", "format", format->name,
			 "emulator", json_object_get(s->about, "emulator"), "machine",
			 json_object_get(s->about, "machine"), "accel",
			 json_object_get(s->about, "accel"), "definition", s->text,
			 "text", text);
}

static int export_as(struct sources *s, const struct format *format, json_t **reply,
		     struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(EXPORT_BYTES);
	const char *name = cg_json_text(s->args, "name");
	struct cg_export e = { .name = name ? name : "cpugate" };

	if (ask(s, "about", NULL, NULL, &s->about, err) < 0)
		return -1;
	e.machine = cg_json_text(s->about, "machine");
	e.accel = cg_json_text(s->about, "accel");
	e.kernel = cg_json_text(s->about, "kernel");
	e.emulator = cg_json_text(json_object_get(s->about, "emulator"), "version");
	if (format->about_host ? describe_host(s, &e, err) < 0
			       : describe_definition(s, format, &e, err) < 0)
		return -1;
	if (format->print(&text, &e, err) < 0)
		return -1;
	*reply = make_reply(s, format, text.data ? text.data : "");
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(free_sources) struct sources s = { .context = context, .args = args };
	const struct format *format = find_format(cg_json_text(args, "format"), err);

	if (!format)
		return -1;
	if (format->about_host && json_object_get(args, "definition"))
		return cg_error_set(
			err, CG_E_USAGE,
			"export: %s is about this host, not about a definition",
			format->name);
	return export_as(&s, format, reply, err);
}

const struct cg_command cg_command_export = {
	"export", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};
