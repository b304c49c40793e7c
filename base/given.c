// SPDX-License-Identifier: LGPL-2.1-or-later
/* One pointer per thread: whose files they are. */
#include "base/given.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/buffer.h"

static _Thread_local const struct cg_given *current;

void cg_given_use(const struct cg_given *given)
{
	current = given;
}

const struct cg_given *cg_given_now(void)
{
	return current;
}

bool cg_given_has(const char *name)
{
	struct stat st;
	const char *text;
	size_t len;

	if (current)
		return current->text(current->data, name, &text, &len) == 0;
	return stat(name, &st) == 0 && !S_ISDIR(st.st_mode);
}

int cg_given_read(struct cg_buffer *out, const char *name, struct cg_error *err)
{
	const char *text;
	size_t len;
	int why = current->text(current->data, name, &text, &len);

	if (why < 0)
		return cg_error_set(err, CG_E_UNKNOWN,
				    "file %s: its contents weren't given", name);
	if (why > 0) {
		errno = why;
		return cg_error_errno(err, "open %s", name);
	}
	return cg_buffer_put(out, text, len, err);
}
