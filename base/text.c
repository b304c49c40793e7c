// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cleaning is done bytewise: the locale has no say in what is a character. */
#include "base/text.h"

#include <stddef.h>
#include <string.h>

/* Length of the UTF-8 character at @p and what it stands for; 0 if it isn't one. */
static size_t decode(const unsigned char *p, unsigned *out)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80       ? 1
		     : *p >> 5 == 6  ? 2
		     : *p >> 4 == 14 ? 3
		     : *p >> 3 == 30 ? 4
				     : 0;
	unsigned code = len == 1 ? *p : *p & (0x7fU >> len);

	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (!len || code < least[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	*out = code;
	return len;
}

void cg_text_clean(char *text)
{
	unsigned char *p = (unsigned char *)text;
	unsigned code;

	while (*p) {
		size_t len = decode(p, &code);

		if (!len)
			*p = '?';
		else if (code < ' ' || (code >= 0x7f && code < 0xa0))
			memset(p, ' ', len);
		p += len ? len : 1;
	}
}

bool cg_text_is_clean(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			return false;
	return true;
}
