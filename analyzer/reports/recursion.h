/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks without their recursion: each function once. */
#ifndef REPORTS_RECURSION_H
#define REPORTS_RECURSION_H

#include "analyzer/symbols/symbols.h"

/*
 * Takes the loops out of a stack: where a frame comes again (by grouping) all that was
 * between goes, so that "main f g f send" becomes "main f send".  Each step that is
 * left was one of the stack's, and a sum over callees counts it once.  Of frames that
 * count as one the innermost stays: its line is that of the next call.
 *
 * Works in place, outermost first; returns how many are left.
 */
size_t recursion_fold(const struct frame **frames, size_t count, enum frame_grouping grouping);

#endif
