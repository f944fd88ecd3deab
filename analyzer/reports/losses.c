/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recording lacks: told before any of its numbers. */
#include "analyzer/reports/losses.h"

#include "analyzer/util/units.h"

struct losses losses_of(const struct recording *r)
{
	struct losses l = { 0 };
	size_t count;
	struct process **processes = recording_processes(r, &count);

	for (size_t i = 0; i < count; i++) {
		l.events += processes[i]->lost_events;
		l.overwritten += processes[i]->overwritten_events;
		l.records += processes[i]->lost_records;
		l.stacks += processes[i]->lost_stacks;
		l.chunks += processes[i]->damaged_chunks;
	}
	return l;
}

static void print_loss(const struct out *o, uint64_t count, const char *what, const char *why)
{
	char number[UNIT_TEXT_BYTES];

	if (!count)
		return;
	out_styled(o, STYLE_BAD, "%s %s %s", out_pick(o, "▲", "!"),
		   things_format(count, what, number), why);
	fputc('\n', o->file);
}

void losses_print(const struct losses *l, const struct out *o)
{
	print_loss(o, l->overwritten, "call",
		   "missing: older ones were overwritten at the size limit (--max-size)");
	print_loss(o, l->events, "call", "missing: could not be written");
	print_loss(o, l->chunks, "piece", "(64 KiB each) of trace files unreadable");
	print_loss(o, l->records, "record",
		   "of connections, modules or stacks missing: could not be written");
	print_loss(o, l->stacks, "call", "without a stack: it could not be unwound or kept");
}
