/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts the room that a killed process's trace file never used. */
#ifndef TRACE_TRIM_H
#define TRACE_TRIM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A trace file has its full size from the start, most of it a hole; a process that
 * ends cleanly cuts it.  For one that was killed this does: it truncates the file
 * at path behind its last used chunk.
 *
 * Leaves alone what is not a trace, what is no larger than that, and what any
 * process has mapped or opened for writing, since cutting a mapping would kill it;
 * where the file system cannot tell, nothing is cut.  Returns whether it was cut.
 */
bool trace_trim(const char *path);

/*
 * How much of an open trace file is used: the rest reads as zeroes.  0 if this is no trace that
 * this program knows.
 */
uint64_t trace_used_bytes(int fd);

#endif
