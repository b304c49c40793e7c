# SPDX-License-Identifier: LGPL-2.1-or-later
# What the server consists of is a library of its own, for tests and fuzz targets.

noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_LIBADD = libcg.la
libdaemon_la_SOURCES = \
	%D%/dialogue.c \
	%D%/files.c \
	%D%/files.h \
	%D%/framing.c \
	%D%/framing.h \
	%D%/grounds.c \
	%D%/grounds.h \
	%D%/inside.h \
	%D%/jobs.c \
	%D%/jobs.h \
	%D%/limits.h \
	%D%/listener.c \
	%D%/listener.h \
	%D%/log.c \
	%D%/log.h \
	%D%/methods.c \
	%D%/methods.h \
	%D%/metrics.c \
	%D%/metrics.h \
	%D%/notice.c \
	%D%/notice.h \
	%D%/notify.c \
	%D%/notify.h \
	%D%/pages.c \
	%D%/pages.h \
	%D%/peer.c \
	%D%/peer.h \
	%D%/protocol.c \
	%D%/protocol.h \
	%D%/replies.c \
	%D%/replies.h \
	%D%/rights.c \
	%D%/rights.h \
	%D%/schema.c \
	%D%/schema.h \
	%D%/server.c \
	%D%/server.h \
	%D%/shelf.c \
	%D%/shelf.h \
	%D%/worker.c \
	%D%/worker.h \
	%D%/world.c

sbin_PROGRAMS += cpugated
cpugated_LDADD = libdaemon.la libcg.la
cpugated_SOURCES = %D%/main.c
