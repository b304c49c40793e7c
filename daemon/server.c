// SPDX-License-Identifier: LGPL-2.1-or-later
/* Clients, time and signals; beginning and end. */
#include "daemon/inside.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/child.h"
#include "base/socket.h"
#include "daemon/limits.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/protocol.h"

#define TICK_NS CG_S
#define METRICS_TICKS 10

/* Clients. */

static void lose_peer(void *data, struct cg_peer *peer, const char *why)
{
	struct cg_server *s = data;

	if (why) {
		s->metrics.dropped++;
		cg_log(CG_LOG_NOTICE, "client %d of user %d dropped: %s",
		       (int)cg_peer_rights(peer)->pid, (int)cg_peer_rights(peer)->uid,
		       why);
	}
	cg_jobs_forget(s->jobs, cg_dialogue_is_of, peer);
	cg_peer_unlink(&s->peers, peer);
	cg_peer_free(peer);
	s->metrics.connected--;
	s->full = false;
	cg_source_want(s->listening, EPOLLIN);
}

static size_t count_peers(const struct cg_server *s, uid_t uid)
{
	size_t count = 0;

	for (const struct cg_peer *p = s->peers; p; p = cg_peer_next(p))
		count += cg_peer_rights(p)->uid == uid;
	return count;
}

static size_t room_for_peers(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur >= CG_PEERS_MAX + CG_DESCRIPTORS_KEPT)
		return CG_PEERS_MAX;
	return limit.rlim_cur > 2 * CG_DESCRIPTORS_KEPT
		       ? limit.rlim_cur - CG_DESCRIPTORS_KEPT
		       : limit.rlim_cur / 2;
}

static int check_room(const struct cg_server *s, uid_t uid, struct cg_error *err)
{
	if (s->metrics.connected >= room_for_peers())
		return cg_error_set(err, CG_E_LIMIT, "too many clients");
	if (count_peers(s, uid) >= CG_PEERS_OF_USER)
		return cg_error_set(err, CG_E_LIMIT, "too many clients of one user");
	return 0;
}

/* Who is one too many is told so in place of a greeting. */
static int welcome(struct cg_server *s, int fd, struct cg_error *err)
{
	const struct cg_peer_owner owner = { .take = cg_dialogue_take,
					     .complain = cg_dialogue_complain,
					     .lose = lose_peer,
					     .data = s,
					     .input = &s->input,
					     .patience = s->options.patience };
	const struct cg_span no_id = { 0 };
	struct cg_error ignored;
	struct cg_peer *peer;

	if (cg_peer_new(&peer, fd, s->loop, &owner, err) < 0)
		return -1;
	if (check_room(s, cg_peer_rights(peer)->uid, err) < 0) {
		if (cg_message_error(cg_peer_out(peer), NULL, err, no_id, &ignored) == 0)
			cg_peer_flush(peer);
		cg_peer_free(peer);
		return -1;
	}
	s->metrics.clients++;
	s->metrics.connected++;
	cg_peer_link(&s->peers, peer);
	if (cg_message_greet(cg_peer_out(peer), err) < 0)
		return 0; /* it will notice */
	cg_peer_flush(peer);
	return 0;
}

static void turn_away(struct cg_server *s, const char *why)
{
	s->metrics.turned_away++;
	if (!s->full)
		cg_log(CG_LOG_WARNING, "clients are turned away: %s", why);
	s->full = true;
}

static void accept_one(void *data, unsigned ready)
{
	struct cg_server *s = data;
	struct cg_error err;
	int fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)ready;
	if (fd < 0) {
		/* Without a descriptor it stays in the queue: not to be asked all the time. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			turn_away(s, strerror(errno));
			cg_source_want(s->listening, 0);
		}
		return;
	}
	if (welcome(s, fd, &err) < 0)
		turn_away(s, err.msg);
}

/* Time and signals. */

static void write_metrics(struct cg_server *s)
{
	struct cg_error err;

	s->metrics.workers = cg_jobs_started(s->jobs);
	s->metrics.running = cg_jobs_running(s->jobs);
	s->metrics.waiting = cg_jobs_waiting(s->jobs) - s->metrics.running;
	if (cg_metrics_write(&s->metrics, s->options.metrics, &err) < 0)
		cg_log(CG_LOG_WARNING, "%s", err.msg);
}

static void tick(void *data, unsigned ready)
{
	struct cg_server *s = data;

	(void)ready;
	cg_child_reap();
	cg_world_drain(s);
	if (cg_clock_now() - s->host_read > CG_WATCH_TRUST)
		cg_world_look(s);
	cg_notice_look(s->notice);
	cg_source_want(s->listening, EPOLLIN);
	if (s->options.metrics && s->ticks++ % METRICS_TICKS == 0)
		write_metrics(s);
	cg_source_at(s->ticking, cg_clock_in(TICK_NS));
}

static void bark(void *data, unsigned ready)
{
	struct cg_server *s = data;

	(void)ready;
	cg_notify("WATCHDOG=1");
	cg_source_at(s->barking, cg_clock_in(cg_notify_watchdog()));
}

static void take_signal(void *data, unsigned ready)
{
	struct signalfd_siginfo info;
	struct cg_server *s = data;

	(void)ready;
	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		return; /* there is nothing to read again */
	cg_notify("STOPPING=1");
	cg_log(CG_LOG_INFO, "ends: %s", strsignal((int)info.ssi_signo));
	cg_loop_stop(s->loop);
}

/* Beginning and end. */

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Where not everything can be watched, we look ourselves before each answer. */
static void open_watch(struct cg_server *s, const char *root)
{
	struct cg_watch_news news;
	struct cg_error why;

	s->blind = true;
	if (cg_watch_open(&s->watch, root, &why) < 0) {
		cg_log(CG_LOG_WARNING, "changes can't be watched: %s", why.msg);
		return;
	}
	(void)cg_watch_drain(s->watch, &news);
	s->blind = news.blind;
	if (s->blind)
		cg_log(CG_LOG_NOTICE,
		       "not every change of this host is told to us: it is "
		       "looked at before each answer");
}

static int make_parts(struct cg_server *s, struct cg_error *err)
{
	const struct cg_context_options how = { .cancel_fd = -1,
						.host_root = getenv("CPUGATE_HOST_ROOT"),
						.at_once = true,
						.notes = true };
	const struct cg_notice_owner owner = { cg_world_ask, cg_world_ask_later,
					       cg_world_tell, cg_world_watch, s };
	const struct cg_host *host;

	if (cg_loop_new(&s->loop, err) < 0 ||
	    cg_context_new(&s->context, &how, err) < 0 ||
	    cg_jobs_new(&s->jobs, s->loop, err) < 0 ||
	    cg_notice_new(&s->notice, &owner, err) < 0)
		return -1;
	open_watch(s, how.host_root);
	s->grounds = cg_grounds_new(s->watch);
	s->replies = s->grounds ? cg_replies_new(s->grounds) : NULL;
	if (s->grounds)
		cg_grounds_told(s->grounds, s->blind);
	s->files = cg_files_new();
	s->pages = cg_pages_new();
	s->logged = json_object();
	if (!s->replies || !s->files || !s->pages || !s->logged)
		return cg_error_set(err, CG_E_SYSTEM, "no memory");
	if (cg_context_host(s->context, &host, err) < 0)
		return -1;
	cg_world_note_host(s, host);
	return 0;
}

static int add_sources(struct cg_server *s, struct cg_error *err)
{
	if (cg_loop_add(s->loop, &s->listening, s->listener.fd, EPOLLIN, accept_one, s,
			err) < 0 ||
	    cg_loop_add(s->loop, &s->signals, s->signal_fd, EPOLLIN, take_signal, s,
			err) < 0 ||
	    cg_loop_add(s->loop, &s->ticking, -1, 0, tick, s, err) < 0 ||
	    cg_loop_add(s->loop, &s->barking, -1, 0, bark, s, err) < 0)
		return -1;
	if (s->watch && cg_loop_add(s->loop, &s->watching, cg_watch_fd(s->watch), EPOLLIN,
				    cg_world_react, s, err) < 0)
		return -1;
	cg_source_at(s->ticking, 0);
	if (cg_notify_watchdog())
		cg_source_at(s->barking, 0);
	return 0;
}

static int open_listener(struct cg_server *s, struct cg_error *err)
{
	cg_auto_free char *path = s->options.socket ? strdup(s->options.socket)
						    : cg_socket_default();

	if (!path)
		return cg_error_errno(err, "the socket's path");
	if (cg_listener_open(&s->listener, path, err) < 0)
		return -1;
	cg_log(CG_LOG_INFO, PACKAGE_STRING " serves %s",
	       s->listener.path ? s->listener.path : "the socket that was passed to it");
	return 0;
}

static void deinit(struct cg_server *s)
{
	while (s->peers) {
		struct cg_peer *peer = s->peers;

		cg_jobs_forget(s->jobs, cg_dialogue_is_of, peer);
		cg_peer_unlink(&s->peers, peer);
		cg_peer_free(peer);
	}
	cg_jobs_free(s->jobs);
	cg_notice_free(s->notice);
	cg_replies_free(s->replies);
	cg_grounds_free(s->grounds);
	cg_source_remove(s->watching);
	cg_watch_free(s->watch);
	cg_listener_deinit(&s->listener);
	cg_loop_free(s->loop);
	cg_files_free(s->files);
	cg_pages_free(s->pages);
	cg_context_free(s->context);
	json_decref(s->host_parts);
	json_decref(s->logged);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
}

int cg_server_run(const struct cg_server_options *options, struct cg_error *err)
{
	cg_cleanup(deinit) struct cg_server s = { .options = *options,
						  .listener = CG_LISTENER,
						  .signal_fd = catch_signals() };

	if (s.signal_fd < 0)
		return cg_error_errno(err, "signals");
	cg_notify_open();
	if (open_listener(&s, err) < 0 || make_parts(&s, err) < 0 ||
	    add_sources(&s, err) < 0)
		return -1;
	cg_notify("READY=1\nSTATUS=Serving");
	return cg_loop_run(s.loop, err);
}
