// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libvirt is about to start a guest, or to take one that comes: may it? libvirt tells the
 * domain as it will be started, and the question is that of check launch about the command
 * line that it will make of it, with policies and check= as libvirt means them.
 */
#include <stdio.h>
#include <string.h>

#include "formats/libvirt-definition.h"
#include "formats/libvirt-document.h"
#include "lib/command.h"
#include "lib/launch-verdict.h"
#include "lib/settings.h"

static const char *const arguments[] = { "words", "text", NULL };

/* GUEST OPERATION SUBOPERATION, as libvirt calls hooks. */
enum { GUEST, OPERATION, SUBOPERATION, WORDS };

struct hook {
	const char *words[WORDS];
	struct cg_settings settings;
	struct cg_libvirt_document domain;
	struct cg_launch launch;
	struct cg_verdict verdict;
	char *definition;
};

static void deinit(struct hook *h)
{
	cg_libvirt_document_deinit(&h->domain);
	cg_launch_deinit(&h->launch);
	cg_verdict_deinit(&h->verdict);
	free(h->definition);
}

static bool is_asked(const struct hook *h)
{
	static const char *const operations[] = { "prepare", "migrate", "restore" };

	if (!h->settings.libvirt_hook || strcmp(h->words[SUBOPERATION], "begin") != 0)
		return false;
	for (size_t i = 0; i < CG_COUNT(operations); i++)
		if (strcmp(h->words[OPERATION], operations[i]) == 0)
			return true;
	return false;
}

static int read_words(struct hook *h, const json_t *args, struct cg_error *err)
{
	const json_t *words = json_object_get(args, "words");

	for (size_t i = 0; i < WORDS; i++) {
		h->words[i] = json_string_value(json_array_get(words, i));
		if (!h->words[i])
			return cg_error_set(err, CG_E_USAGE,
					    "hook libvirt: GUEST OPERATION SUBOPERATION "
					    "EXTRA, as libvirt calls it");
	}
	return 0;
}

/* What it comes to. */

static void doubt(struct hook *h, const char *words)
{
	cg_verdict_add(&h->verdict, CG_LAUNCH_UNREAD, NULL, NULL, words);
}

static enum cg_libvirt_check check_of(const struct hook *h)
{
	const struct cg_libvirt_document *d = &h->domain;
	bool is_whole = d->cpu.mode == CG_LIBVIRT_HOST_PASSTHROUGH ||
			d->cpu.mode == CG_LIBVIRT_MAXIMUM;

	if (!d->has_cpu || !d->cpu.model)
		return is_whole ? CG_LIBVIRT_CHECK_PARTIAL : CG_LIBVIRT_CHECK_NONE;
	if (d->cpu.check != CG_LIBVIRT_CHECK_UNSAID)
		return d->cpu.check;
	return strcmp(d->accel, "kvm") == 0 ? CG_LIBVIRT_CHECK_PARTIAL
					    : CG_LIBVIRT_CHECK_NONE;
}

/* A feature that the guest may do without. */
static bool is_exempt(const struct hook *h, const char *feature)
{
	const struct cg_libvirt_feature *f =
		feature ? cg_libvirt_cpu_find(&h->domain.cpu, feature) : NULL;

	if (!f)
		return false;
	return f->policy == CG_LIBVIRT_OPTIONAL ||
	       (f->policy == CG_LIBVIRT_FORCE && check_of(h) != CG_LIBVIRT_CHECK_FULL);
}

/* libvirt was told not to look, or that the guest can do without: something to know. */
static void note(struct hook *h, const json_t *reason)
{
	char text[256];

	snprintf(text, sizeof(text), "%.240s", cg_json_text(reason, "words"));
	cg_verdict_add(&h->verdict, CG_ADVISORY, cg_json_text(reason, "feature"), NULL,
		       text);
}

static void take_reasons(struct hook *h, const struct cg_verdict *found)
{
	json_t *reason;
	size_t i;

	json_array_foreach(found->reasons, i, reason) {
		const char *code = cg_json_text(reason, "code");
		bool is_missing = strncmp(code, "missing.", strlen("missing.")) == 0;

		if (is_missing && (check_of(h) == CG_LIBVIRT_CHECK_NONE ||
				   is_exempt(h, cg_json_text(reason, "feature"))))
			note(h, reason);
		else
			cg_verdict_take(&h->verdict, json_incref(reason));
	}
}

/* Features that the host mustn't have, and a host that must be of a certain vendor. */
static void judge_host(struct hook *h)
{
	const struct cg_question *q = &h->launch.question;
	const struct cg_libvirt_cpu *cpu = &h->domain.cpu;
	bool kvm = strcmp(h->domain.accel, "kvm") == 0;
	char text[64];

	if (!h->launch.prediction.model || check_of(h) == CG_LIBVIRT_CHECK_NONE)
		return;
	if (kvm && cpu->vendor && q->host &&
	    strcmp(cpu->vendor, cg_host_vendor(q->host))) {
		snprintf(text, sizeof(text), "%.20s, not %.20s", cpu->vendor,
			 cg_host_vendor(q->host));
		cg_verdict_add(&h->verdict, CG_IDENTITY_VENDOR, "vendor", NULL, text);
	}
	if (cpu->match == CG_LIBVIRT_STRICT)
		doubt(h, "match='strict' is for libvirt to compare");
	for (size_t i = 0; i < cpu->count; i++)
		if (cpu->features[i].policy == CG_LIBVIRT_FORBID)
			doubt(h, "a forbidden feature is for libvirt to look for");
}

/* The command line. */

/* NULL in *out for a guest whose CPU is left to QEMU. */
static int define(struct hook *h, struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	const struct cg_libvirt_cpu *cpu = &h->domain.cpu;
	cg_auto_free char *text = NULL;
	char *whole = NULL;

	/* <cpu> with nothing but a topology leaves the rest to QEMU, too. */
	if (!h->domain.has_cpu || (cpu->mode == CG_LIBVIRT_CUSTOM && !cpu->model))
		return 0;
	if (cg_libvirt_definition_from_cpu(&definition, cpu, err) < 0)
		return -1;
	text = cg_definition_print(&definition);
	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a definition");
	if (cpu->tsc_hz && asprintf(&whole, "%s,tsc-frequency=%llu", text,
				    (unsigned long long)cpu->tsc_hz) < 0)
		return cg_error_errno(err, "a definition");
	h->definition = whole ? whole : cg_take(text);
	return 0;
}

static json_t *command_line(const struct hook *h)
{
	const struct cg_libvirt_document *d = &h->domain;
	unsigned int vcpus = d->vcpus ? d->vcpus : 1;
	json_t *argv = json_pack("[s, s, o, s, o]", d->emulator, "-machine",
				 json_sprintf("%s,accel=%s", d->machine, d->accel),
				 "-smp", json_sprintf("%u", vcpus));

	if (h->definition) {
		json_array_append_new(argv, json_string("-cpu"));
		json_array_append_new(argv, json_string(h->definition));
	}
	return json_pack("{s:o}", "argv", argv);
}

static bool is_known(struct hook *h)
{
	const struct cg_libvirt_document *d = &h->domain;

	if (d->kind != CG_LIBVIRT_DOMAIN || !d->emulator || !d->machine || !d->accel) {
		doubt(h, "it isn't a domain with emulator, machine type and accelerator");
		return false;
	}
	if (strcmp(d->accel, "kvm") != 0 && strcmp(d->accel, "tcg") != 0) {
		doubt(h, "an accelerator that isn't looked at");
		return false;
	}
	/* Another host's "host" is another CPU, which nobody told. */
	if (d->has_cpu && strcmp(h->words[OPERATION], "prepare") != 0 &&
	    (d->cpu.mode == CG_LIBVIRT_HOST_PASSTHROUGH ||
	     d->cpu.mode == CG_LIBVIRT_MAXIMUM)) {
		doubt(h, "the guest has all of another host's CPU, which isn't told");
		return false;
	}
	return true;
}

static int judge(struct hook *h, struct cg_context *context, const json_t *args,
		 struct cg_error *err)
{
	const char *xml = cg_json_text(args, "text");
	cg_auto_verdict struct cg_verdict found = { 0 };
	cg_auto_json json_t *question = NULL;

	if (!xml || !*xml)
		return cg_error_set(err, CG_E_PARSE, "there is no domain on stdin");
	if (cg_libvirt_document_parse(&h->domain, xml, strlen(xml), err) < 0)
		return -1;
	if (!is_known(h))
		return 0;
	if (define(h, err) < 0)
		return -1;
	question = command_line(h);
	if (cg_launch_judge(&h->launch, context, question, &found, err) < 0)
		return -1;
	take_reasons(h, &found);
	judge_host(h);
	return 0;
}

static json_t *describe(const struct hook *h)
{
	enum cg_answer answer = cg_verdict_answer(&h->verdict);
	bool refused = answer == CG_NO || (answer == CG_UNDECIDED && h->settings.strict);

	return json_pack("{s:s, s:s, s:s, s:b, s:s*, s:s*, s:s*, s:s*, s:O*}", "verdict",
			 cg_answer_word(answer), "guest", h->words[GUEST], "operation",
			 h->words[OPERATION], "refused", refused, "emulator",
			 h->domain.emulator, "machine", h->domain.machine, "accel",
			 h->domain.accel, "definition", h->definition, "reasons",
			 h->verdict.reasons);
}

/* Whatever fails here is no word of anybody's against the guest. */
static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct hook h = { 0 };
	struct cg_error why;

	if (read_words(&h, args, err) < 0)
		return -1;
	if (cg_settings_read(&h.settings, &why) < 0) {
		doubt(&h, why.msg);
	} else if (!is_asked(&h)) {
		*reply = json_pack("{s:s, s:s, s:b}", "guest", h.words[GUEST],
				   "operation", h.words[OPERATION], "refused", false);
		return 0;
	} else if (judge(&h, context, args, &why) < 0) {
		if (why.code == CG_E_CANCELLED) {
			*err = why;
			return -1;
		}
		doubt(&h, why.msg);
	}
	*reply = describe(&h);
	return 0;
}

const struct cg_command cg_command_hook_libvirt = { "hook-libvirt", arguments, run,
						    CG_COMMAND_OWN };
