/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a program as if we were not there: its signals, its stops, its end. */
#ifndef CMD_LAUNCH_H
#define CMD_LAUNCH_H

#include <stdbool.h>

/*
 * Runs the program at path with these arguments and our environment, and waits
 * until it has ended.  Signals sent to us are passed on; those that a terminal
 * sends to everyone in front of it are not, since the program gets its own.  When
 * the program stops, so do we.
 *
 * Returns its status as waitpid() tells it; -1 after one line on stderr if it could
 * not be started.
 */
int launch(const char *path, char **arguments);

/*
 * Ends us as the program ended: exits with its exit status, or dies of the signal
 * that killed it, without a core dump of ours.
 */
_Noreturn void launch_end_like(int status);

#endif
