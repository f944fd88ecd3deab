/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source around a frame's line. */
#ifndef REPORTS_EXCERPT_H
#define REPORTS_EXCERPT_H

#include "analyzer/symbols/symbols.h"
#include "analyzer/util/out.h"

/*
 * Prints the frame's line and so many before and after it, numbered; nothing if the file
 * is not there or has no such line.
 */
void excerpt_print(const struct frame *f, uint64_t lines, unsigned indent, const struct out *o);

#endif
