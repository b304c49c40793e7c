// SPDX-License-Identifier: LGPL-2.1-or-later
/* Counting. */
#include "lib/tally.h"

#include <stdio.h>
#include <string.h>

#include "machine/catalogue.h"

static json_t *counts(void)
{
	return json_pack("{s:i, s:i, s:i, s:i}", "compared", 0, "mismatched", 0,
			 "not-started", 0, "skipped", 0);
}

void cg_tally_begin(struct cg_tally *out, const struct cg_trials *trials)
{
	*out = (struct cg_tally){ .total = counts(),
				  .rows = json_object(),
				  .mismatches = json_array(),
				  .unstartable = json_copy(trials->unmeasured) };
}

static void add_one(json_t *row, const char *name)
{
	json_int_t now = json_integer_value(json_object_get(row, name));

	json_object_set_new(row, name, json_integer(now + 1));
}

static json_t *row_of(json_t *rows, const struct cg_trials_item *item)
{
	char name[CG_MACHINE_NAME + 8];
	json_t *row;

	snprintf(name, sizeof(name), "%s %s", item->accel, item->machine);
	row = json_object_get(rows, name);
	if (row)
		return row;
	row = counts();
	json_object_set_new(row, "accel", json_string(item->accel));
	json_object_set_new(row, "machine", json_string(item->machine));
	json_object_set_new(rows, name, row);
	return row;
}

void cg_tally_count(struct cg_tally *tally, const struct cg_trials_item *item,
		    const char *name)
{
	add_one(row_of(tally->rows, item), name);
	add_one(tally->total, name);
}

void cg_tally_mismatch(struct cg_tally *tally, const struct cg_trials_item *item,
		       json_t *difference)
{
	cg_tally_count(tally, item, "mismatched");
	json_object_set_new(difference, "accel", json_string(item->accel));
	json_object_set_new(difference, "machine", json_string(item->machine));
	json_object_set_new(difference, "definition", json_string(item->text));
	json_array_append_new(tally->mismatches, difference);
}

json_t *cg_tally_take(struct cg_tally *tally, const struct cg_trials *trials)
{
	json_t *out = cg_take(tally->total), *list = json_array(), *row;
	const char *name;

	json_object_foreach(tally->rows, name, row)
		json_array_append(list, row);
	json_object_set_new(out, "seed", json_integer((json_int_t)trials->seed));
	json_object_set(out, "mismatches", tally->mismatches);
	json_object_set(out, "unstartable", tally->unstartable);
	json_object_set_new(out, "machines", list);
	json_object_set_new(out, "emulator", cg_question_emulator(trials->question));
	cg_tally_deinit(tally);
	return out;
}

void cg_tally_deinit(struct cg_tally *tally)
{
	json_decref(tally->total);
	json_decref(tally->rows);
	json_decref(tally->mismatches);
	json_decref(tally->unstartable);
	*tally = (struct cg_tally){ 0 };
}
