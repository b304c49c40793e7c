/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's queries, each with its reply checked for shape: what comes back has the members that its
 * comment names, with the right types. A wrong shape is CG_E_PROTOCOL. All block for a reply.
 */
#pragma once

#include "emulator/qmp.h"

/* query-version and query-target: { "version": "7.2.22", "package", "target": "x86_64" }. */
cg_must_check int cg_query_about(struct cg_qmp *qmp, json_t **out, struct cg_error *err);

/* query-kvm: is this process really using KVM? (accel=kvm:tcg falls back in silence) */
cg_must_check int cg_query_kvm(struct cg_qmp *qmp, bool *enabled, struct cg_error *err);

/* query-machines: a list of MachineInfo, each with a "name". */
cg_must_check int cg_query_machines(struct cg_qmp *qmp, json_t **out,
				    struct cg_error *err);

/* The machine type that runs, by qom-get: "pc-q35-7.2", "none". The caller frees it. */
cg_must_check int cg_query_machine(struct cg_qmp *qmp, char **out, struct cg_error *err);

/*
 * query-cpu-definitions: a list of CpuDefinitionInfo, each with a "name". Where the target has
 * no such command: an empty list.
 */
cg_must_check int cg_query_definitions(struct cg_qmp *qmp, json_t **out,
				       struct cg_error *err);

/*
 * query-cpu-model-expansion in two halves, so that several can be on their way: send one (@props,
 * consumed, may be NULL), and take the oldest one's { property: value }.
 */
cg_must_check int cg_query_send_expansion(struct cg_qmp *qmp, const char *type,
					  const char *model, json_t *props,
					  struct cg_error *err);
cg_must_check int cg_query_receive_expansion(struct cg_qmp *qmp, json_t **out,
					     struct cg_error *err);

/* Both halves. */
cg_must_check int cg_query_expansion(struct cg_qmp *qmp, const char *type,
				     const char *model, json_t *props, json_t **out,
				     struct cg_error *err);

/* QOM paths of all vCPUs (query-cpus-fast): a list of strings, empty for a machine without. */
cg_must_check int cg_query_cpus(struct cg_qmp *qmp, json_t **out, struct cg_error *err);

/*
 * query-name and query-uuid: what a guest is called. Either may be NULL: it has no name, or a
 * UUID of nothing but zeros. The caller frees them.
 */
cg_must_check int cg_query_identity(struct cg_qmp *qmp, char **name, char **uuid,
				    struct cg_error *err);

/* qom-get of one property. */
cg_must_check int cg_query_property(struct cg_qmp *qmp, const char *path,
				    const char *property, json_t **out,
				    struct cg_error *err);

/*
 * qom-get of @count properties at once: a new object; those that there aren't are left out.
 */
cg_must_check int cg_query_properties(struct cg_qmp *qmp, const char *path,
				      const char *const *properties, size_t count,
				      json_t **out, struct cg_error *err);

/* query-status: the caller frees *@status, a word such as "paused". */
cg_must_check int cg_query_status(struct cg_qmp *qmp, char **status, bool *runs,
				  struct cg_error *err);
