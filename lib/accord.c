// SPDX-License-Identifier: LGPL-2.1-or-later
/* One message at a time. */
#include "lib/accord.h"

#include <string.h>

#include "emulator/outgoing.h"
#include "lib/papers.h"

static int not_cpugate(struct cg_error *err)
{
	return cg_error_set(err, CG_E_PROTOCOL,
			    "the other side doesn't speak as cpugate");
}

static int check_capabilities(const json_t *list, struct cg_error *err)
{
	const json_t *name;
	size_t i;

	if (!json_is_array(list))
		return not_cpugate(err);
	json_array_foreach(list, i, name) {
		if (!json_is_string(name))
			return not_cpugate(err);
		if (!cg_outgoing_may_have(json_string_value(name)))
			return cg_error_set(
				err, CG_E_REFUSED,
				"with the capability %.80s there is no way back",
				json_string_value(name));
	}
	return 0;
}

int cg_accord_take_hello(const json_t *hello, const struct cg_contract *contract,
			 json_t **capabilities, struct cg_error *err)
{
	const json_t *list = json_object_get(hello, "capabilities");
	const json_t *version = json_object_get(hello, "cpugate");

	if (!json_is_integer(version))
		return not_cpugate(err);
	if (json_integer_value(version) != CG_ACCORD_VERSION)
		return cg_error_set(err, CG_E_PROTOCOL, "another version of cpugate");
	if (check_capabilities(list, err) < 0 ||
	    cg_papers_check(json_object_get(hello, "guest"), contract, err) < 0)
		return -1;
	*capabilities = json_incref(cg_json_mutable(list));
	return 0;
}

int cg_accord_take_stream(const json_t *said, const char *token, struct cg_error *err)
{
	const char *has = cg_json_text(said, "stream");

	return has && strcmp(has, token) == 0
		       ? 0
		       : cg_error_set(err, CG_E_PROTOCOL, "somebody else came");
}

int cg_accord_take_run(const json_t *said, bool *run, struct cg_error *err)
{
	const json_t *word = json_object_get(said, "run");

	if (!json_is_boolean(word))
		return not_cpugate(err);
	*run = json_is_true(word);
	return 0;
}

int cg_accord_take_answer(const json_t *said, struct cg_error *err)
{
	const char *no = cg_json_text(said, "refused");

	no = no ? no : cg_json_text(said, "failed");
	return no ? cg_error_set(err, CG_E_REFUSED, "%.300s", *no ? no : "no") : 0;
}

int cg_accord_take_ready(const json_t *said, json_t **token, struct cg_error *err)
{
	json_t *word = json_object_get(said, "ready");

	if (!json_is_string(word))
		return not_cpugate(err);
	*token = json_incref(word);
	return 0;
}

int cg_accord_take_end(const json_t *said, bool *same, struct cg_error *err)
{
	if (!json_is_boolean(json_object_get(said, "runs")))
		return not_cpugate(err);
	*same = json_is_true(json_object_get(said, "same"));
	return 0;
}
