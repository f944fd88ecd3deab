/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long output goes through a pager, as git's does. */
#ifndef UTIL_PAGER_H
#define UTIL_PAGER_H

/*
 * From here on, stdout goes to TRACEROUNDTRIP_PAGER, PAGER or less, whichever is
 * first; empty or "cat" is no pager.  Does nothing unless stdout is a terminal,
 * nor if the pager cannot be started.  Look at the terminal before, not after.
 */
void pager_start(void);

/* Flushes stdout and waits until the pager's user is done. */
void pager_finish(void);

#endif
