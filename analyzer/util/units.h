/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Durations, sizes and counts as a person writes and reads them. */
#ifndef UTIL_UNITS_H
#define UTIL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The parsers take the whole text or nothing: they return false, and leave the
 * result alone, if it is not a plain decimal number with a known unit, is
 * negative, or does not fit 63 bits.  The result is rounded down.
 */

/* "250us", "1.5ms", "2s", "1m": a unit (ns us ms s m h) is needed except for 0. */
bool duration_parse(const char *text, uint64_t *ns);

/* "4G", "1.5M", "64KiB", "1000": K, M, G, T are powers of 1024; without unit bytes. */
bool size_parse(const char *text, uint64_t *bytes);

/* "12.5%" or "12.5": 0 to 100. */
bool percent_parse(const char *text, double *percent);

/* "123": at least min, at most max. */
bool count_parse(const char *text, uint64_t min, uint64_t max, uint64_t *count);

/*
 * The formatters write at most UNIT_TEXT_BYTES, terminated, and return buffer.
 * UINT64_MAX is unknown and gives "?".
 */
#define UNIT_TEXT_BYTES 40

/* Three digits: "950ns", "12.3us", "1.25ms", "2.34s"; "3m 05s" and "2h 05m" for long ones. */
const char *duration_format(uint64_t ns, char *buffer);

/* Seconds with as many decimals as a difference of resolution_ns needs: "1.234s". */
const char *moment_format(uint64_t ns, uint64_t resolution_ns, char *buffer);

/* "512 B", "1.25 KiB", "3.00 GiB" */
const char *size_format(uint64_t bytes, char *buffer);

/* "10,002" */
const char *count_format(uint64_t count, char *buffer);

/* "1 thread", "2,780 threads": of a short noun whose plural ends in s */
const char *things_format(uint64_t count, const char *noun, char *buffer);

/* "82.4%", "<0.1%" for shares that would show as nothing; "?" if whole is 0. */
const char *percent_format(double part, double whole, char *buffer);

#endif
