// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A contract that somebody sent: refused, or what is read is the same when it is written and
 * read again. The digest keeps accidents away from what is behind it, so each input is tried
 * with a true one, too.
 */
#include <string.h>

#include "base/document.h"
#include "cpumodels/definition.h"
#include "fuzz/fuzz.h"
#include "gate/contract.h"

static void hold_to(const struct cg_contract *c)
{
	cg_auto_definition struct cg_definition definition = { 0 }, cpu = { 0 };
	struct cg_error err;

	must(!c->name || cg_contract_is_name(c->name));
	must(!c->uuid || cg_contract_is_uuid(c->uuid));
	must(cg_definition_parse(&definition, c->definition, &err) == 0);
	must(cg_definition_parse(&cpu, c->cpu, &err) == 0);
	must(strcmp(c->accel, "kvm") == 0 || strcmp(c->accel, "tcg") == 0);
	must(c->topology.cpus && c->topology.cpus <= c->topology.maxcpus);
	must(json_array_size(c->features) <= 1024);
	must(cg_json_text(json_object_get(c->made, "emulator"), "sha256"));
}

static void try_contract(const json_t *json)
{
	cg_auto_contract struct cg_contract contract = { 0 }, again = { 0 };
	cg_auto_json json_t *printed = NULL;
	struct cg_error err = { 0 };

	if (cg_contract_parse(&contract, json, &err) < 0) {
		must(err.code == CG_E_PARSE || err.code == CG_E_NEWER ||
		     err.code == CG_E_CORRUPT);
		return;
	}
	hold_to(&contract);
	printed = cg_contract_json(&contract);
	must(printed && cg_contract_parse(&again, printed, &err) == 0);
	hold_to(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_free char *text = fuzz_text(data, size);
	cg_auto_json json_t *json = NULL;
	char hex[CG_DIGEST_HEX];
	struct cg_error err;

	if (cg_json_parse(&json, text, strlen(text), CG_CONTRACT_BYTES, &err) < 0)
		return 0;
	try_contract(json);
	if (!json_is_object(json))
		return 0;
	must(cg_document_digest(json, hex, &err) == 0);
	json_object_set_new(json, "digest", json_string(hex));
	try_contract(json);
	return 0;
}
