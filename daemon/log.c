// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

#define LINE_BYTES 1024

static bool for_journal;

/* $JOURNAL_STREAM is the device and inode of the journal's socket. */
void cg_log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	for_journal = strcmp(own, stream) == 0;
}

void cg_log(enum cg_log priority, const char *fmt, ...)
{
	char line[LINE_BYTES], text[LINE_BYTES - 32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cg_text_clean(text);
	if (for_journal)
		snprintf(line, sizeof(line), "<%d>%s\n", (int)priority, text);
	else
		snprintf(line, sizeof(line), "cpugated: %s\n", text);
	(void)!write(STDERR_FILENO, line, strlen(line));
}
