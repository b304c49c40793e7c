// SPDX-License-Identifier: LGPL-2.1-or-later
/* Between texts, which are kept, and contracts, which are read and checked each time. */
#include "lib/archive.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

bool cg_archive_is_file(const char *word)
{
	return strchr(word, '/') || access(word, F_OK) == 0;
}

static int parse(struct cg_contract *out, const char *text, struct cg_error *err)
{
	cg_auto_json json_t *json = NULL;

	if (cg_json_parse(&json, text, strlen(text), CG_CONTRACT_BYTES, err) < 0)
		return -1;
	return cg_contract_parse(out, json, err);
}

int cg_archive_find(struct cg_context *context, const char *word, size_t ago,
		    struct cg_contract *out, bool *found, struct cg_error *err)
{
	cg_auto_free char *text = NULL;
	struct cg_contracts *contracts;

	if (cg_context_contracts(context, &contracts, err) < 0 ||
	    cg_contracts_get(contracts, word, ago, &text, err) < 0)
		return -1;
	if (text && parse(out, text, err) < 0)
		return cg_error_prefix(err, "%s: the contract of %s",
				       cg_contracts_path(contracts), word);
	*found = text != NULL;
	return 0;
}

int cg_archive_get(struct cg_context *context, const char *word, struct cg_contract *out,
		   struct cg_error *err)
{
	bool found;

	if (cg_archive_is_file(word))
		return cg_contract_read(out, word, err);
	if (cg_archive_find(context, word, 0, out, &found, err) < 0)
		return -1;
	return found ? 0
		     : cg_error_set(err, CG_E_UNKNOWN,
				    "there is no contract of %s; cpugate contract list "
				    "has them",
				    word);
}

static bool add_entry(const struct cg_contracts_entry *entry, void *data)
{
	json_t *row = json_pack("{s:s, s:s*, s:I, s:s}", "name", entry->name, "uuid",
				entry->uuid, "written", (json_int_t)entry->written,
				"text", entry->text);

	if (row && entry->replaced)
		json_object_set_new(row, "replaced",
				    json_integer((json_int_t)entry->replaced));
	return json_array_append_new(data, row) == 0;
}

int cg_archive_list(struct cg_context *context, bool older, json_t **out,
		    struct cg_error *err)
{
	cg_auto_json json_t *rows = json_array();
	struct cg_contracts *contracts;

	if (cg_context_contracts(context, &contracts, err) < 0 ||
	    cg_contracts_each(contracts, older, add_entry, rows, err) < 0)
		return -1;
	*out = cg_take(rows);
	return 0;
}

int cg_archive_parse(struct cg_contract *out, const json_t *entry, struct cg_error *err)
{
	if (parse(out, cg_json_text(entry, "text"), err) < 0)
		return cg_error_prefix(err, "the contract of %s",
				       cg_json_text(entry, "name"));
	return 0;
}

int cg_archive_keep(struct cg_context *context, const struct cg_contract *contract,
		    struct cg_error *err)
{
	cg_auto_json json_t *json = cg_contract_json(contract);
	cg_auto_free char *text = json ? cg_json_canonical(json) : NULL;
	const char *name = contract->name ? contract->name : contract->uuid;
	cg_auto_contract struct cg_contract again = { 0 };
	struct cg_contracts *contracts;

	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a contract");
	if (!name)
		return cg_error_set(err, CG_E_USAGE,
				    "a contract that is kept needs a name or a UUID");
	if (parse(&again, text, err) < 0)
		return cg_error_prefix(err, "the contract of %s", name);
	if (cg_context_contracts(context, &contracts, err) < 0)
		return -1;
	return cg_contracts_put(contracts, name, contract->uuid, text, time(NULL), err);
}
