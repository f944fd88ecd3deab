/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame of a stack, told. */
#ifndef REPORTS_FRAME_H
#define REPORTS_FRAME_H

#include <stdbool.h>

#include "analyzer/symbols/symbols.h"

/* These write at most FRAME_TEXT_BYTES of clean text, terminated, and return buffer. */
#define FRAME_TEXT_BYTES 2048

/*
 * Where in the source a frame is, as a table has room for: "app.c:12", the file without its
 * folders, or empty if file or line are not known.
 */
const char *frame_place(const struct frame *f, bool utf8, char *buffer);

/*
 * "ask  app.c:12", with "(inlined)" before the place where it was; the name is cut if it
 * is too long.
 */
const char *frame_text(const struct frame *f, bool utf8, char *buffer);

/* What frames are by that grouping, for the head of a column: "FUNCTION", … */
const char *frame_title(enum frame_grouping grouping);

#endif
