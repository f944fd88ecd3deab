/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors that arrive inside a message. */
#ifndef PRELOAD_DESCRIPTORS_H
#define PRELOAD_DESCRIPTORS_H

struct msghdr;

/* A message was received: what the table said of the numbers in it (SCM_RIGHTS) is no longer true. */
void descriptors_received(const struct msghdr *message);

#endif
