/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a command line names to a recording: trace files, folders of them, archives. */
#ifndef CMD_INPUTS_H
#define CMD_INPUTS_H

#include "analyzer/symbols/symbols.h"

/*
 * Opens traces; with count 0, $TRACEROUNDTRIP_OUTPUT or ./traceroundtrip.data.  Archives
 * are unpacked; the names that they and folders hold become part of the options.
 *
 * Returns NULL if nothing was left, after one line on stderr for each that could not be used;
 * *failed is how many.  inputs_close() in any case.
 */
struct recording *inputs_open(char **traces, size_t count, struct symbols_options *options,
			      size_t *failed);

/* Removes what was unpacked, after recording_close(). */
void inputs_close(void);

#endif
