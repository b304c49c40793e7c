// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Hosts are known by the keys of what was measured on them. The one that we are on is
 * "now" or generation 0 as it is now; as it was before it is a host like any other.
 */
#include "lib/past.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define GENERATIONS_MAX 1000000

static const char *fingerprint(const json_t *host)
{
	return cg_json_text(host, "fingerprint");
}

static int take(struct cg_host **out, const json_t *host, struct cg_error *err)
{
	return cg_host_from_parts(out, json_object_get(host, "parts"), err);
}

int cg_past_generation(struct cg_host **out, char **missing, struct cg_facts *facts,
		       const struct cg_host *now, const char *generation,
		       struct cg_error *err)
{
	unsigned long wanted, before = 0;
	cg_auto_json json_t *hosts = NULL;
	const json_t *host;
	char *end;
	size_t i;

	wanted = strtoul(generation, &end, 10);
	if (!isdigit((unsigned char)*generation) || *end || wanted > GENERATIONS_MAX)
		return cg_error_set(err, CG_E_USAGE,
				    "generation=%s: 0 for now, 1 for what was before, ...",
				    generation);
	if (wanted == 0)
		return 0;
	if (cg_facts_hosts(facts, false, &hosts, err) < 0)
		return -1;
	json_array_foreach(hosts, i, host)
		if (strcmp(fingerprint(host), cg_host_digest(now)) != 0 &&
		    ++before == wanted)
			return take(out, host, err);
	if (asprintf(missing, "generation=%s: earlier hosts that the cache knows: %lu",
		     generation, before) < 0)
		return cg_error_errno(err, "generation");
	return 0;
}

static bool fits(const char *hex, const char *prefix)
{
	return strncasecmp(hex, prefix, strlen(prefix)) == 0;
}

/* "a1b2c3d4 e5f6a7b8 ...": those that fit, or all for NULL. */
static char *list_hosts(const json_t *hosts, const char *prefix, char *out, size_t size)
{
	const json_t *host;
	size_t i, used = 0;

	out[0] = '\0';
	json_array_foreach(hosts, i, host)
		if ((!prefix || fits(fingerprint(host), prefix)) && used + 2 < size)
			used += (size_t)snprintf(out + used, size - used, " %.*s",
						 prefix ? (int)strlen(prefix) + 4
							: CG_PAST_SHORT,
						 fingerprint(host));
	return out;
}

/* The host that the prefix fits; NULL if there is none, an error if there are several. */
static int match_host(const json_t *hosts, const char *prefix, const char **out,
		      struct cg_error *err)
{
	const json_t *host;
	char names[256];
	size_t i;

	*out = NULL;
	json_array_foreach(hosts, i, host) {
		if (!fits(fingerprint(host), prefix))
			continue;
		if (*out)
			return cg_error_set(err, CG_E_USAGE, "host=%s may be%s", prefix,
					    list_hosts(hosts, prefix, names,
						       sizeof(names)));
		*out = fingerprint(host);
	}
	return 0;
}

/* All hosts that have a name: those of the cache, and this one as it is now. */
static int known_hosts(struct cg_facts *facts, const struct cg_host *now, json_t **out,
		       struct cg_error *err)
{
	const char *unused;
	struct cg_error none;

	if (cg_facts_hosts(facts, true, out, err) < 0)
		return -1;
	if (match_host(*out, cg_host_digest(now), &unused, &none) == 0 && !unused)
		json_array_append_new(*out, json_pack("{s:s}", "fingerprint",
						      cg_host_digest(now)));
	return 0;
}

/* The host of a fingerprint, if it is one that this emulator was measured on. */
static int find_measured(struct cg_host **out, char **missing, struct cg_facts *facts,
			 const char *wanted, struct cg_error *err)
{
	cg_auto_json json_t *measured = NULL;
	const json_t *host;
	size_t i;

	if (cg_facts_hosts(facts, false, &measured, err) < 0)
		return -1;
	json_array_foreach(measured, i, host)
		if (strcmp(fingerprint(host), wanted) == 0)
			return take(out, host, err);
	if (asprintf(missing, "host %.*s was never measured with this emulator",
		     CG_PAST_SHORT, wanted) < 0)
		return cg_error_errno(err, "host");
	return 0;
}

int cg_past_host(struct cg_host **out, char **missing, struct cg_facts *facts,
		 const struct cg_host *now, const char *prefix, struct cg_error *err)
{
	cg_auto_json json_t *known = NULL;
	const char *wanted;
	char names[256];

	if (strcmp(prefix, "now") == 0)
		return 0;
	if (strspn(prefix, "0123456789abcdefABCDEF") != strlen(prefix))
		return cg_error_set(err, CG_E_USAGE,
				    "host=%s: now, or how a fingerprint begins (cpugate "
				    "host)",
				    prefix);
	if (known_hosts(facts, now, &known, err) < 0 ||
	    match_host(known, prefix, &wanted, err) < 0)
		return -1;
	if (!wanted)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "no host %s in the cache; there is%s", prefix,
				    list_hosts(known, NULL, names, sizeof(names)));
	if (strcmp(wanted, cg_host_digest(now)) == 0)
		return 0;
	return find_measured(out, missing, facts, wanted, err);
}
