/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line on stderr that tells how far reading has come, where someone waits for it. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct recording;

struct progress {
	bool wanted;
	bool shown;
	uint64_t countdown; /* events until the clock is looked at */
	uint64_t next_ns;   /* when to show it again */
};

/* wanted: it is shown on a terminal, once reading has taken a second. */
struct progress progress_new(bool wanted);
/* To be called for each event. */
void progress_tick(struct progress *p, const struct recording *r);
/* Takes the line away. */
void progress_end(struct progress *p);

#endif
