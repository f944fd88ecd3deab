/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes out of a trace what tells whose it is: host names, addresses, paths, arguments and
 * payload.  What is equal stays equal: one address becomes the same other address in
 * all traces of one scrubber.
 */
#ifndef TRACE_SCRUB_H
#define TRACE_SCRUB_H

#include <stdint.h>

struct scrubber;

struct scrubber *scrubber_new(void);
void scrubber_free(struct scrubber *s);

#define SCRUB_BLOCK_BYTES 65536u

/* Changes the block at a file's offset, both multiples of its size, in place. */
void scrub_block(struct scrubber *s, uint64_t offset, uint8_t *block);

#endif
