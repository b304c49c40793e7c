// SPDX-License-Identifier: LGPL-2.1-or-later
/* Between a CPU definition and a <cpu>. Neither can say all that the other can. */
#include "formats/libvirt-definition.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"

/* The model's name; host and max stand for modes. */
static const char *model_of(const struct cg_libvirt_cpu *cpu, struct cg_error *err)
{
	switch (cpu->mode) {
	case CG_LIBVIRT_HOST_PASSTHROUGH:
		return "host";
	case CG_LIBVIRT_MAXIMUM:
		return "max";
	case CG_LIBVIRT_HOST_MODEL:
		if (cpu->model) /* domcapabilities says what it means there */
			return cpu->model;
		(void)cg_error_set(err, CG_E_USAGE,
				   "<cpu mode='host-model'> is another CPU on each host; "
				   "virsh dumpxml of the running guest names it");
		return NULL;
	case CG_LIBVIRT_CUSTOM:
		break;
	}
	if (!cpu->model)
		(void)cg_error_set(err, CG_E_USAGE,
				   "<cpu> has no <model>: it leaves the CPU to QEMU");
	return cpu->model;
}

static int put_width(struct cg_buffer *text, const struct cg_libvirt_width *width,
		     struct cg_error *err)
{
	if (!width->passthrough)
		return width->bits
			       ? cg_buffer_printf(text, err, ",phys-bits=%u", width->bits)
			       : 0;
	if (cg_buffer_printf(text, err, ",host-phys-bits=on") < 0)
		return -1;
	return width->limit ? cg_buffer_printf(text, err, ",host-phys-bits-limit=%u",
					       width->limit)
			    : 0;
}

static int put_features(struct cg_buffer *text, const struct cg_libvirt_cpu *cpu,
			struct cg_error *err)
{
	static const char *const values[] = {
		[CG_LIBVIRT_REQUIRE] = "on",  [CG_LIBVIRT_FORCE] = "on",
		[CG_LIBVIRT_OPTIONAL] = NULL, [CG_LIBVIRT_DISABLE] = "off",
		[CG_LIBVIRT_FORBID] = "off",
	};

	for (size_t i = 0; i < cpu->count; i++) {
		const struct cg_libvirt_feature *f = &cpu->features[i];

		if (values[f->policy] &&
		    cg_buffer_printf(text, err, ",%s=%s", f->name, values[f->policy]) < 0)
			return -1;
	}
	return 0;
}

int cg_libvirt_definition_from_cpu(struct cg_definition *out,
				   const struct cg_libvirt_cpu *cpu, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(4 * CG_DEFINITION_TEXT);
	const char *model = model_of(cpu, err);

	if (!model || cg_buffer_printf(&text, err, "%s", model) < 0)
		return -1;
	if (cpu->migratable &&
	    cg_buffer_printf(&text, err, ",migratable=%s",
			     cpu->migratable == CG_LIBVIRT_ON ? "on" : "off") < 0)
		return -1;
	if (cpu->vendor_id &&
	    cg_buffer_printf(&text, err, ",vendor=%s", cpu->vendor_id) < 0)
		return -1;
	if (put_width(&text, &cpu->width, err) < 0 || put_features(&text, cpu, err) < 0)
		return -1;
	return cg_definition_parse(out, text.data, err);
}

/* Properties whose place in libvirt is not <cpu>, and those that begin like them. */
static const struct {
	const char *property, *place;
	bool begins;
} elsewhere[] = {
	{ "check", NULL, false },
	{ "enforce", NULL, false },
	{ "host-cache-info", "<cache> of its <cpu>", false },
	{ "hv-", "<hyperv> of its <features>", true },
	{ "kvm", "<kvm> of its <features>", false },
	{ "kvm-", "<kvm> of its <features>", true },
	{ "kvmclock", "<timer name='kvmclock'> of its <clock>", true },
	{ "l3-cache", "<cache> of its <cpu>", false },
	{ "pmu", "<pmu> of its <features>", false },
	{ "tsc-frequency", "<timer name='tsc'> of its <clock>", false },
};

static bool is_elsewhere(const char *property, const char **place)
{
	for (size_t i = 0; i < CG_COUNT(elsewhere); i++) {
		const char *p = elsewhere[i].property;

		*place = elsewhere[i].place;
		if (elsewhere[i].begins ? strncmp(p, property, strlen(p)) == 0
					: strcmp(p, property) == 0)
			return true;
	}
	*place = NULL;
	return false;
}

static int refuse(const struct cg_override *o, struct cg_error *err)
{
	const char *place;

	(void)is_elsewhere(o->name, &place);
	return cg_error_set(err, CG_E_USAGE, "libvirt's <cpu> can't say %s=%s%s%s",
			    o->name, o->value, place ? "; a domain has that in the " : "",
			    place ? place : "");
}

/* KVM's own: the bits of its CPUID leaf. */
static bool is_of_kvm(const char *feature)
{
	return strncmp(feature, "kvm-", 4) == 0 || strncmp(feature, "kvmclock", 8) == 0;
}

/* A number of bits, 1 to 64. */
static bool is_bits(const char *value, unsigned int *out)
{
	char *end;
	unsigned long bits;

	errno = 0;
	bits = strtoul(value, &end, 0);
	if (end == value || *end || errno || !bits || bits > 64)
		return false;
	*out = (unsigned int)bits;
	return true;
}

/* What has an element or attribute of its own; 1 if it was that. */
static int take_special(struct cg_libvirt_cpu *cpu, const struct cg_override *o,
			struct cg_error *err)
{
	bool on = false, is_bool = cg_definition_bool(o->value, &on);

	if (strcmp(o->name, "phys-bits") == 0)
		return is_bits(o->value, &cpu->width.bits) ? 1 : refuse(o, err);
	if (strcmp(o->name, "host-phys-bits-limit") == 0)
		return is_bits(o->value, &cpu->width.limit) ? 1 : refuse(o, err);
	if (strcmp(o->name, "host-phys-bits") == 0) {
		cpu->width.passthrough = on;
		return is_bool ? 1 : refuse(o, err);
	}
	if (strcmp(o->name, "migratable") == 0 && cpu->mode != CG_LIBVIRT_CUSTOM &&
	    is_bool) {
		cpu->migratable = on ? CG_LIBVIRT_ON : CG_LIBVIRT_OFF;
		return 1;
	}
	if (strcmp(o->name, "vendor") == 0 && cpu->model && strlen(o->value) == 12) {
		cpu->vendor_id = strdup(o->value);
		return cpu->vendor_id ? 1 : cg_error_errno(err, "<cpu>");
	}
	return 0;
}

static int take_override(struct cg_libvirt_cpu *cpu, const struct cg_override *o,
			 struct cg_buffer *left_out, struct cg_error *err)
{
	int taken = take_special(cpu, o, err);
	const char *place;
	bool on;

	if (taken)
		return taken < 0 ? -1 : 0;
	if (!cg_definition_bool(o->value, &on))
		return refuse(o, err);
	if (on && left_out && is_of_kvm(o->name))
		return cg_buffer_printf(left_out, err, " %s", o->name);
	if (is_elsewhere(o->name, &place))
		return refuse(o, err);
	/* forbid would refuse hosts that have the feature; the guest just mustn't. */
	return cg_libvirt_cpu_add(cpu, o->name,
				  on ? CG_LIBVIRT_REQUIRE : CG_LIBVIRT_DISABLE, err);
}

/* host and max are modes, and have no name. */
static int take_model(struct cg_libvirt_cpu *cpu, const char *model, struct cg_error *err)
{
	if (strcmp(model, "host") == 0 || strcmp(model, "max") == 0) {
		cpu->mode = *model == 'h' ? CG_LIBVIRT_HOST_PASSTHROUGH
					  : CG_LIBVIRT_MAXIMUM;
		cpu->check = CG_LIBVIRT_CHECK_NONE; /* there is nothing to compare with */
		return 0;
	}
	if (cg_libvirt_cpu_check_name("model", model, err) < 0)
		return -1;
	cpu->model = strdup(model);
	return cpu->model ? 0 : cg_error_errno(err, "<cpu>");
}

int cg_libvirt_definition_to_cpu(struct cg_libvirt_cpu *out,
				 const struct cg_definition *definition,
				 const char *vendor, struct cg_buffer *left_out,
				 struct cg_error *err)
{
	cg_auto_libvirt_cpu struct cg_libvirt_cpu cpu = { .check =
								  CG_LIBVIRT_CHECK_FULL };

	if (take_model(&cpu, definition->model, err) < 0)
		return -1;
	/* libvirt refuses a <vendor> without a <model>. */
	if (vendor && cpu.model && !(cpu.vendor = strdup(vendor)))
		return cg_error_errno(err, "<cpu>");
	for (size_t i = 0; i < definition->count; i++)
		if (take_override(&cpu, &definition->overrides[i], left_out, err) < 0)
			return -1;
	if (cpu.width.limit && !cpu.width.passthrough)
		return refuse(cg_definition_find(definition, "host-phys-bits-limit"),
			      err);
	*out = cpu;
	cpu = (struct cg_libvirt_cpu){ 0 };
	return 0;
}

static int add_all(struct cg_libvirt_cpu *cpu, const json_t *names,
		   enum cg_libvirt_policy policy, struct cg_error *err)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name) {
		const char *feature = json_string_value(name);

		if (!feature || is_of_kvm(feature) || cg_libvirt_cpu_find(cpu, feature))
			continue;
		if (cg_libvirt_cpu_add(cpu, feature, policy, err) < 0)
			return -1;
	}
	return 0;
}

static int by_policy_and_name(const void *a, const void *b)
{
	const struct cg_libvirt_feature *x = a, *y = b;

	if (x->policy != y->policy)
		return x->policy < y->policy ? -1 : 1;
	return strcmp(x->name, y->name);
}

int cg_libvirt_definition_complete(struct cg_libvirt_cpu *cpu, const json_t *present,
				   const json_t *absent, struct cg_error *err)
{
	if (!cpu->model) /* the host's own, which nobody can be wrong about */
		return 0;
	if (add_all(cpu, present, CG_LIBVIRT_REQUIRE, err) < 0 ||
	    add_all(cpu, absent, CG_LIBVIRT_DISABLE, err) < 0)
		return -1;
	if (cpu->count)
		qsort(cpu->features, cpu->count, sizeof(*cpu->features),
		      by_policy_and_name);
	return 0;
}
