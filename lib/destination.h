/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a guest would go: a host by its record, or this one by what is known and, if need
 * be, measured of it; and what the guest would get there.
 */
#pragma once

#include "lib/judge.h"
#include "lib/parties.h"
#include "lib/prediction.h"
#include "lib/records.h"
#include "lib/traveller.h"

struct cg_destination {
	const char *name;    /* what to call it */
	const char *machine; /* its own name of the machine type, NULL if it has none */
	const char *accel, *target, *version, *kernel; /* the last two may be NULL */
	/* Of emulator and host; NULL if that isn't told, or doesn't matter. */
	const char *sha256, *fingerprint;
	const json_t *machines; /* MachineInfo, all of them */
	const json_t *parts;    /* of the host's fingerprint; NULL under TCG */
	const struct cg_vocabulary *names;
	struct cg_featureset known; /* of the names; a record of many may have more */

	bool is_here; /* this host */
	struct cg_records records;
	struct cg_question question;
	json_t *own_machines, *boot;
	char *own_machine;
};

/*
 * @to is "host" or a file, @machine and @accel what the guest would be started with there;
 * @args has "emulator" for this host. Blocks until it is known what emulator it is.
 */
cg_must_check int cg_destination_open(struct cg_destination *out,
				      struct cg_context *context, const json_t *args,
				      const char *to, const char *machine,
				      const char *accel, struct cg_error *err);
void cg_destination_deinit(struct cg_destination *destination);

/* What a guest gets there, and of whom that would be said. */
struct cg_offer {
	struct cg_party party;
	struct cg_judge judge; /* borrows from here and from the destination */
	bool doubtful;         /* it couldn't be found out whether it starts */
	char unknown[128], failure[512];
};

/*
 * That of a definition, for a guest like @guest: only what it could find there counts.
 * Blocks as long as measuring takes; a record answers at once. -1 is for failures of ours;
 * what is refused there is in the offer.
 */
cg_must_check int cg_destination_offer(struct cg_offer *out,
				       struct cg_destination *destination,
				       const struct cg_traveller *guest,
				       const struct cg_definition *definition,
				       struct cg_error *err);

/* How wide its guests' addresses can be; 0 if nobody knows or it doesn't matter. */
uint32_t cg_destination_phys_bits(const struct cg_destination *destination);

#define cg_auto_destination cg_cleanup(cg_destination_deinit)
