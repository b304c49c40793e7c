// SPDX-License-Identifier: LGPL-2.1-or-later
/* The progress bar: what is done, how fast, and how long the rest will take. */
#include "cli/bar.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define CELLS 30
#define QUIET_NS (CG_S / 2)
#define LINE_NS (5 * CG_S) /* between plain lines */

static void draw(struct cg_bar *bar, size_t done, size_t total, const char *what,
		 double rate)
{
	static const char full[] = "##############################";
	int cells = (int)(CELLS * done / total);

	fprintf(stderr, "\r[%-*.*s] %zu/%zu  %.1f/s  %.0f s left  %-20.20s", CELLS, cells,
		full, done, total, rate, rate > 0 ? (double)(total - done) / rate : 0,
		what);
	bar->shown = true;
}

void cg_bar_tell(void *data, size_t done, size_t total, const char *what)
{
	struct cg_bar *bar = data;
	int64_t now = cg_clock_now();
	bool terminal = isatty(STDERR_FILENO);
	double rate;

	if (!total) { /* no progress, but news */
		cg_bar_end(bar);
		fprintf(stderr, "cpugate: ready: %s\n", what);
		return;
	}
	if (done >= total && terminal) { /* whoever comes then has the line */
		cg_bar_end(bar);
		return;
	}
	if (!bar->started)
		bar->started = bar->told = now;
	if (now - bar->started < QUIET_NS || (!terminal && now - bar->told < LINE_NS))
		return;
	rate = (double)done * CG_S / (double)(now - bar->started);
	bar->told = now;
	if (terminal)
		draw(bar, done, total, what, rate);
	else
		fprintf(stderr, "cpugate: %zu of %zu, %.1f/s\n", done, total, rate);
}

void cg_bar_end(struct cg_bar *bar)
{
	if (bar->shown)
		fputs("\r\033[K", stderr);
	bar->shown = false;
}
