/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `record` says when the program has ended. */
#ifndef CMD_CLOSING_H
#define CMD_CLOSING_H

#include <stdbool.h>

/*
 * Cuts the traces of processes that were killed to what they used; then prints, on
 * stderr unless quiet, what was recorded and what to type next.  name: of the
 * folder, as the user knows it.
 */
void closing_report(const char *folder, const char *name, bool quiet);

#endif
