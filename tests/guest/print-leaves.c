// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where the table of cpumodels/leaves.c has each feature named on standard input:
 *
 *	NAME PLACE
 *
 * sorted as they come, one line a bit; PLACE is "-" for a name that isn't in the table.
 */
#include <stdio.h>
#include <string.h>

#include "cpumodels/leaves.h"

int main(void)
{
	char name[256], place[CG_LEAF_TEXT];

	while (fgets(name, sizeof(name), stdin)) {
		const struct cg_leaf *leaf;
		size_t count;

		name[strcspn(name, "\n")] = '\0';
		leaf = cg_leaves_find(name, &count);
		if (!leaf)
			printf("%s -\n", name);
		for (size_t i = 0; i < count; i++)
			printf("%s %s\n", name, cg_leaves_print(&leaf[i], place));
	}
	return 0;
}
