// SPDX-License-Identifier: LGPL-2.1-or-later
/* A pool that lives as long as its jobs: two counters and a queue of finished jobs under one lock. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define WORKERS_MAX 256

struct pool {
	const struct cg_job *jobs;
	size_t count, next;
	size_t *finished;
	size_t finished_count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

size_t cg_pool_workers(void)
{
	cpu_set_t cpus;
	int count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 2;

	return count < 2 ? 2 : (size_t)count;
}

static void *work(void *data)
{
	struct pool *pool = data;

	pthread_mutex_lock(&pool->lock);
	while (pool->next < pool->count) {
		size_t job = pool->next++;

		pthread_mutex_unlock(&pool->lock);
		pool->jobs[job].run(pool->jobs[job].arg);
		pthread_mutex_lock(&pool->lock);
		pool->finished[pool->finished_count++] = job;
		pthread_cond_signal(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void collect(struct pool *pool, void (*done)(size_t job, void *data), void *data)
{
	pthread_mutex_lock(&pool->lock);
	for (size_t told = 0; told < pool->count; told++) {
		while (pool->finished_count <= told)
			pthread_cond_wait(&pool->changed, &pool->lock);
		pthread_mutex_unlock(&pool->lock);
		if (done)
			done(pool->finished[told], data);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}

static void run_here(const struct cg_job *jobs, size_t count,
		     void (*done)(size_t job, void *data), void *data)
{
	for (size_t i = 0; i < count; i++) {
		jobs[i].run(jobs[i].arg);
		if (done)
			done(i, data);
	}
}

void cg_pool_run(const struct cg_job *jobs, size_t count, size_t workers,
		 void (*done)(size_t job, void *data), void *data)
{
	cg_auto_free size_t *finished = calloc(count + 1, sizeof(*finished));
	struct pool pool = { .jobs = jobs, .count = count, .finished = finished };
	pthread_t threads[WORKERS_MAX];
	size_t started = 0;

	workers = workers > WORKERS_MAX ? WORKERS_MAX : workers;
	workers = workers > count ? count : workers;
	pthread_mutex_init(&pool.lock, NULL);
	pthread_cond_init(&pool.changed, NULL);
	while (finished && started < workers &&
	       pthread_create(&threads[started], NULL, work, &pool) == 0)
		started++;
	if (started)
		collect(&pool, done, data);
	else
		run_here(jobs, count, done, data);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&pool.changed);
	pthread_mutex_destroy(&pool.lock);
}
