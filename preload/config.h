/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of the environment: TRACEROUNDTRIP_*. */
#ifndef PRELOAD_CONFIG_H
#define PRELOAD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* Written once by config_read() in the constructor, constant from then on. */
struct config {
	bool disabled;          /* _DISABLE: any value but empty and 0 */
	bool quiet;             /* _QUIET: nothing on stderr */
	bool stack_memo;        /* _STACK_MEMO=0: every stack is unwound anew */
	bool check_memo;        /* _STACK_MEMO=check: each remembered stack is compared with a new one */
	bool python;            /* _PYTHON=0: stacks have no Python frames */
	uint32_t python_layout; /* _PYTHON=as-3.N: N; is believed to be the version whatever it says */
	uint32_t detail;        /* enum trt_detail */
	uint32_t capture_bytes; /* payload of a call */
	uint32_t stack_depth;
	uint64_t max_bytes;     /* of the trace file */
	uint64_t slow_ns;       /* 0: off */
	char output[3072];      /* absolute path of the folder; empty if it has none */
	char complaint[256];    /* the one line to print about settings; empty if all is well */
};

extern struct config config;

/* Reads the environment.  What cannot be read leaves the default and a complaint. */
void config_read(void);

#endif
