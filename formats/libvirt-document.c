// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finding the CPU in libvirt's documents, and what it is the CPU of. */
#include "formats/libvirt-document.h"

#include <ctype.h>
#include <string.h>

#include "cpumodels/spelling.h"
#include "formats/libvirt-names.h"
#include "formats/xml.h"

/* The text of a child, copied; *out stays as it is if there is none. */
static int copy_text(const struct cg_xml *xml, const char *child, char **out,
		     struct cg_error *err)
{
	const struct cg_xml *found = cg_xml_child(xml, child);

	if (!found || !*found->text)
		return 0;
	*out = strdup(found->text);
	return *out ? 0 : cg_error_errno(err, "libvirt XML");
}

/* The same for a word that may become an argument. */
static int copy_word(const char *what, const char *word, char **out, struct cg_error *err)
{
	if (!word)
		return 0;
	if (cg_libvirt_cpu_check_name(what, word, err) < 0)
		return -1;
	*out = strdup(word);
	return *out ? 0 : cg_error_errno(err, "libvirt XML");
}

static int read_accel(struct cg_libvirt_document *d, const char *type,
		      struct cg_error *err)
{
	static const struct {
		const char *type, *accel;
	} known[] = { { "kvm", "kvm" }, { "qemu", "tcg" }, { "hvf", "hvf" } };

	for (size_t i = 0; type && i < CG_COUNT(known); i++)
		if (strcmp(known[i].type, type) == 0) {
			d->accel = strdup(known[i].accel);
			return d->accel ? 0 : cg_error_errno(err, "libvirt XML");
		}
	return cg_error_set(err, CG_E_USAGE, "a domain of type '%s' isn't QEMU's",
			    type ? type : "");
}

static int read_cpu(struct cg_libvirt_document *d, const struct cg_xml *xml,
		    struct cg_error *err)
{
	if (!xml)
		return 0;
	if (cg_libvirt_cpu_read(&d->cpu, xml, err) < 0)
		return -1;
	d->has_cpu = true;
	return 0;
}

static int read_vcpus(struct cg_libvirt_document *d, const char *text,
		      struct cg_error *err)
{
	if (!text || !*text)
		return 0;
	if (text[strspn(text, "0123456789")] || strlen(text) > 6)
		return cg_error_set(err, CG_E_PARSE, "<vcpu>: %s isn't a number of CPUs",
				    text);
	d->vcpus = (unsigned int)strtoul(text, NULL, 10);
	return 0;
}

/* A frequency for the guest's TSC is said elsewhere in a domain, but is its CPU's. */
static int read_timers(struct cg_libvirt_document *d, const struct cg_xml *domain,
		       struct cg_error *err)
{
	const struct cg_xml *timer = cg_xml_child(cg_xml_child(domain, "clock"), "timer");

	for (; timer; timer = cg_xml_again(timer)) {
		const char *name = cg_xml_get(timer, "name");
		const char *hz = cg_xml_get(timer, "frequency");

		if (!name || !hz || strcmp(name, "tsc") != 0)
			continue;
		if (!*hz || hz[strspn(hz, "0123456789")] || strlen(hz) > 18)
			return cg_error_set(err, CG_E_PARSE,
					    "<timer frequency='%s'> isn't a frequency",
					    hz);
		d->cpu.tsc_hz = strtoull(hz, NULL, 10);
	}
	return 0;
}

static int read_domain(struct cg_libvirt_document *d, const struct cg_xml *xml,
		       struct cg_error *err)
{
	const struct cg_xml *type = cg_xml_child(cg_xml_child(xml, "os"), "type");
	const struct cg_xml *vcpu = cg_xml_child(xml, "vcpu");

	d->kind = CG_LIBVIRT_DOMAIN;
	if (read_accel(d, cg_xml_get(xml, "type"), err) < 0 ||
	    copy_text(xml, "name", &d->name, err) < 0 ||
	    copy_text(cg_xml_child(xml, "devices"), "emulator", &d->emulator, err) < 0 ||
	    copy_word("os", cg_xml_get(type, "machine"), &d->machine, err) < 0 ||
	    copy_word("os", cg_xml_get(type, "arch"), &d->arch, err) < 0 ||
	    read_vcpus(d, vcpu ? vcpu->text : NULL, err) < 0)
		return -1;
	if (read_cpu(d, cg_xml_child(xml, "cpu"), err) < 0)
		return -1;
	return read_timers(d, xml, err);
}

static int read_capabilities(struct cg_libvirt_document *d, const struct cg_xml *xml,
			     struct cg_error *err)
{
	const struct cg_xml *cpu = cg_xml_child(cg_xml_child(xml, "host"), "cpu");

	d->kind = CG_LIBVIRT_CAPABILITIES;
	if (read_cpu(d, cpu, err) < 0)
		return -1;
	return d->cpu.arch ? copy_word("arch", d->cpu.arch, &d->arch, err) : 0;
}

static int read_usable(const struct cg_xml *xml, enum cg_libvirt_usable *out,
		       struct cg_error *err)
{
	static const char *const words[] = { "unknown", "yes", "no" };
	const char *usable = cg_xml_get(xml, "usable");

	for (size_t i = 0; i < CG_COUNT(words); i++)
		if (!usable || strcmp(words[i], usable) == 0) {
			*out = (enum cg_libvirt_usable)i;
			return 0;
		}
	return cg_error_set(err, CG_E_PARSE, "<model usable='%s'>: yes, no or unknown",
			    usable);
}

/* The attribute says "unknown" where libvirt doesn't know. */
static int read_model(struct cg_libvirt_model *model, const struct cg_xml *xml,
		      struct cg_error *err)
{
	const char *vendor = cg_xml_get(xml, "vendor");
	const char *deprecated = cg_xml_get(xml, "deprecated");

	if (vendor && strcmp(vendor, "unknown") != 0 &&
	    copy_word("model", cg_libvirt_vendor_to_qemu(vendor), &model->vendor, err) <
		    0)
		return -1;
	model->deprecated = deprecated && strcmp(deprecated, "yes") == 0;
	if (read_usable(xml, &model->usable, err) < 0 ||
	    copy_word("model", cg_xml_get(xml, "canonical"), &model->canonical, err) < 0)
		return -1;
	return copy_word("model", xml->text, &model->name, err);
}

static int read_models(struct cg_libvirt_document *d, const struct cg_xml *mode,
		       struct cg_error *err)
{
	const struct cg_xml *model = cg_xml_child(mode, "model");

	d->models = calloc(CG_LIBVIRT_MODELS_MAX, sizeof(*d->models));
	if (!d->models)
		return cg_error_errno(err, "libvirt XML");
	for (; model; model = cg_xml_again(model)) {
		if (d->count == CG_LIBVIRT_MODELS_MAX)
			return cg_error_set(err, CG_E_LIMIT, "more than %d CPU models",
					    CG_LIBVIRT_MODELS_MAX);
		/* Counted before it is whole, so that all of it is freed. */
		if (read_model(&d->models[d->count++], model, err) < 0)
			return -1;
	}
	return 0;
}

static int add_blocker(struct cg_libvirt_model *model, const char *given,
		       struct cg_error *err)
{
	char name[CG_NAME_MAX];

	if (cg_libvirt_cpu_check_name("blockers", given ? given : "", err) < 0)
		return -1;
	if (model->count == CG_FEATURES_MAX)
		return cg_error_set(err, CG_E_LIMIT, "%s has more than %d blockers",
				    model->name, CG_FEATURES_MAX);
	cg_spelling_canonical(cg_libvirt_feature_to_qemu(given), name);
	model->blockers[model->count] = strdup(name);
	if (!model->blockers[model->count])
		return cg_error_errno(err, "libvirt XML");
	model->count++;
	return 0;
}

static int read_blockers(struct cg_libvirt_document *d, const struct cg_xml *blockers,
			 struct cg_error *err)
{
	const char *name = cg_xml_get(blockers, "model");
	struct cg_libvirt_model *model = NULL;
	const struct cg_xml *feature = cg_xml_child(blockers, "feature");

	for (size_t i = 0; name && i < d->count; i++)
		if (strcmp(d->models[i].name, name) == 0)
			model = &d->models[i];
	if (!model || model->blockers)
		return cg_error_set(err, CG_E_PARSE, "<blockers model='%s'>: %s",
				    name ? name : "",
				    model ? "a second time" : "there is no such model");
	model->blockers = calloc(CG_FEATURES_MAX, sizeof(char *));
	if (!model->blockers)
		return cg_error_errno(err, "libvirt XML");
	for (; feature; feature = cg_xml_again(feature))
		if (add_blocker(model, cg_xml_get(feature, "name"), err) < 0)
			return -1;
	return 0;
}

static int read_custom(struct cg_libvirt_document *d, const struct cg_xml *mode,
		       struct cg_error *err)
{
	const struct cg_xml *blockers = cg_xml_child(mode, "blockers");

	if (d->models)
		return cg_error_set(err, CG_E_PARSE,
				    "<mode name='custom'> is there twice");
	if (read_models(d, mode, err) < 0)
		return -1;
	for (; blockers; blockers = cg_xml_again(blockers))
		if (read_blockers(d, blockers, err) < 0)
			return -1;
	return 0;
}

static int read_mode(struct cg_libvirt_document *d, const struct cg_xml *mode,
		     struct cg_error *err)
{
	const char *name = cg_xml_get(mode, "name"),
		   *supported = cg_xml_get(mode, "supported");

	if (!name || !supported || strcmp(supported, "yes") != 0)
		return 0;
	if (strcmp(name, "host-model") == 0 && d->has_cpu)
		return cg_error_set(err, CG_E_PARSE,
				    "<mode name='host-model'> is there twice");
	if (strcmp(name, "host-model") == 0)
		return read_cpu(d, mode, err);
	if (strcmp(name, "custom") == 0)
		return read_custom(d, mode, err);
	d->passthrough |= strcmp(name, "host-passthrough") == 0;
	d->maximum |= strcmp(name, "maximum") == 0;
	return 0;
}

static int read_domcapabilities(struct cg_libvirt_document *d, const struct cg_xml *xml,
				struct cg_error *err)
{
	const struct cg_xml *mode = cg_xml_child(cg_xml_child(xml, "cpu"), "mode");
	const struct cg_xml *type = cg_xml_child(xml, "domain");
	const struct cg_xml *machine = cg_xml_child(xml, "machine");
	const struct cg_xml *arch = cg_xml_child(xml, "arch");

	d->kind = CG_LIBVIRT_DOMCAPABILITIES;
	if (read_accel(d, type ? type->text : NULL, err) < 0 ||
	    copy_text(xml, "path", &d->emulator, err) < 0 ||
	    copy_word("machine", machine ? machine->text : NULL, &d->machine, err) < 0 ||
	    copy_word("arch", arch ? arch->text : NULL, &d->arch, err) < 0 ||
	    read_vcpus(d, cg_xml_get(cg_xml_child(xml, "vcpu"), "max"), err) < 0)
		return -1;
	for (; mode; mode = cg_xml_again(mode))
		if (read_mode(d, mode, err) < 0)
			return -1;
	return 0;
}

static int read_document(struct cg_libvirt_document *d, const struct cg_xml *xml,
			 struct cg_error *err)
{
	if (strcmp(xml->name, "cpu") == 0)
		return read_cpu(d, xml, err);
	if (strcmp(xml->name, "domain") == 0)
		return read_domain(d, xml, err);
	if (strcmp(xml->name, "capabilities") == 0)
		return read_capabilities(d, xml, err);
	if (strcmp(xml->name, "domainCapabilities") == 0)
		return read_domcapabilities(d, xml, err);
	return cg_error_set(
		err, CG_E_PARSE,
		"<%s> isn't one of libvirt's <cpu>, <domain>, <capabilities> and "
		"<domainCapabilities>",
		xml->name);
}

int cg_libvirt_document_parse(struct cg_libvirt_document *out, const char *text,
			      size_t len, struct cg_error *err)
{
	cg_auto_libvirt_document struct cg_libvirt_document document = { 0 };
	cg_auto_xml struct cg_xml *xml = NULL;

	if (cg_xml_parse(&xml, text, len, err) < 0 ||
	    read_document(&document, xml, err) < 0)
		return -1;
	*out = document;
	document = (struct cg_libvirt_document){ 0 };
	return 0;
}

static void free_model(struct cg_libvirt_model *model)
{
	for (size_t i = 0; i < model->count; i++)
		free(model->blockers[i]);
	free(model->blockers);
	free(model->name);
	free(model->vendor);
	free(model->canonical);
}

void cg_libvirt_document_deinit(struct cg_libvirt_document *document)
{
	for (size_t i = 0; i < document->count; i++)
		free_model(&document->models[i]);
	free(document->models);
	free(document->name);
	free(document->emulator);
	free(document->machine);
	free(document->arch);
	free(document->accel);
	cg_libvirt_cpu_deinit(&document->cpu);
	*document = (struct cg_libvirt_document){ 0 };
}

bool cg_libvirt_document_is_xml(const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf"; /* that says "UTF-8" */

	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		len -= 3;
	}
	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	return len && *text == '<';
}

const struct cg_libvirt_model *
cg_libvirt_document_model(const struct cg_libvirt_document *document, const char *name)
{
	for (size_t i = 0; i < document->count; i++)
		if (strcmp(document->models[i].name, name) == 0)
			return &document->models[i];
	return NULL;
}
