/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a trace file.  They are read, not mapped: a file that shrinks
 * while it is read ends early instead of raising SIGBUS.
 */
#ifndef TRACE_FILE_H
#define TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct trace_file {
	char *path;
	int fd; /* -1: parked */
	dev_t device;
	ino_t inode;
	uint64_t bytes; /* size when opened */
};

/*
 * Opens a regular file for reading.  Returns NULL, or why it cannot be read, in
 * words (static storage or strerror's).  The path is copied.
 */
const char *trace_file_open(struct trace_file *f, const char *path);
void trace_file_close(struct trace_file *f);

/*
 * Gives the descriptor back until the next read, which then opens the file for
 * itself, provided that the path still names it.
 */
void trace_file_park(struct trace_file *f);
/* Takes a descriptor again, for many reads; false if the file cannot be opened. */
bool trace_file_resume(struct trace_file *f);

/* Reads bytes at offset; returns how many there were, less at the end or on an error. */
size_t trace_file_read(struct trace_file *f, uint64_t offset, void *buffer, size_t bytes);

/* First offset from this one on that may hold something else than zeroes; UINT64_MAX: none. */
uint64_t trace_file_next_data(struct trace_file *f, uint64_t offset);

#endif
