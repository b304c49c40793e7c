// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libvirt's functions by their names. What is declared here is the part of its API that has been the
 * same since 5.4, for a machine that has libvirt often doesn't have its headers.
 */
#include "bench/virt.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define LIBRARY "libvirt.so.0"
#define BASELINE_CPUS 100
#define CONNECTIONS_MAX 16
#define TIMES_MAX 200000
#define EXPAND_FEATURES 1 /* VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES */
#define CPU_XML_BYTES 128

struct bench_virt {
	void *library;
	void *connection;
	const char *uri;
	char version[32];
	void *(*open)(const char *uri);
	int (*close)(void *connection);
	int (*get_version)(void *connection, unsigned long *version);
	char *(*get_capabilities)(void *connection, const char *emulator,
				  const char *arch, const char *machine, const char *type,
				  unsigned int flags);
	int (*compare)(void *connection, const char *emulator, const char *arch,
		       const char *machine, const char *type, const char *cpu,
		       unsigned int flags);
	char *(*baseline)(void *connection, const char *emulator, const char *arch,
			  const char *machine, const char *type, const char **cpus,
			  unsigned int count, unsigned int flags);
	const char *(*last_error)(void);
	void (*set_error_handler)(void *data, void (*handler)(void *data, void *error));
};

static void say_nothing(void *data, void *error)
{
	(void)data, (void)error;
}

static bool find_functions(struct bench_virt *v)
{
	const struct {
		const char *name;
		void **at;
	} functions[] = {
		{ "virConnectOpen", (void **)&v->open },
		{ "virConnectClose", (void **)&v->close },
		{ "virConnectGetLibVersion", (void **)&v->get_version },
		{ "virConnectGetDomainCapabilities", (void **)&v->get_capabilities },
		{ "virConnectCompareHypervisorCPU", (void **)&v->compare },
		{ "virConnectBaselineHypervisorCPU", (void **)&v->baseline },
		{ "virGetLastErrorMessage", (void **)&v->last_error },
		{ "virSetErrorFunc", (void **)&v->set_error_handler },
	};

	for (size_t i = 0; i < CG_COUNT(functions); i++) {
		*functions[i].at = dlsym(v->library, functions[i].name);
		if (!*functions[i].at)
			return false;
	}
	return true;
}

static int connect_to(struct bench_virt *v, struct cg_error *err)
{
	unsigned long version;

	v->set_error_handler(NULL, say_nothing);
	v->connection = v->open(v->uri);
	if (!v->connection || v->get_version(v->connection, &version) < 0)
		return cg_error_set(err, CG_E_REFUSED, "%s: %s", v->uri, v->last_error());
	snprintf(v->version, sizeof(v->version), "libvirt %lu.%lu.%lu", version / 1000000,
		 version / 1000 % 1000, version % 1000);
	return 0;
}

struct bench_virt *bench_virt_open(struct cg_error *err)
{
	struct bench_virt *v = calloc(1, sizeof(*v));
	const char *uri = getenv("BENCH_LIBVIRT");

	if (!v)
		return NULL;
	v->uri = uri && *uri ? uri : "qemu:///system";
	v->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!v->library)
		(void)cg_error_set(err, CG_E_UNKNOWN, "not installed");
	else if (!find_functions(v))
		(void)cg_error_set(err, CG_E_UNKNOWN, "too old to compare with");
	else if (connect_to(v, err) == 0)
		return v;
	return bench_virt_close(v);
}

struct bench_virt *bench_virt_close(struct bench_virt *v)
{
	if (v && v->connection)
		v->close(v->connection);
	/* Never unloaded: it has threads. */
	free(v);
	return NULL;
}

const char *bench_virt_version(const struct bench_virt *v)
{
	return v->version;
}

const char *bench_virt_name(enum bench_virt_question question)
{
	static const char *const names[] = {
		[BENCH_VIRT_FLOOR] = "GetLibVersion",
		[BENCH_VIRT_USABLE] = "GetDomainCapabilities",
		[BENCH_VIRT_COMPARE] = "CompareHypervisorCPU",
		[BENCH_VIRT_EXPAND] = "BaselineHypervisorCPU of 1",
		[BENCH_VIRT_BASELINE] = "BaselineHypervisorCPU",
	};

	return names[question];
}

/* One connection, and who asks over it. */
struct asker {
	const struct bench_virt *virt;
	enum bench_virt_question question;
	char (*cpus)[CPU_XML_BYTES]; /* CPUs of hosts, or one that a guest is to have */
	size_t cpu_count, next;
	int64_t duration;
	int64_t *times;
	size_t answers;
	char problem[160];
};

static int baseline(const struct asker *a, void *connection, size_t first, size_t count,
		    unsigned int flags)
{
	const char *cpus[BASELINE_CPUS];
	char *answer;

	for (size_t i = 0; i < count; i++)
		cpus[i] = a->cpus[(first + i) % a->cpu_count];
	answer = a->virt->baseline(connection, NULL, "x86_64", NULL, "qemu", cpus,
				   (unsigned int)count, flags);
	free(answer);
	return answer ? 0 : -1;
}

static int ask(struct asker *a, void *connection)
{
	const struct bench_virt *v = a->virt;
	size_t cpu = a->next++ % a->cpu_count;
	unsigned long version;
	char *answer;

	switch (a->question) {
	case BENCH_VIRT_FLOOR:
		return v->get_version(connection, &version);
	case BENCH_VIRT_USABLE:
		answer = v->get_capabilities(connection, NULL, "x86_64", NULL, "qemu", 0);
		free(answer);
		return answer ? 0 : -1;
	case BENCH_VIRT_COMPARE:
		return v->compare(connection, NULL, "x86_64", NULL, "qemu", a->cpus[cpu],
				  0);
	case BENCH_VIRT_EXPAND:
		return baseline(a, connection, cpu, 1, EXPAND_FEATURES);
	default:
		return baseline(a, connection, cpu, BASELINE_CPUS, 0);
	}
}

/* The first answer may have to be measured, and isn't counted. */
static void *converse(void *data)
{
	struct asker *a = data;
	void *connection = a->virt->open(a->virt->uri);
	int64_t end, start;
	int ret = connection ? ask(a, connection) : -1;

	for (end = cg_clock_in(a->duration);
	     ret >= 0 && cg_clock_now() < end && a->answers < TIMES_MAX;) {
		start = cg_clock_now();
		ret = ask(a, connection);
		a->times[a->answers++] = cg_clock_now() - start;
	}
	if (ret < 0)
		snprintf(a->problem, sizeof(a->problem), "%s", a->virt->last_error());
	if (connection)
		a->virt->close(connection);
	return NULL;
}

static void describe_cpus(struct asker *a, char (*cpus)[CPU_XML_BYTES],
			  const char *const *models)
{
	bool is_host = a->question != BENCH_VIRT_COMPARE;

	for (a->cpus = cpus; a->cpu_count < BASELINE_CPUS && models[a->cpu_count];
	     a->cpu_count++)
		snprintf(cpus[a->cpu_count], CPU_XML_BYTES,
			 "<cpu%s>%s<model>%s</model></cpu>",
			 is_host ? "" : " mode='custom' match='exact'",
			 is_host ? "<arch>x86_64</arch>" : "", models[a->cpu_count]);
}

static void run(struct asker *askers, size_t count)
{
	pthread_t threads[CONNECTIONS_MAX];
	size_t started = 0;

	while (started < count &&
	       pthread_create(&threads[started], NULL, converse, &askers[started]) == 0)
		started++;
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

int bench_virt_talk(struct bench_talked *out, const struct bench_virt *virt,
		    enum bench_virt_question question, const char *const *models,
		    size_t connections, int64_t duration, struct cg_error *err)
{
	size_t count = connections < CONNECTIONS_MAX ? connections : CONNECTIONS_MAX;
	cg_auto_free int64_t *times = malloc(count * TIMES_MAX * sizeof(*times));
	struct asker askers[CONNECTIONS_MAX] = { 0 };
	char cpus[BASELINE_CPUS][CPU_XML_BYTES];
	size_t answers = 0;

	*out = (struct bench_talked){ 0 };
	if (!times)
		return cg_error_errno(err, "times");
	for (size_t i = 0; i < count; i++) {
		askers[i] = (struct asker){ .virt = virt,
					    .question = question,
					    .next = i,
					    .duration = duration,
					    .times = times + i * TIMES_MAX };
		describe_cpus(&askers[i], cpus, models);
	}
	run(askers, count);
	for (size_t i = 0; i < count; i++) {
		if (*askers[i].problem)
			return cg_error_set(err, CG_E_REFUSED, "%s", askers[i].problem);
		memmove(times + answers, askers[i].times,
			askers[i].answers * sizeof(*times));
		answers += askers[i].answers;
	}
	bench_talk_summarize(out, times, answers, duration);
	return 0;
}
