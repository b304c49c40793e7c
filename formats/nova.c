// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Nova hands models and flags on to libvirt, so they are in libvirt's spelling. A flag
 * without a sign is switched on by every Nova that has the option, one with '+' isn't.
 */
#include "formats/nova.h"

#include "formats/libvirt-definition.h"
#include "formats/libvirt-names.h"

/* What <cpu> could say, but nova.conf can't. */
static int check(const struct cg_libvirt_cpu *cpu, struct cg_error *err)
{
	const char *what = cpu->width.bits || cpu->width.passthrough
				   ? "the width of addresses"
			   : cpu->vendor_id                  ? "a vendor"
			   : cpu->migratable                 ? "migratable"
			   : cpu->mode == CG_LIBVIRT_MAXIMUM ? "the model max"
							     : NULL;

	if (what)
		return cg_error_set(err, CG_E_USAGE, "nova.conf can't say %s", what);
	return 0;
}

static int put_flags(struct cg_buffer *out, const struct cg_libvirt_cpu *cpu,
		     struct cg_error *err)
{
	const char *mark = "cpu_model_extra_flags = ";

	for (size_t i = 0; i < cpu->count; i++) {
		const struct cg_libvirt_feature *f = &cpu->features[i];

		if (cg_buffer_printf(out, err, "%s%s%s", mark,
				     f->policy == CG_LIBVIRT_DISABLE ? "-" : "",
				     cg_libvirt_feature_from_qemu(f->name)) < 0)
			return -1;
		mark = ", ";
	}
	return cpu->count ? cg_buffer_printf(out, err, "\n") : 0;
}

int cg_nova_print(struct cg_buffer *out, const struct cg_export *export,
		  struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer left_out = CG_BUFFER(CG_DEFINITION_TEXT);
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { 0 };

	if (!export->definition)
		return cg_error_set(err, CG_E_USAGE, "nova.conf needs a CPU definition");
	if (cg_libvirt_definition_to_cpu(&cpu, export->definition, NULL, &left_out, err) <
		    0 ||
	    check(&cpu, err) < 0 ||
	    cg_libvirt_definition_complete(&cpu, NULL, export->absent, err) < 0)
		return -1;
	if (left_out.len && cg_buffer_printf(out, err, "# libvirt has no names for:%s\n",
					     left_out.data) < 0)
		return -1;
	if (cg_buffer_printf(out, err, "[libvirt]\n") < 0)
		return -1;
	if (!cpu.model && cg_buffer_printf(out, err, "cpu_mode = host-passthrough\n") < 0)
		return -1;
	if (cpu.model &&
	    cg_buffer_printf(out, err, "cpu_mode = custom\ncpu_models = %s\n",
			     cpu.model) < 0)
		return -1;
	return put_flags(out, &cpu, err);
}
