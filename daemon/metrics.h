/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What we have done, for node_exporter's text files and for whoever looks after us. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cg_metrics {
	uint64_t requests;    /* all of them; each is counted once below */
	uint64_t remembered;  /* answered again, since nothing had changed */
	uint64_t at_once;     /* answered from the cache */
	uint64_t measured;    /* answered by a worker */
	uint64_t refused;     /* answered with an error */
	uint64_t clients;     /* that ever connected */
	uint64_t turned_away; /* because there were too many */
	uint64_t dropped;     /* because they were too slow or too much */
	uint64_t changes;     /* CAPABILITIES_CHANGED */
	uint64_t workers;
	size_t connected, running, waiting;
};

/* Replace @path by a file with these figures. Blocks on the file system. */
cg_must_check int cg_metrics_write(const struct cg_metrics *metrics, const char *path,
				   struct cg_error *err);
