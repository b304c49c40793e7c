// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Spellings. The alias list is a fact of QEMU's source and not of any CPU: it names properties
 * that are the same property.
 */
#include "cpumodels/spelling.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "sse3", "pni" },      { "pclmuldq", "pclmulqdq" },
	{ "sse4-1", "sse4.1" }, { "sse4-2", "sse4.2" },
	{ "xd", "nx" },         { "ffxsr", "fxsr-opt" },
	{ "i64", "lm" },
};

char *cg_spelling_canonical(const char *spelling, char out[static CG_NAME_MAX])
{
	size_t len = strnlen(spelling, CG_NAME_MAX - 1);

	for (size_t i = 0; i < len; i++)
		out[i] = spelling[i] == '_' ? '-' : spelling[i];
	out[len] = '\0';
	for (size_t i = 0; i < CG_COUNT(aliases); i++)
		if (strcmp(out, aliases[i].alias) == 0)
			strcpy(out, aliases[i].name);
	return out;
}

/* The letters and digits of a name, in lower case. */
static size_t letters(const char *name, char out[static CG_NAME_MAX])
{
	size_t len = 0;

	for (; *name && len + 1 < CG_NAME_MAX; name++)
		if (isalnum((unsigned char)*name))
			out[len++] = (char)tolower((unsigned char)*name);
	return len;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Three rows of the usual table: a swap of neighbours looks two rows back. */
size_t cg_spelling_distance(const char *a, const char *b)
{
	char x[CG_NAME_MAX], y[CG_NAME_MAX];
	size_t m = letters(a, x), n = letters(b, y), rows[3][CG_NAME_MAX];

	for (size_t j = 0; j <= n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3],
		       *before = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1,
				       last[j - 1] + (x[i - 1] != y[j - 1]));
			if (i > 1 && j > 1 && x[i - 1] == y[j - 2] &&
			    x[i - 2] == y[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return rows[m % 3][n];
}
