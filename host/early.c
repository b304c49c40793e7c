// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whoever comes first reads, the thread or who wants to know; the last one frees. */
#include "host/early.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct cg_early {
	char *root; /* or NULL */
	atomic_flag claimed;
	atomic_int holders;
	sem_t done;
	struct cg_host *host;
	struct cg_error err;
	int ret;
};

static void let_go(struct cg_early *early)
{
	if (atomic_fetch_sub(&early->holders, 1) > 1)
		return;
	sem_destroy(&early->done);
	cg_host_free(early->host);
	free(early->root);
	free(early);
}

static void *run(void *data)
{
	struct cg_early *early = data;

	if (!atomic_flag_test_and_set(&early->claimed)) {
		early->ret = cg_host_read(&early->host, early->root, &early->err);
		sem_post(&early->done);
	}
	let_go(early);
	return NULL;
}

/* Signals are for the threads that the caller knows of. */
static bool start(struct cg_early *early)
{
	sigset_t all, before;
	pthread_t thread;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, run, early);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		pthread_detach(thread);
	return !failed;
}

struct cg_early *cg_early_start(const char *root)
{
	struct cg_early *early = calloc(1, sizeof(*early));

	if (!early)
		return NULL;
	early->root = root ? strdup(root) : NULL;
	atomic_flag_clear(&early->claimed);
	atomic_init(&early->holders, 2);
	sem_init(&early->done, 0, 0);
	if ((!root || early->root) && start(early))
		return early;
	let_go(early);
	return cg_early_free(early);
}

int cg_early_take(struct cg_early *early, struct cg_host **out, struct cg_error *err)
{
	int ret;

	if (!atomic_flag_test_and_set(&early->claimed)) {
		ret = cg_host_read(out, early->root, err);
		let_go(early);
		return ret;
	}
	while (sem_wait(&early->done) < 0 && errno == EINTR)
		;
	ret = early->ret;
	if (ret < 0)
		*err = early->err;
	else
		*out = cg_take(early->host);
	let_go(early);
	return ret;
}

struct cg_early *cg_early_free(struct cg_early *early)
{
	if (!early)
		return NULL;
	/* The thread need not begin. */
	(void)atomic_flag_test_and_set(&early->claimed);
	let_go(early);
	return NULL;
}
