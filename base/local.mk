# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/buffer.c \
	%D%/buffer.h \
	%D%/child.c \
	%D%/child.h \
	%D%/cleanup.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/digest.c \
	%D%/digest.h \
	%D%/document.c \
	%D%/document.h \
	%D%/error.c \
	%D%/error.h \
	%D%/given.c \
	%D%/given.h \
	%D%/json.c \
	%D%/json.h \
	%D%/loop.c \
	%D%/loop.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/reply.c \
	%D%/reply.h \
	%D%/sha256.c \
	%D%/sha256.h \
	%D%/socket.c \
	%D%/socket.h \
	%D%/text.c \
	%D%/text.h
