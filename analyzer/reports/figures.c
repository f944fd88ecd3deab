/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What round trips add up to. */
#include "analyzer/reports/figures.h"

void figures_add(struct figures *into, const struct figures *from)
{
	into->round_trips += from->round_trips;
	into->failed += from->failed;
	into->time_ns += from->time_ns;
	into->bytes_sent += from->bytes_sent;
	into->bytes_received += from->bytes_received;
}

const char *const weight_names[] = { "time", "trips", "bytes", "errors", NULL };

uint64_t figures_weigh(const struct figures *f, enum weight weight)
{
	switch (weight) {
	case WEIGHT_TIME:
		return f->time_ns;
	case WEIGHT_TRIPS:
		return f->round_trips;
	case WEIGHT_BYTES:
		return f->bytes_sent + f->bytes_received;
	case WEIGHT_ERRORS:
		break;
	}
	return f->failed;
}

const char *figures_format(const struct figures *f, enum weight weight, char *buffer)
{
	uint64_t value = figures_weigh(f, weight);

	if (weight == WEIGHT_TIME)
		return duration_format(value, buffer);
	return weight == WEIGHT_BYTES ? size_format(value, buffer) : count_format(value, buffer);
}

double figures_share(const struct figures *part, const struct figures *whole, enum weight weight)
{
	uint64_t all = figures_weigh(whole, weight);

	if (!all && weight == WEIGHT_TIME)
		return figures_share(part, whole, WEIGHT_TRIPS);
	return all ? (double)figures_weigh(part, weight) / (double)all : 0;
}
