# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/draft.c \
	%D%/draft.h \
	%D%/evidence.c \
	%D%/evidence.h \
	%D%/host-model.c \
	%D%/host-model.h \
	%D%/host-record.c \
	%D%/export.h \
	%D%/libvirt-cpu.c \
	%D%/libvirt-cpu.h \
	%D%/libvirt-definition.c \
	%D%/libvirt-definition.h \
	%D%/libvirt-document.c \
	%D%/libvirt-document.h \
	%D%/libvirt-names.c \
	%D%/libvirt-names.h \
	%D%/matrix-page.c \
	%D%/matrix-page.h \
	%D%/nfd.c \
	%D%/nfd.h \
	%D%/nova.c \
	%D%/nova.h \
	%D%/prometheus.c \
	%D%/prometheus.h \
	%D%/proxmox.c \
	%D%/proxmox.h \
	%D%/record-check.c \
	%D%/record-file.c \
	%D%/record-inside.h \
	%D%/record-load.c \
	%D%/record.c \
	%D%/record.h \
	%D%/saved-guest.c \
	%D%/saved-guest.h \
	%D%/xml.c \
	%D%/xml.h
