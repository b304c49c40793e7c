// SPDX-License-Identifier: LGPL-2.1-or-later
/* The error type: filled once where something fails, given context on the way up. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const names[] = {
	[CG_E_NONE] = "none",         [CG_E_USAGE] = "usage",
	[CG_E_UNKNOWN] = "unknown",   [CG_E_SYSTEM] = "system",
	[CG_E_TIMEOUT] = "timeout",   [CG_E_CANCELLED] = "cancelled",
	[CG_E_LIMIT] = "limit",       [CG_E_PARSE] = "parse",
	[CG_E_PROTOCOL] = "protocol", [CG_E_REFUSED] = "refused",
	[CG_E_DIED] = "died",         [CG_E_CORRUPT] = "corrupt",
	[CG_E_NEWER] = "newer",       [CG_E_UNDECIDED] = "undecided",
	[CG_E_UNMEASURED] = "unmeasured",
};

int(cg_error_set)(struct cg_error *err, enum cg_errc code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->sys_errno = 0;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	cg_text_clean(err->msg);
	return -1;
}

int(cg_error_errno)(struct cg_error *err, const char *fmt, ...)
{
	int saved = errno;
	size_t used;
	va_list ap;

	err->code = CG_E_SYSTEM;
	err->sys_errno = saved;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", strerror(saved));
	cg_text_clean(err->msg);
	return -1;
}

int(cg_error_prefix)(struct cg_error *err, const char *fmt, ...)
{
	char inner[CG_ERROR_TEXT];
	size_t used;
	va_list ap;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", inner);
	cg_text_clean(err->msg);
	return -1;
}

bool cg_error_is_final(const struct cg_error *err)
{
	return err->code == CG_E_CANCELLED || err->code == CG_E_UNMEASURED;
}

const char *cg_errc_name(enum cg_errc code)
{
	return (size_t)code < CG_COUNT(names) ? names[code] : "unknown";
}
