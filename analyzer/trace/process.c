/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks things up in a process's dictionary. */
#include <stdio.h>

#include "analyzer/trace/load.h"

const struct stack *process_stack(const struct process *p, uint32_t id)
{
	const struct stack *stacks = trace_of(p)->stacks;
	size_t low = 0, high = p->stack_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (stacks[middle].id == id)
			return &stacks[middle];
		if (stacks[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct stack *process_stacks(const struct process *p)
{
	return trace_of(p)->stacks;
}

/*
 * Of those seen by then the latest.  A module is recorded a moment after the
 * first stack that leads through it, so that one seen later is better than none.
 */
const struct module *process_module(const struct process *p, uint64_t address, uint64_t ns)
{
	const struct module *found = NULL;

	for (size_t i = 0; i < p->module_count; i++) {
		const struct module *m = &p->modules[i];

		if (address < m->start || address >= m->end)
			continue;
		if (m->seen_ns > ns && found)
			break;
		found = m;
	}
	return found;
}

struct connection *process_connection(const struct process *p, uint32_t id)
{
	size_t low = 0, high = p->connection_count;

	/* Ids count from 1: without gaps the place is known. */
	if (id - 1 < high && p->connections[id - 1].id == id)
		return &p->connections[id - 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->connections[middle].id == id)
			return &p->connections[middle];
		if (p->connections[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *process_command(const struct process *p, char *buffer, size_t size)
{
	size_t used = 0;

	snprintf(buffer, size, "%s", p->name);
	for (size_t i = 0; i < p->argument_count && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? " " : "",
					 p->arguments[i]);
	return buffer;
}
