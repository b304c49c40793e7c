// SPDX-License-Identifier: LGPL-2.1-or-later
/* What questions share, made when it is first wanted. */
#include "lib/context.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/early.h"
#include "host/kernel.h"
#include "host/tree.h"

#define REPLY_MS_MAX (60 * 60 * 1000)

/* A cache that can't be used is looked at again so often, should a context live that long. */
/* How long a cache that can't be written is done without until it is tried again. */
#define REOPEN_NS (30 * CG_S)

/* Emulators that one question can be about; matrix and diff know two. */
#define PLACES_NOTED 8

struct cg_context {
	char *cache_path;
	char *state_path;
	char *host_root;
	struct cg_qmp_limits limits;
	cg_context_progress *progress;
	void *progress_data;
	struct cg_store *store;
	struct cg_contracts *contracts;
	struct cg_host *host;
	struct cg_early *early; /* under way; or NULL */
	char *kernel;
	bool guarded, notes;
	uint64_t generation;
	uint64_t store_version;
	int64_t reopen; /* not before */
	struct cg_places *noted[PLACES_NOTED];
	size_t noted_count;
	json_t *warnings;
	void *parked;
	void (*release)(void *thing);
};

/* What is set, else the file in a folder of XDG's, of the home, or of the system. */
static char *default_path(const char *set, const char *xdg, const char *in_home,
			  const char *system, const char *file)
{
	const char *home = getenv("HOME");
	char *path;
	int len;

	if (set && *set)
		return strdup(set);
	if (xdg && *xdg == '/')
		len = asprintf(&path, "%s/cpugate/%s", xdg, file);
	else if (home && *home == '/')
		len = asprintf(&path, "%s/%s/cpugate/%s", home, in_home, file);
	else
		len = asprintf(&path, "%s/cpugate/%s", system, file);
	return len < 0 ? NULL : path;
}

char *cg_context_default_cache(void)
{
	return default_path(getenv("CPUGATE_CACHE"), getenv("XDG_CACHE_HOME"), ".cache",
			    "/var/cache", "cache.db");
}

char *cg_context_default_state(void)
{
	return default_path(getenv("CPUGATE_STATE"), getenv("XDG_STATE_HOME"),
			    ".local/state", "/var/lib", "state.db");
}

/* Slow machines need more patience, and tests less. */
static int read_patience(struct cg_qmp_limits *limits, struct cg_error *err)
{
	const char *text = getenv("CPUGATE_REPLY_TIMEOUT");
	char *end;
	long ms;

	if (!text || !*text)
		return 0;
	errno = 0;
	ms = strtol(text, &end, 10);
	if (errno || *end || ms < 1 || ms > REPLY_MS_MAX)
		return cg_error_set(err, CG_E_USAGE,
				    "CPUGATE_REPLY_TIMEOUT isn't 1 to %d milliseconds",
				    REPLY_MS_MAX);
	limits->reply_ns = ms * CG_MS;
	return 0;
}

int cg_context_new(struct cg_context **out, const struct cg_context_options *options,
		   struct cg_error *err)
{
	cg_auto_context struct cg_context *context = calloc(1, sizeof(*context));

	if (!context)
		return cg_error_errno(err, "context");
	json_object_seed(0); /* once, before there are threads */
	context->limits = CG_QMP_LIMITS;
	context->limits.cancel_fd = options->cancel_fd;
	context->limits.at_once = options->at_once;
	context->guarded = options->guarded;
	context->notes = options->notes;
	if (read_patience(&context->limits, err) < 0)
		return -1;
	context->progress = options->progress;
	context->progress_data = options->progress_data;
	context->warnings = json_array();
	context->cache_path = options->cache_path ? strdup(options->cache_path)
						  : cg_context_default_cache();
	context->state_path = options->state_path ? strdup(options->state_path)
						  : cg_context_default_state();
	if (options->host_root)
		context->host_root = strdup(options->host_root);
	if (!context->cache_path || !context->state_path ||
	    (options->host_root && !context->host_root))
		return cg_error_errno(err, "context");
	*out = cg_take(context);
	return 0;
}

void cg_context_park(struct cg_context *context, void *thing,
		     void (*release)(void *thing))
{
	if (context->parked)
		context->release(context->parked);
	context->parked = thing;
	context->release = release;
}

void *cg_context_unpark(struct cg_context *context)
{
	void *thing = context->parked;

	context->parked = NULL;
	return thing;
}

struct cg_context *cg_context_free(struct cg_context *context)
{
	if (!context)
		return NULL;
	cg_context_park(context, NULL, NULL);
	for (size_t i = 0; i < context->noted_count; i++)
		cg_places_free(context->noted[i]);
	cg_store_close(context->store);
	cg_contracts_close(context->contracts);
	cg_early_free(context->early);
	cg_host_free(context->host);
	free(context->kernel);
	json_decref(context->warnings);
	free(context->cache_path);
	free(context->state_path);
	free(context->host_root);
	free(context);
	return NULL;
}

bool cg_context_is_guarded(const struct cg_context *context)
{
	return context->guarded;
}

bool cg_context_takes_notes(const struct cg_context *context)
{
	return context->notes;
}

int cg_context_check_host(struct cg_context *context, bool *changed, struct cg_error *err)
{
	cg_auto_host struct cg_host *now = NULL;

	*changed = false;
	if (!context->host)
		return 0;
	if (cg_host_read(&now, context->host_root, err) < 0)
		return -1;
	*changed = !json_equal(cg_host_parts(now), cg_host_parts(context->host));
	if (!*changed)
		return 0;
	/* What is parked has keys of the host. */
	cg_context_park(context, NULL, NULL);
	cg_host_free(context->host);
	context->host = cg_take(now);
	context->generation++;
	return 0;
}

static void forget_store(struct cg_context *context)
{
	cg_context_park(context, NULL, NULL);
	context->store = cg_store_close(context->store);
	context->generation++;
}

int cg_context_refresh(struct cg_context *context, struct cg_error *err)
{
	uint64_t version;

	if (!context->store)
		return 0;
	if (!cg_store_is_current(context->store)) {
		/* What such a store has learned it has in memory only. */
		if (cg_store_state(context->store) != CG_STORE_READ_WRITE &&
		    cg_clock_now() < context->reopen)
			return 0;
		forget_store(context);
		return 0;
	}
	if (cg_store_version(context->store, &version, err) < 0)
		return -1;
	if (version == context->store_version)
		return 0;
	context->store_version = version;
	cg_context_park(context, NULL, NULL);
	context->generation++;
	return 0;
}

uint64_t cg_context_generation(const struct cg_context *context)
{
	return context->generation;
}

void cg_context_note(struct cg_context *context, struct cg_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < context->noted_count; i++)
		if (context->noted[i] == places)
			return;
	if (context->noted_count < PLACES_NOTED)
		context->noted[context->noted_count++] = cg_places_ref(places);
}

size_t cg_context_noted(struct cg_context *context, struct cg_places **out, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < context->noted_count; i++)
		if (count < room)
			out[count++] = context->noted[i];
		else
			cg_places_free(context->noted[i]);
	context->noted_count = 0;
	return count;
}

int cg_context_store(struct cg_context *context, struct cg_store **out,
		     struct cg_error *err)
{
	if (!context->store) {
		if (cg_store_open(&context->store, context->cache_path, err) < 0 ||
		    cg_store_version(context->store, &context->store_version, err) < 0)
			return -1;
		context->reopen = cg_clock_in(REOPEN_NS);
	}
	*out = context->store;
	return 0;
}

int cg_context_contracts(struct cg_context *context, struct cg_contracts **out,
			 struct cg_error *err)
{
	if (!context->contracts &&
	    cg_contracts_open(&context->contracts, context->state_path, err) < 0)
		return -1;
	*out = context->contracts;
	return 0;
}

void cg_context_close_contracts(struct cg_context *context)
{
	context->contracts = cg_contracts_close(context->contracts);
}

const char *cg_context_state_path(const struct cg_context *context)
{
	return context->state_path;
}

void cg_context_expect_host(struct cg_context *context)
{
	if (!context->host && !context->early)
		context->early = cg_early_start(context->host_root);
}

void cg_context_expect_nothing(struct cg_context *context)
{
	context->early = cg_early_free(context->early);
}

static int read_host(struct cg_context *context, struct cg_error *err)
{
	struct cg_early *early = cg_take(context->early);

	return early ? cg_early_take(early, &context->host, err)
		     : cg_host_read(&context->host, context->host_root, err);
}

int cg_context_host(struct cg_context *context, const struct cg_host **out,
		    struct cg_error *err)
{
	if (!context->host && read_host(context, err) < 0)
		return -1;
	*out = context->host;
	return 0;
}

int cg_context_kernel(struct cg_context *context, const char **out, struct cg_error *err)
{
	cg_auto_json json_t *kernel = NULL;
	cg_auto_close int root = -1;

	if (!context->kernel) {
		if (cg_tree_open(&root, context->host_root, err) < 0)
			return -1;
		kernel = cg_kernel_json(root);
		if (!kernel || asprintf(&context->kernel, "Linux %s",
					cg_json_text(kernel, "release")) < 0) {
			context->kernel = NULL;
			return cg_error_set(err, CG_E_SYSTEM,
					    "no memory for the kernel's name");
		}
	}
	*out = context->kernel;
	return 0;
}

const char *cg_context_host_root(const struct cg_context *context)
{
	return context->host_root;
}

struct cg_qmp_limits cg_context_limits(const struct cg_context *context)
{
	return context->limits;
}

void cg_context_tell(struct cg_context *context, size_t done, size_t total,
		     const char *what)
{
	if (context->progress)
		context->progress(context->progress_data, done, total, what);
}

void cg_context_warn(struct cg_context *context, const char *warning)
{
	const json_t *known;
	size_t i;

	json_array_foreach(context->warnings, i, known)
		if (strcmp(json_string_value(known), warning) == 0)
			return;
	json_array_append_new(context->warnings, json_string(warning));
}

json_t *cg_context_warnings(struct cg_context *context)
{
	if (context->store && cg_store_warning(context->store))
		cg_context_warn(context, cg_store_warning(context->store));
	return context->warnings;
}
