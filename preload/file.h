/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trace file as the file system sees it: made, mapped, given blocks, cut. */
#ifndef PRELOAD_FILE_H
#define PRELOAD_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct file {
	uint8_t *base;  /* mapped shared; to be touched where file_populate() was */
	uint64_t bytes; /* a multiple of TRT_CHUNK_BYTES, at least 1 MiB */
};

/*
 * Makes NAME.PID[.N].trt in config.output, and the folder if it is missing; maps
 * it, with room for the header chunk.  The size is config.max_bytes or what the
 * disk, the process's limits and its address space allow, if that is less.  No
 * descriptor stays open.  NULL, or what failed, in words (static storage).
 */
const char *file_create(struct file *file);

/* Removes a file that was just made. */
void file_discard(const struct file *file);

/*
 * Opens a page-aligned part of the mapping for reading and writing; what is populated of it
 * may then be touched.  Closed till then, it costs a program that locks its memory
 * (mlockall(2)) nothing.  False if the kernel has no room to note it.
 */
bool file_unlock(void *start, uint64_t bytes);

/*
 * Gives blocks to a part that is unlocked and brings it to memory.  Contents stay but for the
 * first word of each page.  False if the disk is full: then no byte of it may be touched.
 */
bool file_populate(void *start, uint64_t bytes);

/* Cuts the file that file_create() made, if it is still found under its name. */
void file_truncate(uint64_t bytes);

#endif
