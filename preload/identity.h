/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who this process is: the header of its trace. */
#ifndef PRELOAD_IDENTITY_H
#define PRELOAD_IDENTITY_H

#include <stdint.h>

#include "preload/text.h"
#include "preload/trace_format.h"

/* In the constructor: what may be out of reach later (chroot, other user). */
void identity_read(void);

/* The start of this process, for its header: again in the child of a fork. */
void identity_started(uint64_t now_ns);

/* Last component of the executable's path, with what is unusual in file names replaced. */
void identity_add_name(struct text *t);

/* Of memory. */
uint32_t identity_page_bytes(void);

/* Up to size bytes of a file of /proc; how many, 0 if it cannot be read.  Async-signal-safe. */
uint32_t identity_read_file(const char *path, void *buffer, uint32_t size);

/* The executable's path, not terminated; empty if unknown. */
const char *identity_executable(uint32_t *bytes);

/* Fills the mapped header and the strings behind it.  Async-signal-safe. */
void identity_write(struct trt_header *h, enum trt_stacks stacks);

#endif
