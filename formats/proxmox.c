// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A line "cpu-model: NAME", then options, each behind a tab; see cpu-models.conf(5) of
 * Proxmox. It adds enforce by itself.
 */
#include "formats/proxmox.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(const char *text, const char *marks, size_t max)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && (p == text || !strchr(marks, *p)))
			return false;
	return *text && strlen(text) <= max;
}

static bool is_number(const char *text, long min, long max)
{
	char *end;
	long number = strtol(text, &end, 10);

	return *text && !*end && number >= min && number <= max;
}

static bool is_phys_bits(const char *value)
{
	return is_number(value, 8, 64);
}

static bool is_guest_phys_bits(const char *value)
{
	return is_number(value, 32, 64);
}

static bool is_level(const char *value)
{
	return is_number(value, 1, 64);
}

static bool is_hyperv_vendor(const char *value)
{
	return is_word(value, "", 12);
}

static bool is_on(const char *value)
{
	bool on;

	return cg_definition_bool(value, &on) && on;
}

static bool is_off(const char *value)
{
	bool on;

	return cg_definition_bool(value, &on) && !on;
}

/* Properties that are options there; the value is @text, or as it is. */
static const struct option {
	const char *property;
	bool (*takes)(const char *value);
	const char *option; /* NULL: nothing has to be said */
	const char *text;
} options[] = {
	{ "enforce", is_on, NULL, NULL },
	{ "guest-phys-bits", is_guest_phys_bits, "guest-phys-bits", NULL },
	{ "host-phys-bits", is_on, "phys-bits", "host" },
	{ "hv-vendor-id", is_hyperv_vendor, "hv-vendor-id", NULL },
	{ "kvm", is_off, "hidden", "1" },
	{ "level", is_level, "level", NULL },
	{ "phys-bits", is_phys_bits, "phys-bits", NULL },
};

static const struct option *find_option(const char *property)
{
	for (size_t i = 0; i < CG_COUNT(options); i++)
		if (strcmp(options[i].property, property) == 0)
			return &options[i];
	return NULL;
}

static int put_flags(struct cg_buffer *out, const struct cg_definition *definition,
		     struct cg_error *err)
{
	const char *mark = "\tflags ";
	bool any = false, on;

	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];

		if (find_option(o->name))
			continue;
		if (!cg_definition_bool(o->value, &on))
			return cg_error_set(err, CG_E_USAGE,
					    "Proxmox' cpu-models.conf can't say %s=%s",
					    o->name, o->value);
		if (cg_buffer_printf(out, err, "%s%c%s", mark, on ? '+' : '-', o->name) <
		    0)
			return -1;
		mark = ";";
		any = true;
	}
	return any ? cg_buffer_printf(out, err, "\n") : 0;
}

/* In QEMU too, host-phys-bits makes phys-bits mean nothing. */
static bool is_overruled(const struct cg_definition *definition,
			 const struct cg_override *o)
{
	return strcmp(o->name, "phys-bits") == 0 &&
	       cg_definition_find(definition, "host-phys-bits");
}

static int put_options(struct cg_buffer *out, const struct cg_definition *definition,
		       struct cg_error *err)
{
	for (size_t i = 0; i < definition->count; i++) {
		const struct cg_override *o = &definition->overrides[i];
		const struct option *option = find_option(o->name);

		if (!option || is_overruled(definition, o))
			continue;
		if (!option->takes(o->value))
			return cg_error_set(err, CG_E_USAGE,
					    "Proxmox' cpu-models.conf can't say %s=%s",
					    o->name, o->value);
		if (option->option &&
		    cg_buffer_printf(out, err, "\t%s %s\n", option->option,
				     option->text ? option->text : o->value) < 0)
			return -1;
	}
	return 0;
}

/* Proxmox puts custom- before it. */
static int check(const struct cg_export *e, struct cg_error *err)
{
	if (!e->definition)
		return cg_error_set(err, CG_E_USAGE,
				    "Proxmox' cpu-models.conf needs a CPU definition");
	if (!e->name || !is_word(e->name, "-_.", 64) ||
	    strncmp(e->name, "custom-", 7) == 0)
		return cg_error_set(
			err, CG_E_USAGE,
			"'%s' can't be the name of a CPU model of Proxmox: letters, "
			"digits, '-', '_' and '.', without custom- before it",
			e->name ? e->name : "");
	return 0;
}

int cg_proxmox_print(struct cg_buffer *out, const struct cg_export *export,
		     struct cg_error *err)
{
	if (check(export, err) < 0 ||
	    cg_buffer_printf(out, err, "cpu-model: %s\n", export->name) < 0 ||
	    put_flags(out, export->definition, err) < 0 ||
	    put_options(out, export->definition, err) < 0)
		return -1;
	return cg_buffer_printf(out, err, "\treported-model %s\n\n",
				export->definition->model);
}
