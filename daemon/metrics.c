// SPDX-License-Identifier: LGPL-2.1-or-later
/* Few series, with one label at most: they are for graphs, not for details. */
#include "daemon/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

#define FILE_BYTES 16384

static int put(struct cg_buffer *out, const char *name, const char *type,
	       const char *help, struct cg_error *err)
{
	return cg_buffer_printf(out, err,
				"# HELP cpugated_%s %s\n# TYPE cpugated_%s %s\n", name,
				help, name, type);
}

static int put_one(struct cg_buffer *out, const char *name, const char *type,
		   const char *help, uint64_t value, struct cg_error *err)
{
	if (put(out, name, type, help, err) < 0)
		return -1;
	return cg_buffer_printf(out, err, "cpugated_%s %" PRIu64 "\n", name, value);
}

static int put_requests(struct cg_buffer *out, const struct cg_metrics *m,
			struct cg_error *err)
{
	const struct {
		const char *how;
		uint64_t count;
	} rows[] = { { "remembered", m->remembered },
		     { "cache", m->at_once },
		     { "worker", m->measured },
		     { "error", m->refused } };

	if (put(out, "requests_total", "counter", "Requests by how they were answered.",
		err) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(rows); i++)
		if (cg_buffer_printf(out, err,
				     "cpugated_requests_total{answered=\"%s\"} %" PRIu64
				     "\n",
				     rows[i].how, rows[i].count) < 0)
			return -1;
	return 0;
}

static int print(struct cg_buffer *out, const struct cg_metrics *m, struct cg_error *err)
{
	if (put_requests(out, m, err) < 0 ||
	    put_one(out, "clients_total", "counter", "Clients that connected.",
		    m->clients, err) < 0 ||
	    put_one(out, "clients_turned_away_total", "counter",
		    "Clients that were one too many.", m->turned_away, err) < 0 ||
	    put_one(out, "clients_dropped_total", "counter",
		    "Clients that were too slow or said too much.", m->dropped,
		    err) < 0 ||
	    put_one(out, "clients", "gauge", "Clients that are connected.", m->connected,
		    err) < 0 ||
	    put_one(out, "workers_total", "counter",
		    "Worker processes that were started.", m->workers, err) < 0 ||
	    put_one(out, "workers", "gauge", "Worker processes that run.", m->running,
		    err) < 0 ||
	    put_one(out, "questions_waiting", "gauge",
		    "Questions that wait for a worker's answer.", m->waiting, err) < 0)
		return -1;
	return put_one(out, "capabilities_changed_total", "counter",
		       "Changes of this host or an emulator that clients were told of.",
		       m->changes, err);
}

static int write_beside(const char *beside, const char *path,
			const struct cg_buffer *text, struct cg_error *err)
{
	cg_auto_close int fd =
		open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return cg_error_errno(err, "write %s", beside);
	errno = ENOSPC; /* of a write that ends before all is written */
	if (write(fd, text->data, text->len) != (ssize_t)text->len)
		return cg_error_errno(err, "write %s", beside);
	if (rename(beside, path) < 0)
		return cg_error_errno(err, "write %s", path);
	return 0;
}

int cg_metrics_write(const struct cg_metrics *metrics, const char *path,
		     struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(FILE_BYTES);
	cg_auto_free char *beside = NULL;

	if (asprintf(&beside, "%s.tmp", path) < 0) {
		beside = NULL;
		return cg_error_errno(err, "write %s", path);
	}
	if (print(&text, metrics, err) < 0)
		return -1;
	if (write_beside(beside, path, &text, err) == 0)
		return 0;
	(void)unlink(beside);
	return -1;
}
