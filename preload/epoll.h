/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which descriptor an epoll event is for.  The kernel hands back what the program
 * gave it, a number or a pointer of its own; so we remember what was given.
 */
#ifndef PRELOAD_EPOLL_H
#define PRELOAD_EPOLL_H

#include <stdint.h>

/* In the constructor.  Without memory nothing is remembered. */
void epoll_init(void);

/* epoll_ctl() succeeded in adding or changing fd. */
void epoll_remember(int epoll_fd, uint64_t data, int fd);

/* The descriptor that came with this data; -1 if unknown. */
int epoll_descriptor(int epoll_fd, uint64_t data);

#endif
