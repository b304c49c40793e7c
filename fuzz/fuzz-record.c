// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A record, or another file that tells of a host: refused, or all that its readers count
 * on. The digest keeps accidents away from what is behind it, so each input is tried with
 * a true one, too.
 */
#include <string.h>

#include "formats/host-model.h"
#include "formats/record-inside.h"
#include "fuzz/fuzz.h"

static void read_model(const struct cg_record *r, const char *machine, const char *model)
{
	const struct cg_featureset *u = cg_record_unsupported(r, machine);
	struct cg_featureset lacks;
	struct cg_record_cpu cpu;

	if (cg_record_expansion(r, machine, model, &cpu)) {
		must(json_is_object(cpu.scalars));
		must(cg_featureset_next(&cpu.features,
					cg_vocabulary_count(cg_record_vocabulary(r))) ==
		     CG_FEATURES_MAX);
		must(!u || strchr(model, ',') ||
		     cg_record_unavailable(r, machine, model, &lacks));
	}
	(void)cg_record_start(r, machine, model, NULL);
}

static void read_machine(const struct cg_record *r, const char *machine)
{
	const json_t *models = cg_record_models(r, machine), *model;
	const char *definition;
	json_t *any;
	size_t i;

	must(cg_record_has_machine(r, machine) == (models != NULL));
	json_array_foreach(models, i, model)
		read_model(r, machine, cg_json_text(model, "name"));
	cg_json_each(cg_record_definitions(r, machine), definition, any)
		read_model(r, machine, definition);
	(void)cg_record_is_contradicted(r, machine);
}

/* Twice: the second time from what was put together. */
static void read_all(const struct cg_record *r)
{
	const json_t *machine;
	size_t i;

	must(cg_record_name(r) && cg_record_file(r) && cg_record_digest(r));
	must(cg_record_about(r) && cg_record_accel(r) && cg_record_honesty(r));
	(void)cg_record_resolve_machine(r, NULL);
	for (int again = 0; again < 2; again++)
		json_array_foreach(cg_record_machines(r), i, machine)
			read_machine(r, cg_json_text(machine, "name"));
}

static void try_as_record(const char *text, size_t size)
{
	cg_auto_record struct cg_record *r = NULL, *again = NULL;
	cg_auto_json json_t *json = NULL;
	char hex[CG_DIGEST_HEX];
	struct cg_error err;

	if (cg_record_parse(&r, text, size, &err) == 0)
		read_all(r);
	if (cg_json_parse(&json, text, size, CG_RECORD_BYTES, &err) < 0 ||
	    !json_is_object(json))
		return;
	must(cg_document_digest(json, hex, &err) == 0);
	json_object_set_new(json, "digest", json_string(hex));
	if (cg_record_from_json(&again, json, &err) == 0)
		read_all(again);
}

static void try_as_host(const char *text, size_t size)
{
	cg_auto_host_model struct cg_host_model host = { 0 };
	cg_auto_record struct cg_record *r = NULL;
	struct cg_error err;

	if (cg_host_model_parse(&host, text, size, &err) == 0 &&
	    cg_record_from_host_model(&r, &host, NULL, &err) == 0)
		read_all(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_free char *text = fuzz_text(data, size);

	try_as_record(text, size);
	try_as_host(text, size);
	return 0;
}
