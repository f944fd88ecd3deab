/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of calls that move several messages at once, made by name or by number. */
#ifndef PRELOAD_HOOKS_MESSAGES_H
#define PRELOAD_HOOKS_MESSAGES_H

#include "preload/call.h"

/* Of further messages' contents nothing is kept: a resolver's two questions are what matters. */
#define MESSAGES_OFFERED 2

/* Before the real call: copies what will be sent. */
void messages_offer(struct outgoing out[MESSAGES_OFFERED], struct call *call,
		    const struct mmsghdr *messages, unsigned int count);

/* After it: an event for each of sent messages, or one for a failure (-1, errno). */
void messages_sent(struct call *call, int sent, int flags, const struct mmsghdr *messages,
		   const struct outgoing out[MESSAGES_OFFERED]);

/* Before: the room for addresses; callers give all messages the same. */
socklen_t messages_address_room(const struct mmsghdr *messages, unsigned int count);

/* After: an event for each of received messages, or one for a failure. */
void messages_received(struct call *call, int received, int flags, const struct mmsghdr *messages,
		       socklen_t address_room);

#endif
