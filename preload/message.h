/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines on the program's stderr. */
#ifndef PRELOAD_MESSAGE_H
#define PRELOAD_MESSAGE_H

#include <stddef.h>

/* In the constructor: remembers what stderr is. */
void message_init(void);

/*
 * Writes n bytes to stderr, unless TRACEROUNDTRIP_QUIET is set, it is another file by
 * now (a daemon's connection may have got the number), or it would block.  Never raises
 * SIGPIPE.  Async-signal-safe.
 */
void message_write(const char *line, size_t n);

#endif
