/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes that make ownership and checking part of a declaration. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define cg_must_check __attribute__((warn_unused_result))
#define cg_nonnull __attribute__((nonnull))
#define cg_printf(fmt_, first_) __attribute__((format(printf, fmt_, first_)))
#define cg_cleanup(fn) __attribute__((cleanup(fn)))

/* Hand over what a cleanup variable holds: the variable is empty afterwards. */
#define cg_take(p)                                                                       \
	({                                                                               \
		__auto_type cg_taken_ = (p);                                             \
		(p) = NULL;                                                              \
		cg_taken_;                                                               \
	})

static inline int cg_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void cg_freep(void *p)
{
	free(*(void **)p);
}

static inline void cg_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define cg_auto_free cg_cleanup(cg_freep)
#define cg_auto_close cg_cleanup(cg_closep)

#define CG_COUNT(array) (sizeof(array) / sizeof((array)[0]))
