// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starting an emulator and taking note of how it ends. */
#include "emulator/process.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"

#define FIXED_ARGS 20
#define ARGS_BYTES (256 * 1024)

struct cg_process {
	struct cg_child *child;
	struct cg_qmp *qmp;
	int monitor; /* until connected */
	char *binary;
};

/* argv and the text that it points to, as offsets until the text stops moving. */
struct command_line {
	struct cg_buffer text;
	const char **argv;
	size_t argc;
};

static int add(struct command_line *line, struct cg_error *err, const char *fmt, ...)
	cg_printf(3, 4);

static int add(struct command_line *line, struct cg_error *err, const char *fmt, ...)
{
	cg_auto_free char *arg = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&arg, fmt, ap);
	va_end(ap);
	if (len < 0) {
		arg = NULL;
		return cg_error_errno(err, "command line");
	}
	line->argv[line->argc++] = (const char *)(uintptr_t)line->text.len;
	return cg_buffer_put(&line->text, arg, (size_t)len + 1, err);
}

static int add_global(struct command_line *line, const char *type, const char *property,
		      const json_t *value, struct cg_error *err)
{
	uint64_t number;

	if (add(line, err, "-global") < 0)
		return -1;
	if (json_is_boolean(value))
		return add(line, err, "%s.%s=%s", type, property,
			   json_is_true(value) ? "on" : "off");
	if (cg_json_uint(value, &number))
		return add(line, err, "%s.%s=%" PRIu64, type, property, number);
	if (json_is_integer(value))
		return add(line, err, "%s.%s=%lld", type, property,
			   (long long)json_integer_value(value));
	return add(line, err, "%s.%s=%s", type, property, json_string_value(value));
}

static int add_globals(struct command_line *line, const struct cg_start *start,
		       struct cg_error *err)
{
	const char *property;
	json_t *value;

	cg_json_each(start->globals, property, value)
		if (add_global(line, start->global_type, property, value, err) < 0)
			return -1;
	return 0;
}

static int build(struct command_line *line, const struct cg_start *start, int fd,
		 struct cg_error *err)
{
	static const char *const fixed[] = { "-nodefaults", "-no-user-config", "-display",
					     "none", "-S" };
	const char *machine = start->machine ? start->machine : "";

	if (add(line, err, "%s", start->binary) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(fixed); i++)
		if (add(line, err, "%s", fixed[i]) < 0)
			return -1;
	if (!start->usual_memory &&
	    (add(line, err, "-m") < 0 || add(line, err, "16") < 0))
		return -1;
	if ((start->machine || start->accel) &&
	    (add(line, err, "-machine") < 0 ||
	     add(line, err, "%s%s%s%s", machine,
		 start->machine && start->accel ? "," : "", start->accel ? "accel=" : "",
		 start->accel ? start->accel : "") < 0))
		return -1;
	if (start->cpu &&
	    (add(line, err, "-cpu") < 0 || add(line, err, "%s", start->cpu) < 0))
		return -1;
	if (add_globals(line, start, err) < 0 || add(line, err, "-chardev") < 0 ||
	    add(line, err, CG_PROCESS_MONITOR "%d", fd) < 0 ||
	    add(line, err, "-mon") < 0 ||
	    add(line, err, "chardev=cpugate,mode=control") < 0)
		return -1;
	for (size_t i = 0; i < line->argc; i++)
		line->argv[i] = line->text.data + (uintptr_t)line->argv[i];
	line->argv[line->argc] = NULL;
	return 0;
}

static int spawn(struct cg_process *process, const struct cg_start *start, int fd,
		 struct cg_error *err)
{
	size_t most = FIXED_ARGS + 2 * json_object_size(start->globals);
	cg_auto_free const char **argv = calloc(most, sizeof(*argv));
	struct command_line line = { .text = CG_BUFFER(ARGS_BYTES), .argv = argv };
	int ret;

	if (!argv)
		return cg_error_errno(err, "command line");
	ret = build(&line, start, fd, err);
	if (ret == 0)
		ret = cg_child_start(&process->child, argv, fd, err);
	cg_buffer_deinit(&line.text);
	return ret;
}

int cg_process_start(struct cg_process **out, const struct cg_start *start,
		     struct cg_error *err)
{
	cg_auto_process struct cg_process *process = calloc(1, sizeof(*process));
	cg_auto_close int theirs = -1;
	int ends[2];

	if (!process)
		return cg_error_errno(err, "start %s", start->binary);
	process->monitor = -1;
	process->binary = strdup(start->binary);
	if (!process->binary)
		return cg_error_errno(err, "start %s", start->binary);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	process->monitor = ends[0];
	theirs = ends[1];
	if (spawn(process, start, theirs, err) < 0)
		return -1;
	*out = cg_take(process);
	return 0;
}

int cg_process_connect(struct cg_process *process, const struct cg_qmp_limits *limits,
		       struct cg_error *err)
{
	return cg_qmp_open(&process->qmp, cg_take_fd(&process->monitor), limits, err);
}

struct cg_qmp *cg_process_qmp(struct cg_process *process)
{
	return process->qmp;
}

pid_t cg_process_pid(const struct cg_process *process)
{
	return cg_child_pid(process->child);
}

bool cg_outcome_is_own(const struct cg_outcome *outcome)
{
	switch (outcome->end.signal) {
	case 0:
		return outcome->ended && outcome->end.status >= 0;
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGSEGV:
	case SIGTRAP:
		return outcome->ended;
	default:
		return false;
	}
}

int cg_process_failed(struct cg_process *process, struct cg_outcome *out,
		      struct cg_error *err)
{
	int64_t patience = err->code == CG_E_DIED ? CG_S : 0;
	struct cg_error ignored;
	char end[64];

	*out = (struct cg_outcome){ 0 };
	if (err->code == CG_E_CANCELLED)
		return -1;
	if (cg_child_wait(process->child, cg_clock_in(patience), &out->ended, &out->end,
			  &ignored) < 0)
		out->ended = false;
	cg_child_last_words(process->child, out->words, sizeof(out->words));
	if (out->ended)
		return cg_error_set(err, CG_E_DIED, "%s ended with %s%s%s",
				    process->binary,
				    cg_child_end_words(&out->end, end, sizeof(end)),
				    *out->words ? ": " : "", out->words);
	return cg_error_prefix(err, "%s", process->binary);
}

struct cg_process *cg_process_free(struct cg_process *process)
{
	if (!process)
		return NULL;
	cg_qmp_close(process->qmp);
	if (process->monitor >= 0)
		close(process->monitor);
	cg_child_free(process->child);
	free(process->binary);
	free(process);
	return NULL;
}
