/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a program can be recorded, known before it is run. */
#ifndef CMD_PROGRAM_H
#define CMD_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

enum program_verdict {
	PROGRAM_GOOD,
	PROGRAM_WARNING, /* it can be recorded, but not all it does: words say what */
	PROGRAM_UNFIT,   /* the library cannot be loaded into it: words say why */
	PROGRAM_MISSING, /* it cannot be run at all: words say why */
};

struct program {
	char path[PATH_MAX];  /* that execvp() would run; empty if there is none */
	char subject[PATH_MAX]; /* what the words are about: the program, or its interpreter */
	char words[PATH_MAX + 256];
	enum program_verdict verdict;
	bool may_preload; /* an unfit one is not harmed by LD_PRELOAD, and its children may be fit */
};

/*
 * Finds the program that execvp(name) would run, follows #! lines to the binary
 * behind them, and looks at that: static, for another machine or C library,
 * set-user-id, written in Go.
 */
void program_check(const char *name, struct program *p);

#endif
