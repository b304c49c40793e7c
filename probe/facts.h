/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known about one emulator on this host: the cache, in the words of the domain. This is where it is decided what each
 * fact depends on, which is all that keeps answers from going stale:
 *
 *	scope EMULATOR	binary and modules
 *	scope ACCEL	+ accelerator
 *	scope VENDOR	+ under KVM the host's CPU vendor, which named models take over
 *	scope HOST	+ under KVM every part of the host's fingerprint
 *	scope PLACE	+ where the binary is: only for what failed
 *
 * Under TCG nothing of the host counts, so the three above PLACE are one. All functions block on the cache file only. A miss is a
 * value. One object per thread; it borrows what it was made from.
 */
#pragma once

#include "cache/store.h"
#include "cpumodels/vocabulary.h"
#include "emulator/identity.h"
#include "host/fingerprint.h"
#include "probe/expansion.h"
#include "probe/session.h"

struct cg_facts;

/*
 * @store may be NULL for facts that come from elsewhere and are kept as long as this object lives. The host
 * may be unknown until a question about KVM comes: cg_facts_set_host().
 */
cg_must_check int cg_facts_new(struct cg_facts **out, struct cg_store *store,
			       const struct cg_identity *identity, struct cg_error *err);
struct cg_facts *cg_facts_free(struct cg_facts *facts);
cg_must_check int cg_facts_set_host(struct cg_facts *facts, const struct cg_host *host,
				    struct cg_error *err);

/* The key of the widest scope, for locks and for explaining: canonical JSON. Borrowed. */
const char *cg_facts_key(const struct cg_facts *facts, const char *accel);

/*
 * The kinds of facts by number, 0..cg_facts_kinds() - 1: the name of one, and in *parts the key that
 * holds now, or NULL while the host isn't known. Both borrowed.
 */
size_t cg_facts_kinds(void);
const char *cg_facts_kind(const struct cg_facts *facts, size_t kind, const char *accel,
			  const char **parts);

/*
 * Which emulator (its identity's parts) was last measured under this path: only to explain changes, never
 * to answer. NULL on a miss.
 */
cg_must_check int cg_facts_path(struct cg_facts *facts, json_t **out,
				struct cg_error *err);
cg_must_check int cg_facts_put_path(struct cg_facts *facts, struct cg_error *err);

/* What holds for the binary, whoever runs it. Borrowed; NULL on a miss. */
struct cg_emulator_facts {
	json_t *about;               /* version, package, target */
	json_t *aliases;             /* of machine types: { "q35": "pc-q35-7.2" } */
	const char *default_machine; /* NULL for a target without */
	json_t *defaults;            /* see cg_expansion_encode() */
	enum cg_measure measure;
	const char *expansion; /* type of expansion to ask for */
	struct cg_vocabulary
		*vocabulary; /* NULL where the target doesn't name its features */
};
cg_must_check int cg_facts_emulator(struct cg_facts *facts,
				    const struct cg_emulator_facts **out,
				    struct cg_error *err);

/* The emulator's machine types: MachineInfo, sorted; NULL on a miss. */
cg_must_check int cg_facts_machines(struct cg_facts *facts, json_t **out,
				    struct cg_error *err);

/* One of them by its name or alias, NULL if there is none; *@known: they aren't a miss. */
cg_must_check int cg_facts_machine(struct cg_facts *facts, const char *name, bool *known,
				   json_t **out, struct cg_error *err);

/* What machine types change in CPUs: see cg_shortcut_compat(); empty where QEMU doesn't tell. NULL on a miss. */
cg_must_check int cg_facts_compat(struct cg_facts *facts, json_t **out,
				  struct cg_error *err);
cg_must_check int cg_facts_put_compat(struct cg_facts *facts, const json_t *compat,
				      struct cg_error *err);

/* Models of a machine type (CpuDefinitionInfo without unavailable-features); NULL on a miss. */
cg_must_check int cg_facts_models(struct cg_facts *facts, const char *accel,
				  const char *machine, json_t **out,
				  struct cg_error *err);

/* Are they known? @read: they must be readable, for they are going to be read. */
cg_must_check int cg_facts_knows_models(struct cg_facts *facts, const char *accel,
					const char *machine, bool read, bool *known,
					struct cg_error *err);

/*
 * How many models a machine type has, and how many of them lack nothing here by QEMU's own list. Both 0 on a miss.
 */
cg_must_check int cg_facts_tally(struct cg_facts *facts, const char *accel,
				 const char *machine, size_t *models, size_t *complete,
				 struct cg_error *err);

/* How a machine type was measured: "started", "shortcut" or "twin"; NULL on a miss. The caller frees it. */
cg_must_check int cg_facts_way(struct cg_facts *facts, const char *accel,
			       const char *machine, char **out, struct cg_error *err);

/* One of them; *known is false on a miss, *out NULL if there is no such model. */
cg_must_check int cg_facts_model(struct cg_facts *facts, const char *accel,
				 const char *machine, const char *name, bool *known,
				 json_t **out, struct cg_error *err);

/* U on a machine type; *known is false on a miss. */
cg_must_check int cg_facts_unsupported(struct cg_facts *facts, const char *accel,
				       const char *machine, bool *known,
				       struct cg_featureset *out, struct cg_error *err);

/* E of a definition (printed form) on a machine type; *known is false on a miss. */
cg_must_check int cg_facts_expansion(struct cg_facts *facts, const char *accel,
				     const char *machine, const char *definition,
				     bool host_bound, bool *known,
				     struct cg_expansion *out, struct cg_error *err);

/* Is E known for every model of the machine type that doesn't depend on the host? */
cg_must_check int cg_facts_has_sheet(struct cg_facts *facts, const char *accel,
				     const char *machine, bool *known,
				     struct cg_error *err);

/*
 * QEMU's own unavailable-features per model, { model: [names] } of those that have some; NULL on a miss. It must
 * be E ∩ U; where it was seen not to be, cg_facts_contradicted() and QEMU's own list is what to answer from.
 */
cg_must_check int cg_facts_unavailable(struct cg_facts *facts, const char *accel,
				       const char *machine, json_t **out,
				       struct cg_error *err);
/* Are they known, and was the equation checked? @read: as above. */
cg_must_check int cg_facts_knows_unavailable(struct cg_facts *facts, const char *accel,
					     const char *machine, bool read, bool *known,
					     struct cg_error *err);
cg_must_check int cg_facts_contradicted(struct cg_facts *facts, const char *accel,
					const char *machine, bool *out,
					struct cg_error *err);

/*
 * Did a vCPU of this definition start? @machine NULL: on QEMU's default machine type. No holds only where the
 * binary was when it didn't.
 */
enum cg_started {
	CG_STARTED_UNKNOWN, /* not tried yet */
	CG_STARTED_YES,
	CG_STARTED_NO,
	CG_STARTED_UNDECIDED, /* tried for this question, but it couldn't be found out */
};
cg_must_check int cg_facts_started(struct cg_facts *facts, const char *accel,
				   const char *machine, const char *definition,
				   enum cg_started *out, json_t **why,
				   struct cg_error *err);

/*
 * A measurement that failed, { "reason", "status" or "signal" }; NULL if none is on record. @what is a machine type, or
 * "MACHINE DEFINITION" if it failed with that definition only.
 */
cg_must_check int cg_facts_failure(struct cg_facts *facts, const char *accel,
				   const char *what, json_t **out, struct cg_error *err);
/* To be tried again: failed measurements, and of the vCPUs that didn't start the largest one or all (@starts). */
cg_must_check int cg_facts_forget_failures(struct cg_facts *facts, const char *accel,
					   bool starts, struct cg_error *err);

/* Is all that is known in the cache as well? Not after a warning, nor after cg_facts_note_undecided(). */
bool cg_facts_are_kept(const struct cg_facts *facts);

/* Why what was measured couldn't be kept, a sentence; NULL if all was. Borrowed. */
const char *cg_facts_warning(const struct cg_facts *facts);

/*
 * Each of these is one transaction. A cache that can't be written doesn't make them fail: the fact is then known for as
 * long as this object lives, and cg_facts_warning() says so.
 */
cg_must_check int cg_facts_put_emulator(struct cg_facts *facts,
					const struct cg_session_result *result,
					struct cg_error *err);
cg_must_check int cg_facts_put_session(struct cg_facts *facts, const char *accel,
				       const char *machine,
				       enum cg_session_expand expanded,
				       const struct cg_session_result *result,
				       struct cg_error *err);
cg_must_check int cg_facts_put_started(struct cg_facts *facts, const char *accel,
				       const char *machine, const char *definition,
				       bool started, const struct cg_outcome *outcome,
				       struct cg_error *err);
/* Remember, for this question only, that a start was tried and neither succeeded nor failed. */
cg_must_check int cg_facts_note_undecided(struct cg_facts *facts, const char *accel,
					  const char *machine, const char *definition,
					  struct cg_error *err);
/* For this question only if the next try may well do better: somebody killed it, or we lack memory. */
cg_must_check int cg_facts_put_failure(struct cg_facts *facts, const char *accel,
				       const char *what, const struct cg_outcome *outcome,
				       const struct cg_error *why, struct cg_error *err);

/*
 * E of every model of a sheet, in no order: nothing if there is no sheet. Models that have the same E come with the same @piece, and
 * their scalars are the same object. All borrowed for the length of the call. @fn returns -1 with *err full to stop.
 */
typedef int cg_facts_sheet_fn(void *data, const char *model, size_t piece,
			      const struct cg_expansion *expansion, struct cg_error *err);
cg_must_check int cg_facts_each_expansion(struct cg_facts *facts, const char *accel,
					  const char *machine, cg_facts_sheet_fn *fn,
					  void *data, struct cg_error *err);

/*
 * The hosts that KVM was measured on with this emulator (with any, if @any_emulator), the one that was measured last
 * first: a new list of { "fingerprint", "parts", "measured" }. For cg_host_from_parts() and cg_facts_set_host().
 */
cg_must_check int cg_facts_hosts(struct cg_facts *facts, bool any_emulator, json_t **out,
				 struct cg_error *err);

static inline void cg_facts_freep(struct cg_facts **facts)
{
	cg_facts_free(*facts);
}
#define cg_auto_facts cg_cleanup(cg_facts_freep)
