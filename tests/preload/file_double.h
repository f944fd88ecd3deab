/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for the trace file: memory, and a disk that is full when the test says so. */
#ifndef TESTS_PRELOAD_FILE_DOUBLE_H
#define TESTS_PRELOAD_FILE_DOUBLE_H

#include <stdint.h>

/* Chunks that the next file has, its header's included. */
extern uint32_t file_double_chunks;
/* Bytes that the disk still has room for. */
extern uint64_t file_double_room;
/* What file_truncate() was last told; 0 if it was not called. */
extern uint64_t file_double_truncated;

#endif
