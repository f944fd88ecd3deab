/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reader and model make of a recording, as text to compare. */
#ifndef TESTS_UNIT_PRINT_H
#define TESTS_UNIT_PRINT_H

#include <stdio.h>

#include "analyzer/model/model.h"

/*
 * Prints a line a round trip, in order of completion: its role, status, and
 * whatever of it is known and not 0.
 */
void print_trips(struct recording *r, FILE *out);
/* All processes with their dictionaries, then all events, then the round trips and totals. */
void print_recording(struct recording *r, FILE *out);

#endif
