/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be asked for, in the shape of QEMU's query-qmp-schema. */
#pragma once

#include <jansson.h>

/* A list of SchemaInfo. New reference. */
json_t *cg_schema(void);

/* A list of { "name" }: query-commands. New reference. */
json_t *cg_schema_commands(void);
