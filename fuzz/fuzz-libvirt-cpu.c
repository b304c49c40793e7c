// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files of libvirt's, or what pretends to be one. What can be read is the same after it was
 * printed and read again, also as a definition.
 */
#include "formats/libvirt-definition.h"
#include "formats/libvirt-document.h"
#include "formats/xml.h"
#include "fuzz/fuzz.h"

static void check_error(const struct cg_error *err)
{
	must(err->code == CG_E_PARSE || err->code == CG_E_LIMIT ||
	     err->code == CG_E_USAGE);
	must(*err->msg);
}

static char *printed(const struct cg_libvirt_cpu *cpu)
{
	struct cg_error err;
	char *text;

	must(cg_libvirt_cpu_print(cpu, &text, &err) == 0);
	return text;
}

static void check_printed(const struct cg_libvirt_cpu *cpu)
{
	cg_auto_libvirt_document struct cg_libvirt_document again = { 0 };
	cg_auto_free char *once = printed(cpu), *twice = NULL;
	struct cg_error err;

	must(cg_libvirt_document_parse(&again, once, strlen(once), &err) == 0);
	must(again.kind == CG_LIBVIRT_CPU && again.has_cpu);
	twice = printed(&again.cpu);
	must(strcmp(once, twice) == 0);
}

/* Not each <cpu> is a definition; nor has each definition words in <cpu>. */
static void check_definition(const struct cg_libvirt_cpu *cpu)
{
	cg_auto_definition struct cg_definition once = { 0 }, twice = { 0 };
	cg_auto_libvirt_cpu struct cg_libvirt_cpu back = { 0 };
	cg_auto_free char *first = NULL, *second = NULL;
	struct cg_error err;

	if (cg_libvirt_definition_from_cpu(&once, cpu, &err) < 0) {
		check_error(&err);
		return;
	}
	if (cg_libvirt_definition_to_cpu(&back, &once, NULL, NULL, &err) < 0) {
		check_error(&err);
		return;
	}
	must(cg_libvirt_definition_from_cpu(&twice, &back, &err) == 0);
	first = cg_definition_print(&once);
	second = cg_definition_print(&twice);
	must(first && second && strcmp(first, second) == 0);
}

static void check_models(const struct cg_libvirt_document *d)
{
	for (size_t i = 0; i < d->count; i++) {
		must(*d->models[i].name);
		must(cg_libvirt_document_model(d, d->models[i].name));
		for (size_t k = 0; k < d->models[i].count; k++)
			must(*d->models[i].blockers[k]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_libvirt_document struct cg_libvirt_document d = { 0 };
	struct cg_error err = { 0 };

	if (cg_libvirt_document_parse(&d, (const char *)data, size, &err) < 0) {
		check_error(&err);
		return 0;
	}
	must(cg_xml_is_supported());
	check_models(&d);
	if (d.has_cpu) {
		check_printed(&d.cpu);
		check_definition(&d.cpu);
	}
	return 0;
}
