// SPDX-License-Identifier: LGPL-2.1-or-later
/* QEMU: migration/savevm.c; libvirt: src/qemu/qemu_saveimage.h. */
#include "formats/saved-guest.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/given.h"

#define MAGIC "QEVM"
#define VERSION_WITH_SECTIONS 3
#define SECTION_CONFIGURATION 7

#define LIBVIRT_MAGIC "LibvirtQemudSave"
#define LIBVIRT_PARTIAL "LibvirtQemudPart"
#define LIBVIRT_HEADER 92
#define LIBVIRT_DOMAIN_MAX (64 << 20)

static uint32_t big_endian(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

static int neither(const char *path, struct cg_error *err)
{
	return cg_error_set(err, CG_E_PARSE,
			    "%s isn't a guest that QEMU or libvirt saved", path);
}

/* As many bytes as there are, up to @size. */
static int read_at(int fd, off_t offset, unsigned char *out, size_t size, size_t *got,
		   const char *path, struct cg_error *err)
{
	ssize_t n = pread(fd, out, size, offset);

	if (n < 0)
		return cg_error_errno(err, "read %s", path);
	*got = (size_t)n;
	return 0;
}

/* "QEVM", the version, and as a rule a section that holds a name with its length. */
static int read_head(const unsigned char *head, size_t size, char *out, const char *path,
		     struct cg_error *err)
{
	uint32_t len;

	if (size < 8 || memcmp(head, MAGIC, 4) != 0)
		return neither(path, err);
	if (size < 13 || big_endian(head + 4) != VERSION_WITH_SECTIONS ||
	    head[8] != SECTION_CONFIGURATION)
		return 0;
	len = big_endian(head + 9);
	if (!len || len >= CG_SAVED_MACHINE || size < 13 + len)
		return neither(path, err);
	for (uint32_t i = 0; i < len; i++)
		if (!isgraph(head[13 + i]))
			return neither(path, err);
	memcpy(out, head + 13, len);
	out[len] = '\0';
	return 0;
}

/* libvirt's numbers are those of the host that wrote them: its own. */
static int find_stream(const unsigned char *head, size_t size, off_t *out, bool *packed,
		       const char *path, struct cg_error *err)
{
	uint32_t domain, format;

	if (size < LIBVIRT_HEADER)
		return neither(path, err);
	memcpy(&domain, head + 20, sizeof(domain));
	memcpy(&format, head + 28, sizeof(format));
	if (domain > LIBVIRT_DOMAIN_MAX)
		return neither(path, err);
	*out = LIBVIRT_HEADER + (off_t)domain;
	*packed = format != 0;
	return 0;
}

int cg_saved_guest_machine(const char *path, char out[static CG_SAVED_MACHINE],
			   struct cg_error *err)
{
	unsigned char head[LIBVIRT_HEADER + CG_SAVED_MACHINE];
	cg_auto_close int fd = -1;
	bool packed = false;
	struct stat st;
	off_t at = 0;
	size_t got;

	*out = '\0';
	if (cg_given_now())
		return cg_error_set(err, CG_E_REFUSED,
				    "%s: a saved guest is looked at where it is, by whom it "
				    "belongs to",
				    path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cg_error_errno(err, "open %s", path);
	if (!S_ISREG(st.st_mode))
		return neither(path, err);
	if (read_at(fd, 0, head, sizeof(head), &got, path, err) < 0)
		return -1;
	if (got > 16 && (memcmp(head, LIBVIRT_MAGIC, 16) == 0 ||
			 memcmp(head, LIBVIRT_PARTIAL, 16) == 0)) {
		if (find_stream(head, got, &at, &packed, path, err) < 0)
			return -1;
		if (packed)
			return 0;
		if (read_at(fd, at, head, sizeof(head), &got, path, err) < 0)
			return -1;
	}
	return read_head(head, got, out, path, err);
}
