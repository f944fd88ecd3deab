/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of text side by side, in as many lines as the width needs. */
#ifndef UTIL_FLOW_H
#define UTIL_FLOW_H

#include "analyzer/util/out.h"

struct flow {
	const struct out *o;
	unsigned indent, column;
	const char *separator;
};

/* Starts a line; separator stands between pieces on a line. */
struct flow flow_new(const struct out *o, unsigned indent, const char *separator);
/* Adds a piece, which is never broken; clean text. */
__attribute__((format(printf, 3, 4))) void flow_add(struct flow *f, enum style style,
						     const char *format, ...);
/* Ends the line. */
void flow_end(struct flow *f);

#endif
