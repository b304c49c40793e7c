/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a database together with whoever else is opening, making or using it now. */
#pragma once

#include "cache/database.h"

/*
 * Connect to the file behind the database's door and stand in that, or make the file if
 * there is none. What is damaged or newer is set aside and begun anew only where the kind
 * allows it; then *@aside says so. True if the database can be used, perhaps only for
 * reading; else *@why says what is in the way and nothing has been changed. Blocks for
 * about a second for others who make the file, and as long as SQLite waits for locks.
 */
bool cg_opening_settle(struct cg_database *database, struct cg_door *door,
		       struct cg_error *why, struct cg_error *aside);
