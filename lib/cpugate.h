/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcpugate: which CPUs virtual machines can have. See libcpugate(3), and cpugate(1) for the
 * commands, their arguments and replies.
 *
 * Threads: a context belongs to the thread that opened it, which alone uses and closes it, and
 * which must live while a call is under way. Any number of threads may have contexts of their
 * own at the same time, for the same cache as well. What belongs to no context may be called
 * from everywhere.
 *
 * Blocking: a call that may start an emulator (each says so) blocks until it has answered, for
 * milliseconds or, where much is to be measured, for minutes. It ends early when the
 * context's cancel_fd becomes readable. Other calls don't wait for anybody.
 *
 * Errors: a function that returns int returns 0, or -1 and tells in *error what happened; what
 * it would have handed out is left as it was. "No" and "cannot decide" are answers. @error may
 * be NULL.
 *
 * Ownership: what is handed out by a function is the caller's to free where the function says
 * so, and otherwise belongs to what it was asked of. What is passed in is copied.
 */
#ifndef CPUGATE_H
#define CPUGATE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CPUGATE_API __attribute__((visibility("default")))
#else
#define CPUGATE_API
#endif

/* What an error is about. Numbers stay what they are, and more may come. */
enum cpugate_code {
	CPUGATE_OK = 0,
	CPUGATE_USAGE = 1,   /* the question itself is wrong */
	CPUGATE_UNKNOWN = 2, /* no such emulator, machine type, model or feature */
	CPUGATE_SYSTEM = 3,  /* a system call failed; system_errno says how */
	CPUGATE_TIMEOUT = 4,
	CPUGATE_CANCELLED = 5,  /* cancel_fd became readable */
	CPUGATE_LIMIT = 6,      /* more than the library is willing to take */
	CPUGATE_PARSE = 7,      /* text that isn't what its format says */
	CPUGATE_PROTOCOL = 8,   /* a peer that doesn't speak its protocol */
	CPUGATE_REFUSED = 9,    /* the emulator answered with an error */
	CPUGATE_DIED = 10,      /* the emulator ended when it should have answered */
	CPUGATE_CORRUPT = 11,   /* stored data that is damaged */
	CPUGATE_NEWER = 12,     /* stored data that a newer version wrote */
	CPUGATE_UNDECIDED = 13, /* what is known isn't enough for an answer */
	CPUGATE_UNMEASURED = 14 /* it would have to be measured: see at_once */
};

struct cpugate_error {
	int code;          /* enum cpugate_code */
	int system_errno;  /* or 0 */
	char message[512]; /* a sentence for people */
};

/* A code's stable name, "usage" ... as cpugate-cache(5) has them. Static. */
CPUGATE_API const char *cpugate_code_name(int code);

/* "0.1.0". Static. */
CPUGATE_API const char *cpugate_version(void);

struct cpugate_context;
struct cpugate_reply;

/* Begin with CPUGATE_OPTIONS, which has the defaults, and change what you need. */
struct cpugate_options {
	size_t size;            /* of this struct, as your compiler knows it */
	const char *cache_path; /* NULL: as cpugate(1) says, FILES */
	const char *state_path; /* of what guests were promised; the same */
	const char *host_root;  /* where /proc, /sys and /dev are, for tests; or NULL */
	int cancel_fd; /* calls end when it is readable; never read or closed; or -1 */
	/* Not 0: no call measures or waits; what isn't known is CPUGATE_UNMEASURED. */
	int at_once;
	/*
	 * Told while a long measurement goes on: @done of @total starts, the last one for
	 * @what. With a @total of 0 it is no progress but news: of "receive", @what is where
	 * it listens by now. In the thread of the call, and it must not use the context. Or
	 * NULL.
	 */
	void (*progress)(void *data, size_t done, size_t total, const char *what);
	void *progress_data;
	/*
	 * Of a cpugated(8), which is asked in place of looking here. Files are read here and sent.
	 * Paths of caches and @host_root are its own then. Or NULL.
	 */
	const char *socket;
};

#define CPUGATE_OPTIONS                                                                  \
	{                                                                                \
		sizeof(struct cpugate_options), NULL, NULL, NULL, -1, 0, NULL, NULL,     \
			NULL                                                             \
	}

/*
 * Open a context; @options may be NULL. Reads nothing yet: what a question needs is opened when it
 * is asked, and kept for the next. Only a cpugated is connected to. *out is to be closed.
 */
CPUGATE_API int cpugate_open(struct cpugate_context **out,
			     const struct cpugate_options *options,
			     struct cpugate_error *error);

/* Takes NULL. Replies outlive it. */
CPUGATE_API void cpugate_close(struct cpugate_context *context);

/*
 * Forget what was read of this host. A context does so by itself when its last reading is
 * more than a second old, so this is for who knows that something just changed.
 */
CPUGATE_API void cpugate_refresh(struct cpugate_context *context);

/*
 * What users should be told, once: that the cache can't be written, for one. The sentence
 * number @index, from 0 on; NULL behind the last one. Belongs to the context and stays
 * until it is closed.
 */
CPUGATE_API const char *cpugate_warning(struct cpugate_context *context, size_t index);

/*
 * Execute a command of cpugate(1): "models", "compare", "cache-why" ... @arguments is the
 * text of a JSON object, or NULL for none; files that it names are read. *reply is to be
 * freed. May start emulators and block.
 */
CPUGATE_API int cpugate_execute(struct cpugate_context *context, const char *command,
				const char *arguments, struct cpugate_reply **reply,
				struct cpugate_error *error);

/* The reply as JSON, in UTF-8. Belongs to the reply. NULL if memory is out. */
CPUGATE_API const char *cpugate_reply_text(struct cpugate_reply *reply);

/* Takes NULL. */
CPUGATE_API void cpugate_reply_free(struct cpugate_reply *reply);

/*
 * The questions that are asked most, without JSON. Each names the command that it is; with
 * the reasons, the command's reply is there until the next of these questions.
 */

/* That reply, as JSON in UTF-8. Belongs to the context. NULL if there is none. */
CPUGATE_API const char *cpugate_last_reply(struct cpugate_context *context);

/* What a question is about. Zeros and NULLs are the defaults of cpugate(1). */
struct cpugate_about {
	const char *emulator; /* a path, or a name in $PATH */
	const char *machine;  /* a machine type or alias */
	const char *accel;    /* "kvm" or "tcg" */
	const char *record;   /* a file to answer from, of another host */
};

enum cpugate_answer { CPUGATE_NO = 0, CPUGATE_YES = 1, CPUGATE_CANNOT_DECIDE = 2 };

/*
 * Can a guest with the CPU @definition ("Haswell,-hle") have all that it asks for? The command
 * is "expand"; "removed" in its reply is what it wouldn't get. @about may be NULL. May
 * start emulators and block.
 */
CPUGATE_API int cpugate_usable(struct cpugate_context *context,
			       const struct cpugate_about *about, const char *definition,
			       enum cpugate_answer *answer, struct cpugate_error *error);

enum cpugate_order {
	CPUGATE_IDENTICAL = 0,
	CPUGATE_SUPERSET = 1, /* the first can do more */
	CPUGATE_SUBSET = 2,   /* the second can do more */
	CPUGATE_INCOMPATIBLE = 3
};

/*
 * Which of two CPUs can do more? Each is a definition, "host", "qmp:SOCKET" for a guest that
 * runs, or a file: a record or libvirt's XML. The command is "compare". @about may be
 * NULL. May start emulators and block, and waits for the guest's monitor.
 */
CPUGATE_API int cpugate_compare(struct cpugate_context *context,
				const struct cpugate_about *about, const char *first,
				const char *second, enum cpugate_order *order,
				struct cpugate_error *error);

/*
 * The CPU definition with the most features that guests can have on all of @count hosts, by
 * the files of their records (or "host"). *definition is to be freed with free(); NULL if
 * there is none. The command is "baseline". @about may be NULL; its record must be. May
 * start emulators and block.
 */
CPUGATE_API int cpugate_baseline(struct cpugate_context *context,
				 const struct cpugate_about *about,
				 const char *const *records, size_t count,
				 char **definition, struct cpugate_error *error);

/*
 * Can a guest, a definition or "qmp:SOCKET", run on the host that @record (or "host") is of? The
 * command is "hosts-for". @about may be NULL; its record must be. May start emulators
 * and block, and waits for the guest's monitor.
 */
CPUGATE_API int cpugate_verdict(struct cpugate_context *context,
				const struct cpugate_about *about, const char *guest,
				const char *record, enum cpugate_answer *answer,
				struct cpugate_error *error);

#ifdef __cplusplus
}
#endif

#endif
