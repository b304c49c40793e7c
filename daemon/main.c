// SPDX-License-Identifier: LGPL-2.1-or-later
/* cpugated: reads the command line and serves. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "daemon/limits.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "daemon/worker.h"

enum { EXIT_BAD = 2 };

#define PATIENCE_MAX 3600

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "metrics", required_argument, NULL, 'm' },
	{ "patience", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("usage: cpugated [OPTION]...\n"
	     "Tells programs what CPUs a virtual machine can have here, in QMP.\n\n"
	     "  --socket PATH       where clients connect; by default\n"
	     "                      $CPUGATE_SOCKET, /run/cpugate/cpugate.sock or\n"
	     "                      $XDG_RUNTIME_DIR/cpugate/cpugate.sock\n"
	     "  --metrics FILE      keep figures for Prometheus there\n"
	     "  --patience SECONDS  with slow clients; 30\n"
	     "  --help, --version");
}

static int usage(const char *problem, const char *what)
{
	fprintf(stderr, "cpugated: %s%s%s (cpugated --help)\n", problem, *what ? " " : "",
		what);
	return EXIT_BAD;
}

static int take_patience(struct cg_server_options *options, const char *text)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (errno || end == text || *end || seconds < 1 || seconds > PATIENCE_MAX)
		return usage("not 1 to 3600 seconds:", text);
	options->patience = seconds * CG_S;
	return 0;
}

/* -1 to go on, else the exit status. */
static int read_command_line(struct cg_server_options *options, int argc, char **argv)
{
	static char program[] = "cpugated";
	int option, status;

	argv[0] = program; /* of getopt's complaints */
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'h')
			return print_help(), 0;
		if (option == 'V')
			return puts(PACKAGE_STRING), 0;
		if (option == 's')
			options->socket = optarg;
		else if (option == 'm')
			options->metrics = optarg;
		else if (option != 'p')
			return EXIT_BAD;
		else if ((status = take_patience(options, optarg)))
			return status;
	}
	return optind < argc ? usage("one word too many:", argv[optind]) : -1;
}

/* A standard stream that is closed would become the next file that is opened. */
static void hold_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct cg_server_options options = { .patience = CG_PATIENCE_NS };
	struct cg_error err;
	int status;

	/* How jobs.c starts us again: no option, for it is nobody else's. */
	if (argc == 3 && strcmp(argv[1], "--worker") == 0)
		return cg_worker_run(atoi(argv[2]));
	hold_streams();
	status = read_command_line(&options, argc, argv);
	if (status >= 0)
		return status;
	cg_log_open();
	if (cg_server_run(&options, &err) == 0)
		return 0;
	cg_log(CG_LOG_ERROR, "%s", err.msg);
	return EXIT_BAD;
}
