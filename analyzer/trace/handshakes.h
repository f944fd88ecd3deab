/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS handshakes, from their records. */
#ifndef TRACE_HANDSHAKES_H
#define TRACE_HANDSHAKES_H

#include "analyzer/trace/load.h"

/* Sets *tls from a TLS record, its texts in the trace's arena.  False if it makes no sense. */
bool tls_decode(struct trace *t, const struct trt_record *r, struct tls *tls);

#endif
