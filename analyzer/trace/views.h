/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records between the events: what the kernel knew of a connection, what a process used. */
#ifndef TRACE_VIEWS_H
#define TRACE_VIEWS_H

#include "analyzer/trace/load.h"

/* Decodes a KERNEL or KERNEL_LAST record; false if it makes no sense. */
bool view_decode(const struct trace *t, const struct trt_record *r, struct kernel_view *view);

/* Decodes a SAMPLE; false if it makes no sense. */
bool sample_decode(const struct trace *t, const struct trt_sample *r, struct sample *sample);

#endif
