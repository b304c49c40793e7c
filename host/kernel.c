// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What identifies the kernel. Release and version come from /proc/sys/kernel, where
 * they are what uname(2) says, so that tests can put others there. The build id is
 * asked for because a reproducible build has no time stamp in its version: two kernels
 * may differ in nothing else.
 */
#include "host/kernel.h"

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "host/tree.h"

static size_t aligned(uint32_t size)
{
	return ((size_t)size + 3) & ~(size_t)3;
}

/* Notes are a header, a name and a description each, padded to 4 bytes. */
static const uint8_t *find_build_id(const uint8_t *notes, size_t len, size_t *size)
{
	Elf32_Nhdr head;

	while (len >= sizeof(head)) {
		const uint8_t *name = notes + sizeof(head), *text;

		memcpy(&head, notes, sizeof(head));
		len -= sizeof(head);
		if (head.n_namesz > len || aligned(head.n_namesz) > len ||
		    head.n_descsz > len - aligned(head.n_namesz))
			return NULL;
		text = name + aligned(head.n_namesz);
		if (head.n_type == NT_GNU_BUILD_ID &&
		    head.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    memcmp(name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0) {
			*size = head.n_descsz;
			return text;
		}
		len -= aligned(head.n_namesz);
		if (aligned(head.n_descsz) >= len)
			return NULL;
		len -= aligned(head.n_descsz);
		notes = text + aligned(head.n_descsz);
	}
	return NULL;
}

bool cg_kernel_build_id(int root, const char *path, char out[static CG_BUILD_ID])
{
	uint8_t notes[4096];
	ssize_t len = cg_tree_read(root, path, notes, sizeof(notes));
	size_t size = 0;
	const uint8_t *id = len > 0 ? find_build_id(notes, (size_t)len, &size) : NULL;

	if (!id)
		size = 0;
	for (size_t i = 0; i < size && i < CG_BUILD_ID / 2; i++) {
		*out++ = "0123456789abcdef"[id[i] >> 4];
		*out++ = "0123456789abcdef"[id[i] & 15];
	}
	*out = '\0';
	return size > 0;
}

json_t *cg_kernel_json(int root)
{
	struct utsname us = { .machine = "unknown" };
	char release[128], version[256], build_id[CG_BUILD_ID];
	json_auto_t *kernel = NULL;

	uname(&us);
	if (!cg_tree_text(root, "proc/sys/kernel/osrelease", release, sizeof(release)))
		memcpy(release, us.release, sizeof(us.release));
	if (!cg_tree_text(root, "proc/sys/kernel/version", version, sizeof(version)))
		memcpy(version, us.version, sizeof(us.version));
	kernel = json_pack("{s:s, s:s, s:s}", "release", release, "version", version,
			   "machine", us.machine);
	if (kernel && cg_kernel_build_id(root, "sys/kernel/notes", build_id) &&
	    json_object_set_new(kernel, "build-id", json_string(build_id)) < 0)
		return NULL;
	return cg_take(kernel);
}

/* "microcode\t: 0x1000065" in the first processor's paragraph. */
static bool from_cpuinfo(char *text, char *out, size_t size)
{
	char *end = strstr(text, "\n\n"), *line, *colon;

	if (end)
		*end = '\0';
	line = strstr(text, "\nmicrocode");
	colon = line ? strchr(line, ':') : NULL;
	if (!colon)
		return false;
	colon += 1 + strspn(colon + 1, " \t");
	snprintf(out, size, "%.*s", (int)strcspn(colon, " \t\n"), colon);
	return true;
}

/*
 * The first CPU stands for all: the kernel loads the same revision everywhere, and to
 * ask each CPU takes milliseconds on a large host. sysfs goes first because merely
 * opening /proc/cpuinfo sleeps for 10 ms on bare metal before Linux 5.18 (it samples
 * frequencies); under a hypervisor there is no such folder in sysfs, and nothing to
 * sample.
 */
json_t *cg_kernel_microcode(int root)
{
	/* Room for the line we want: with more, the kernel would write up more CPUs. */
	char revision[64], text[1024];
	ssize_t len;

	if (cg_tree_text(root, "sys/devices/system/cpu/cpu0/microcode/version", revision,
			 sizeof(revision)))
		return json_string(revision);
	len = cg_tree_read(root, "proc/cpuinfo", text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	if (!from_cpuinfo(text, revision, sizeof(revision)))
		return json_string("unknown");
	return json_string(revision);
}
