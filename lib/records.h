/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several hosts as their records, seen over one vocabulary and on one machine type. They
 * are of one target and one accelerator; what is of two kinds can't be compared.
 */
#pragma once

#include "cpumodels/definition.h"
#include "cpumodels/fleet.h"
#include "cpumodels/joint.h"
#include "cpumodels/reason.h"
#include "formats/record.h"
#include "lib/context.h"

struct cg_records {
	struct cg_record **items;
	char **names; /* of the hosts, each different */
	size_t count;
	struct cg_joint *joint;
	char *machine;
	struct cg_supply *supplies; /* once a machine type is chosen */
	/*
	 * How a CPU with all that the host gives ended there, if it doesn't start: {
	 * "status" or "signal", "words" }, else NULL. Then features kept in MSRs aren't
	 * taken for possible unless a CPU with them started, since setting those is
	 * what fails.
	 */
	const json_t **failures;
};

/*
 * From a JSON list of texts: files, or "host" for this host, of which a record is made
 * with @args (measured if it has to be). CG_E_USAGE if they don't go together,
 * CG_E_UNDECIDED if one of them doesn't say what its features are.
 */
cg_must_check int cg_records_open(struct cg_records *out, struct cg_context *context,
				  const json_t *args, const json_t *list,
				  struct cg_error *err);

/* The same of one record that was read already, which is consumed; @text is its file. */
cg_must_check int cg_records_take(struct cg_records *out, struct cg_context *context,
				  const json_t *args, struct cg_record *record,
				  const char *text, struct cg_error *err);
void cg_records_deinit(struct cg_records *records);

/*
 * The machine type that is meant by @wanted (NULL for the default of the first that has
 * one): itself, or where that is an alias or nothing, the newest of its family that all
 * of them have. *@out is borrowed from a record. *@common is false if there is none
 * that all have; then *@out is what the first of them takes it for, and the reasons go
 * into @verdict. CG_E_UNKNOWN if nobody has it.
 */
cg_must_check int cg_records_find_machine(const struct cg_records *records,
					  const char *wanted, const char **out,
					  bool *common, struct cg_verdict *verdict,
					  struct cg_error *err);

/*
 * Fill @machine and @supplies. With NULL it is what each host can give on its own
 * machine types, which is nearly always the same. CG_E_UNDECIDED if a record doesn't
 * say what can't be had.
 */
cg_must_check int cg_records_use_machine(struct cg_records *records, const char *machine,
					 struct cg_error *err);

/* Does the emulator have it? One that lists none may have any. */
bool cg_records_has_machine(const struct cg_records *records, size_t i,
			    const char *machine);

/*
 * A machine type on which the record tells what models ask for: the chosen one if it
 * can be. Or NULL.
 */
const char *cg_records_machine_at(const struct cg_records *records, size_t i);

/* Does the emulator have a model of this name? One that lists none may have any. */
bool cg_records_has_model(const struct cg_records *records, size_t i, const char *model);

/*
 * E of a definition on @machine as the i-th record tells it, in the joint names, with its
 * other properties (borrowed). False if it doesn't tell.
 */
bool cg_records_expansion(const struct cg_records *records, size_t i, const char *machine,
			  const char *definition, struct cg_featureset *out,
			  const json_t **scalars);

/*
 * Is each override a feature or, by @scalars of the model, a property? A name that no
 * emulator knows is a slip of whoever asks, and no fault of the hosts: CG_E_UNKNOWN. NULL
 * for @scalars that nobody knows: then anything goes.
 */
cg_must_check int cg_records_check_names(const struct cg_records *records,
					 const struct cg_definition *definition,
					 const json_t *scalars, struct cg_error *err);

/*
 * How wide the host's physical addresses are, with which its guests' can't be wider; 0
 * if nobody knows.
 */
uint32_t cg_records_phys_bits(const struct cg_records *records, size_t i);

#define cg_auto_records cg_cleanup(cg_records_deinit)
