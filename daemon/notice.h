/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Noticing that answers have become other ones. For what clients ask about (an emulator, a
 * machine type, an accelerator) we keep in mind what could be had; when the host or the
 * emulator changes, that is asked again, and the difference is told.
 */
#pragma once

#include "base/json.h"
#include "daemon/jobs.h"
#include "emulator/places.h"

struct cg_notice;

struct cg_notice_owner {
	/*
	 * Answer a question at once if that can be done, with the places that the answer depends on;
	 * CG_E_UNMEASURED if not.
	 */
	int (*ask)(void *data, const char *command, const json_t *args, json_t **reply,
		   struct cg_places **places, struct cg_error *err);
	/* Have it answered later: @waiter is told. */
	int (*ask_later)(void *data, const char *command, const json_t *args,
			 struct cg_waiter *waiter, struct cg_error *err);
	/* An event for everybody. */
	void (*tell)(void *data, const char *event, const json_t *what);
	/* These places are to be watched, or no longer. */
	void (*watch)(void *data, const struct cg_places *places, bool on);
	void *data;
};

cg_must_check int cg_notice_new(struct cg_notice **out,
				const struct cg_notice_owner *owner,
				struct cg_error *err);
struct cg_notice *cg_notice_free(struct cg_notice *notice);

/* A client has asked about what the common arguments in @args say. */
void cg_notice_mind(struct cg_notice *notice, const json_t *args);

/* The host has changed, in the parts of this list (see lib/parts.h). */
void cg_notice_host_changed(struct cg_notice *notice, const json_t *parts);

/* Look whether an emulator has. */
void cg_notice_look(struct cg_notice *notice);
