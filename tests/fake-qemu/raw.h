/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON text walked without being parsed: recorded replies are kept, cut and sent byte for
 * byte, so that nothing is lost that a parser would lose. The text is trusted to be JSON;
 * of other text the walk makes nonsense, but never leaves it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A piece of somebody else's text. @at is NULL for "there is none". */
struct raw {
	const char *at;
	size_t len;
};

#define RAW(literal) ((struct raw){ .at = (literal), .len = sizeof(literal) - 1 })

struct raw raw_of(const char *text);

/* Is it exactly @text? */
bool raw_is(struct raw raw, const char *text);
bool raw_equal(struct raw a, struct raw b);

/*
 * The string's characters, escapes as they stand; what is no string comes back unchanged.
 */
struct raw raw_unquote(struct raw raw);

/* What stands between the brackets of an object or array. Walk it with raw_next(). */
struct raw raw_inside(struct raw raw);

/*
 * The next member or element of *@rest, which shrinks; false at the end. @key is without
 * its quotes, and empty for an element.
 */
bool raw_next(struct raw *rest, struct raw *key, struct raw *value);

/* The value of a member; none if @object isn't there or doesn't have it. */
struct raw raw_get(struct raw object, const char *key);

/* Length of the object that @text begins with; 0 while its end isn't there yet. */
size_t raw_object(const char *text, size_t len);
