// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table. Entries are dated by the release that brought the breakage. */
#include "cpumodels/advisory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define RELEASE(major, minor) ((major)*1000 + (minor))

static bool goes_back(const struct cg_departing *g)
{
	return g->from_emulator && g->to_emulator && g->to_emulator < g->from_emulator;
}

/* One side shows threads as a feature of its vCPUs, and the other doesn't. */
static bool changes_ht(const struct cg_departing *g)
{
	return g->threads > 1 && g->from_emulator && g->to_emulator &&
	       (g->from_emulator >= RELEASE(10, 0)) != (g->to_emulator >= RELEASE(10, 0));
}

static bool changes_pdcm(const struct cg_departing *g)
{
	return g->pdcm && !g->pmu && g->from_emulator && g->to_emulator &&
	       (g->from_emulator >= RELEASE(10, 1)) != (g->to_emulator >= RELEASE(10, 1));
}

static bool has_mpx(const struct cg_departing *g)
{
	return g->kvm && g->mpx;
}

/* Sent by a kernel that saves too much to one that takes no more than the guest may have. */
static bool leaks_pkru(const struct cg_departing *g)
{
	return g->kvm && !g->pku && g->from_kernel && g->from_kernel < RELEASE(5, 18) &&
	       g->to_kernel >= RELEASE(5, 18) && g->to_kernel < RELEASE(6, 6);
}

static bool has_arch_capabilities_of_kvm(const struct cg_departing *g)
{
	return g->kvm && g->amd && g->arch_capabilities;
}

static const struct {
	enum cg_reason reason;
	const char *since, *source;
	bool (*applies)(const struct cg_departing *guest);
	const char *words;
} table[] = {
	{ CG_ADVISORY_EMULATOR, "always", "QEMU, docs/devel/migration/compatibility.rst",
	  goes_back, "it goes to an older emulator than the one it comes from" },
	{ CG_ADVISORY_HT, "2025-04", "libvirt 11.10 news; harvester/harvester#11615",
	  changes_ht,
	  "only one of the two emulators counts ht among the features of several threads" },
	{ CG_ADVISORY_PDCM, "2025-08", "harvester/harvester#11358", changes_pdcm,
	  "only one of the two emulators says that pdcm is off without the PMU" },
	{ CG_ADVISORY_MPX, "2019-04", "QEMU 4.0, hw/i386/pc.c", has_mpx,
	  "mpx is gone from newer CPUs and from newer machine types" },
	/* Linux ad856280ddea (5.18) and its repair in 6.6 */
	{ CG_ADVISORY_PKRU, "2022-05", "Proxmox VE, pve-kernel patch 0008", leaks_pkru,
	  "the older kernel sends PKRU state that the newer one may not take, with which "
	  "guests were seen to hang" },
	{ CG_ADVISORY_ARCH_CAPABILITIES, "2025-08", "libvirt 12.5 news",
	  has_arch_capabilities_of_kvm,
	  "new machine types of QEMU 10.1 and later don't give arch-capabilities on AMD" },
};

int cg_advisory_version(const char *text)
{
	char *end;
	long major, minor;

	while (text && *text && !isdigit((unsigned char)*text))
		text++;
	if (!text || !*text)
		return 0;
	major = strtol(text, &end, 10);
	minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	if (major < 0 || major > 10000 || minor < 0 || minor > 999)
		return 0;
	return (int)RELEASE(major, minor);
}

void cg_advisories_add(struct cg_verdict *verdict, const struct cg_departing *guest,
		       const char *host)
{
	char words[512];

	for (size_t i = 0; i < CG_COUNT(table); i++) {
		if (!table[i].applies(guest))
			continue;
		snprintf(words, sizeof(words), "%s (%s; %s)", table[i].words,
			 table[i].source, table[i].since);
		cg_verdict_add(verdict, table[i].reason, NULL, host, words);
	}
}
