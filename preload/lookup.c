/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes what a name lookup gave. */
#include "preload/lookup.h"

#include <string.h>
#include <sys/socket.h>

#include "preload/ring.h"

/* DNS names have 253 bytes at most (RFC 1035, section 2.3.4); a caller may ask for anything. */
#define NAME_BYTES_MAX 512

void lookup_add(struct lookup *l, int family, const void *address)
{
	size_t bytes = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;

	if (!bytes || l->count == LOOKUP_ADDRESSES_MAX)
		return;
	struct trt_address *a = &l->addresses[l->count++];
	*a = (struct trt_address){ .family = (uint16_t)family };
	memcpy(a->address, address, bytes);
}

void lookup_log(const struct lookup *l, uint8_t call, uint64_t started_ns, uint64_t ended_ns,
		uint32_t stack, int32_t tid)
{
	size_t name_bytes = l->name ? strnlen(l->name, NAME_BYTES_MAX) : 0;
	size_t padded = (name_bytes + 7) & ~(size_t)7;
	struct trt_record *record = ring_record(sizeof(struct trt_lookup) +
						l->count * sizeof(l->addresses[0]) + padded);

	if (!record)
		return;
	struct trt_lookup *r = (struct trt_lookup *)record;
	r->started_ns = started_ns;
	r->ended_ns = ended_ns;
	r->result = l->result;
	r->tid = tid;
	r->stack = stack;
	r->address_count = (uint16_t)l->count;
	r->name_bytes = (uint16_t)name_bytes;
	memcpy(r + 1, l->addresses, l->count * sizeof(l->addresses[0]));
	memcpy((uint8_t *)(r + 1) + l->count * sizeof(l->addresses[0]), l->name, name_bytes);
	ring_publish(record, TRT_RECORD_LOOKUP, call,
		     l->numeric ? TRT_LOOKUP_NUMERIC : TRT_LOOKUP_ANY);
}
