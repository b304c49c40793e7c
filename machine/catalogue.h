/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine types of one emulator: QEMU's own list (MachineInfo, as query-machines gives it), with names
 * resolved. All functions borrow the list; names they return live as long as it does.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

#define CG_MACHINE_NAME 64

/*
 * The list in a fixed order: by family, newest version first, the rest by name. New reference. QEMU's order is that of a hash
 * table and changes from one start to the next.
 */
json_t *cg_catalogue_sorted(const json_t *machines);

/* The entry of a machine type by its name or alias ("q35" is pc-q35-7.2); NULL if there is none. */
const json_t *cg_catalogue_find(const json_t *machines, const char *name);

/* The canonical name behind a name or alias; NULL if there is none. */
const char *cg_catalogue_resolve(const json_t *machines, const char *name);

/* The machine type that QEMU takes when none is named; NULL for targets that have no default. */
const char *cg_catalogue_default(const json_t *machines);

/* The newest machine type of a family ("pc-q35"), by version; NULL if it has none. */
const char *cg_catalogue_newest(const json_t *machines, const char *family);

/* The name most like @name; NULL if none is near. */
const char *cg_catalogue_nearest(const json_t *machines, const char *name);

/*
 * "pc-q35-7.2" is family "pc-q35", version 7.2 (and pc-q35-4.0.1 is 4.0); a name without a version is a family of its own with
 * version 0.0. @family has CG_MACHINE_NAME bytes. False if there is no version.
 */
bool cg_catalogue_split(const char *name, char family[static CG_MACHINE_NAME], int *major,
			int *minor);
