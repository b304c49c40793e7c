/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the facts: what the files of probe/facts.h share. Everything that is kept goes through here, so that
 * scopes, shapes and a cache that fails are seen to in one place.
 */
#pragma once

#include "probe/facts.h"

#define CG_KEEP_NAME (CG_DEFINITION_TEXT + 256)
#define CG_KEEP_BYTES (4 << 20) /* of a fact's text */

/*
 * Of what facts look like. A part of every key: a cpugate that keeps facts differently never reads those of
 * another by mistake. To be raised with every change of a fact's text or meaning.
 */
#define CG_KEEP_FORMAT 4

enum cg_scope {
	CG_SCOPE_EMULATOR,
	CG_SCOPE_ACCEL,
	CG_SCOPE_VENDOR,
	CG_SCOPE_HOST,
	CG_SCOPE_PLACE,
	CG_SCOPES
};
enum cg_accel { CG_ACCEL_TCG, CG_ACCEL_KVM, CG_ACCELS };

enum cg_kind {
	CG_KIND_EMULATOR,       /* version, vocabulary, aliases of machine types */
	CG_KIND_MACHINES,       /* MachineInfo of all machine types */
	CG_KIND_COMPAT,         /* what machine types change in CPUs */
	CG_KIND_LIKENESS,       /* does a machine type share U with the others? */
	CG_KIND_MODELS,         /* models of a machine type */
	CG_KIND_SHEET,          /* E of all its models but those bound to the host */
	CG_KIND_REQUESTED,      /* E of one definition */
	CG_KIND_HOST_REQUESTED, /* the same where the model is bound to the host */
	CG_KIND_UNSUPPORTED,    /* U */
	CG_KIND_UNAVAILABLE,    /* QEMU's own list per model */
	CG_KIND_CONTRADICTED,   /* that list isn't E ∩ U; there only where it isn't */
	CG_KIND_STARTED,        /* a vCPU that started */
	CG_KIND_NOT_STARTED,    /* one that didn't */
	CG_KIND_FAILURE,        /* a measurement that failed */
	CG_KINDS
};

struct cg_facts {
	struct cg_store *store;
	bool memory_only; /* without a store */
	json_t *memory; /* texts, by kind, accelerator and name: what is for this question only */
	char warning[CG_ERROR_TEXT];
	const struct cg_identity *identity;
	json_t *host; /* parts of the one that KVM's keys are of; NULL while it isn't known */
	char *keys[CG_ACCELS][CG_SCOPES];
	/* Expansions already kept, by the scalars that they share: ids, and the scalars themselves to keep their addresses taken. */
	json_t *kept, *held;
	json_t *seen; /* facts already parsed, by kind, accelerator and name: asked for again and again */
	json_t *texts; /* facts that are asked for a part of, by the same names */
	bool has_emulator;
	json_t *fact; /* that @emulator borrows from */
	struct cg_emulator_facts emulator;
};

/* The key that a kind of facts has now; NULL while the host isn't known and counts. Borrowed. */
const char *cg_keep_key(const struct cg_facts *facts, enum cg_kind kind,
			const char *accel);
const char *cg_keep_kind_name(enum cg_kind kind);

/* Name of a fact in memory, and of one that is about a definition on a machine type (NULL: any). Return @out, @name. */
char *cg_keep_slot(char out[static CG_KEEP_NAME], enum cg_kind kind, const char *accel,
		   const char *name);
char *cg_keep_about(char name[static CG_KEEP_NAME], const char *machine,
		    const char *definition);

/* The text of a fact, NULL on a miss; the caller frees it. @slot is its name in memory. */
cg_must_check int cg_keep_get_text(struct cg_facts *facts, enum cg_kind kind,
				   const char *accel, const char *name, const char *slot,
				   char **out, struct cg_error *err);

/*
 * The same for who wants a part of it, and again another part: read once. Borrowed until
 * something is put.
 */
cg_must_check int cg_keep_hold_text(struct cg_facts *facts, enum cg_kind kind,
				    const char *accel, const char *name, const char **out,
				    struct cg_error *err);

/* Parsed fact, or NULL in *out on a miss or if it has another shape. Not to be changed. */
cg_must_check int cg_keep_get(struct cg_facts *facts, enum cg_kind kind,
			      const char *accel, const char *name, json_t **out,
			      struct cg_error *err);

/*
 * Is there such a fact? A row of the cache that is damaged is none, but its text isn't
 * looked at: for who doesn't mean to read it.
 */
cg_must_check int cg_keep_has(struct cg_facts *facts, enum cg_kind kind,
			      const char *accel, const char *name, bool *found,
			      struct cg_error *err);

cg_must_check int cg_keep_put_text(struct cg_facts *facts, enum cg_kind kind,
				   const char *accel, const char *name, const char *text,
				   struct cg_error *err);
cg_must_check int cg_keep_put(struct cg_facts *facts, enum cg_kind kind,
			      const char *accel, const char *name, const json_t *fact,
			      struct cg_error *err);
cg_must_check int cg_keep_forget(struct cg_facts *facts, enum cg_kind kind,
				 const char *accel, const char *name,
				 struct cg_error *err);

/* The same for this question only. */
cg_must_check int cg_keep_note(struct cg_facts *facts, enum cg_kind kind,
			       const char *accel, const char *name, const json_t *fact,
			       struct cg_error *err);

/* The same where a cache that can't be written is no reason to fail: then it is given up. */
cg_must_check int cg_keep_put_anyhow(struct cg_facts *facts, enum cg_kind kind,
				     const char *accel, const char *name,
				     const json_t *fact, struct cg_error *err);

/*
 * Several facts in one transaction: @put with @data. It may be called twice, for a cache
 * that can't be written is no reason to fail.
 */
typedef int cg_keep_put_fn(struct cg_facts *facts, const void *data,
			   struct cg_error *err);
cg_must_check int cg_keep_at_once(struct cg_facts *facts, cg_keep_put_fn *put,
				  const void *data, struct cg_error *err);

/*
 * A write has failed for the reason in @why (a full disk): from now on the store is in
 * memory. A cache that fails costs time, never an answer.
 */
void cg_keep_give_up(struct cg_facts *facts, const struct cg_error *why);

/* The parts of what a session says. */
cg_must_check int cg_keep_put_models(struct cg_facts *facts, const char *accel,
				     const char *machine,
				     const struct cg_session_result *result,
				     struct cg_error *err);
cg_must_check int cg_keep_put_unavailable(struct cg_facts *facts, const char *accel,
					  const char *machine,
					  const struct cg_session_result *result,
					  struct cg_error *err);
cg_must_check int cg_keep_put_unsupported(struct cg_facts *facts, const char *accel,
					  const char *machine,
					  const struct cg_featureset *set,
					  struct cg_error *err);
cg_must_check int cg_keep_put_items(struct cg_facts *facts, const char *accel,
				    const char *machine, enum cg_session_expand expanded,
				    const struct cg_session_result *result,
				    struct cg_error *err);
