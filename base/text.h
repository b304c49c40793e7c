/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that others wrote, before a person or a JSON parser gets to see it. */
#pragma once

#include <stdbool.h>

/*
 * In place: control characters (and with them line breaks and what a terminal obeys) become
 * spaces, and what isn't UTF-8 becomes question marks. No text gets longer.
 */
void cg_text_clean(char *text);

/* Has it nothing that a terminal would obey? For UTF-8, which is taken for granted. */
bool cg_text_is_clean(const char *text);
