/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes out of a trace what tells whose it is.  Records keep their lengths.  Whatever is not
 * known to be harmless becomes zeroes, also behind the last record of a chunk: chunks are
 * used again.
 */
#include "analyzer/trace/scrub.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "analyzer/trace/load.h"

_Static_assert(SCRUB_BLOCK_BYTES == TRT_CHUNK_BYTES, "a block is the header or a chunk");

/* Something that was replaced, by its kind and bytes, and its number among its kind. */
struct replaced {
	uint8_t *key;
	uint32_t number;
	UT_hash_handle hh;
};

enum kind { HOST, MACHINE, ADDRESS4, ADDRESS6, UNIX_PATH, KINDS };

struct scrubber {
	struct replaced *all;
	uint32_t counts[KINDS];
};

struct scrubber *scrubber_new(void)
{
	return xcalloc(1, sizeof(struct scrubber));
}

void scrubber_free(struct scrubber *s)
{
	struct replaced *r, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->all, r, next)
	{
		HASH_DEL(s->all, r);
		free(r->key);
		free(r);
	}
	free(s);
}

/* From 1: the same for the same bytes. */
static uint32_t number_of(struct scrubber *s, enum kind kind, const void *bytes, size_t count)
{
	uint8_t *key = xmalloc(count + 1);
	struct replaced *r;

	key[0] = (uint8_t)kind;
	if (count)
		memcpy(key + 1, bytes, count);
	HASH_FIND(hh, s->all, key, count + 1, r);
	if (r) {
		free(key);
		return r->number;
	}
	r = xcalloc(1, sizeof(*r));
	r->key = key;
	r->number = ++s->counts[kind];
	HASH_ADD_KEYPTR(hh, s->all, r->key, count + 1, r);
	return r->number;
}

/* "host-12.example" in place of a name, or what there is room for; returns its length. */
static size_t replace_host(struct scrubber *s, char *name, size_t length)
{
	static const char *const forms[] = { "host-%u.example", "host-%u", "h%u", "%u" };
	uint32_t number = number_of(s, HOST, name, length);
	char text[32] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		used = (size_t)snprintf(text, sizeof(text), forms[i], number);
#pragma GCC diagnostic pop
		if (used <= length)
			break;
	}
	used = used < length ? used : length;
	memset(name, 0, length);
	memcpy(name, text, used);
	return used;
}

/* In 198.18.0.0/15, which is no real network's (RFC 2544); loopback and "any" tell nothing. */
static void replace_ipv4(struct scrubber *s, uint8_t *address)
{
	static const uint8_t any[4] = { 0 };

	if (address[0] == 127 || memcmp(address, any, sizeof(any)) == 0)
		return;
	uint32_t other = htonl(0xc6120000u + number_of(s, ADDRESS4, address, 4) % 0x1ffff);
	memcpy(address, &other, sizeof(other));
}

/* In 2001:db8::/32, for documentation (RFC 3849). */
static void replace_ipv6(struct scrubber *s, uint8_t *address)
{
	static const uint8_t prefix[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)address) ||
	    IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)address))
		return;
	if (memcmp(address, mapped, sizeof(mapped)) == 0) {
		replace_ipv4(s, address + sizeof(mapped));
		return;
	}
	uint32_t number = htonl(number_of(s, ADDRESS6, address, 16));
	memcpy(address, prefix, sizeof(prefix));
	memcpy(address + 12, &number, sizeof(number));
}

/* A path, or after a NUL a name without a file: "/socket-1" in its place. */
static void replace_unix(struct scrubber *s, char *path, size_t length)
{
	bool abstract = length && !path[0];
	size_t used = abstract ? length : strnlen(path, length);
	uint32_t number = number_of(s, UNIX_PATH, path, used);
	char text[32];

	snprintf(text, sizeof(text), "%s%u", length > 10 ? "/socket-" : "/", number);
	memset(path, 0, length);
	if (length > 1)
		strncpy(path + abstract, text, length - 1);
}

/* struct sockaddr.  Ports stay: they tell which service it is. */
static void replace_address(struct scrubber *s, uint8_t *address, size_t length)
{
	sa_family_t family;

	if (length < sizeof(family))
		return;
	memcpy(&family, address, sizeof(family));
	if (family == AF_INET && length >= sizeof(struct sockaddr_in))
		replace_ipv4(s, address + offsetof(struct sockaddr_in, sin_addr));
	else if (family == AF_INET6 && length >= sizeof(struct sockaddr_in6))
		replace_ipv6(s, address + offsetof(struct sockaddr_in6, sin6_addr));
	else if (family == AF_UNIX)
		replace_unix(s, (char *)address + sizeof(family), length - sizeof(family));
	else
		memset(address + sizeof(family), 0, length - sizeof(family));
}

static void scrub_addresses(struct scrubber *s, struct trt_addresses *a, size_t bytes)
{
	uint8_t *local = (uint8_t *)(a + 1);
	size_t all = (size_t)a->local_bytes + a->remote_bytes;

	if (sizeof(*a) + all > bytes) {
		memset(local, 0, bytes - sizeof(*a));
		return;
	}
	replace_address(s, local, a->local_bytes);
	replace_address(s, local + a->local_bytes, a->remote_bytes);
	memset(local + all, 0, bytes - sizeof(*a) - all);
}

static void scrub_lookup(struct scrubber *s, struct trt_lookup *l, size_t bytes)
{
	struct trt_address *addresses = (struct trt_address *)(l + 1);
	size_t before_name = sizeof(*l) + l->address_count * sizeof(*addresses);

	if (before_name + l->name_bytes > bytes) {
		memset(addresses, 0, bytes - sizeof(*l));
		return;
	}
	for (uint16_t i = 0; i < l->address_count; i++) {
		if (addresses[i].family == AF_INET)
			replace_ipv4(s, addresses[i].address);
		else
			replace_ipv6(s, addresses[i].address);
	}
	char *name = (char *)l + before_name;
	memset(name + l->name_bytes, 0, bytes - before_name - l->name_bytes);
	l->name_bytes = (uint16_t)replace_host(s, name, l->name_bytes);
}

/* The server's name is the first of three texts; what the libraries say tells nothing of hosts. */
static void scrub_tls(struct scrubber *s, struct trt_tls *t, size_t bytes)
{
	char *name = (char *)(t + 1), *end = (char *)t + bytes;
	size_t others = (size_t)t->alpn_bytes + t->reason_bytes;

	if (sizeof(*t) + t->server_name_bytes + others > bytes) {
		memset(name, 0, bytes - sizeof(*t));
		t->server_name_bytes = t->alpn_bytes = t->reason_bytes = 0;
		return;
	}
	size_t kept = replace_host(s, name, t->server_name_bytes);
	memmove(name + kept, name + t->server_name_bytes, others);
	t->server_name_bytes = (uint16_t)kept;
	memset(name + kept + others, 0, (size_t)(end - name) - kept - others);
}

/* Moves what follows the last slash to the front; returns its length. */
static size_t cut_folders(char *path, size_t length)
{
	const char *slash = memrchr(path, '/', length);
	size_t folders = slash ? (size_t)(slash + 1 - path) : 0;

	memmove(path, path + folders, length - folders);
	memset(path + length - folders, 0, folders);
	return length - folders;
}

static void scrub_module(struct trt_module *m, size_t bytes)
{
	char *path = (char *)(m + 1) + m->head.detail;
	size_t room = bytes - sizeof(*m);

	if ((size_t)m->head.detail + m->path_bytes > room) {
		memset(m + 1, 0, room);
		return;
	}
	memset(path + m->path_bytes, 0, room - m->head.detail - m->path_bytes);
	m->path_bytes = (uint32_t)cut_folders(path, m->path_bytes);
}

/* Words with a slash are paths: their letters become stars. */
static void scrub_note(struct trt_note *n, size_t bytes)
{
	char *text = (char *)(n + 1), *end = (char *)n + bytes;

	for (char *word = text; word < end;) {
		char *stop = word;
		while (stop < end && *stop && *stop != ' ')
			stop++;
		if (memchr(word, '/', (size_t)(stop - word)))
			memset(word, '*', (size_t)(stop - word));
		word = stop + 1;
	}
}

/* The payload is the last of the optional fields. */
static void scrub_event(struct trt_event *e, size_t bytes)
{
	uint8_t *end = (uint8_t *)e + bytes;
	uint8_t *fields = (uint8_t *)(e + 1);
	uint16_t present = e->fields & (uint16_t) ~(1u << TRT_FIELD_PAYLOAD);

	fields += 8 * (size_t)__builtin_popcount(present);
	if (fields < end)
		memset(fields, 0, (size_t)(end - fields));
}

static void scrub_record(struct scrubber *s, struct trt_record *r)
{
	static const uint16_t least[] = {
		[TRT_RECORD_EVENT] = sizeof(struct trt_event),
		[TRT_RECORD_MODULE] = sizeof(struct trt_module),
		[TRT_RECORD_ADDRESSES] = sizeof(struct trt_addresses),
		[TRT_RECORD_NOTE] = sizeof(struct trt_note),
		[TRT_RECORD_LOOKUP] = sizeof(struct trt_lookup),
		[TRT_RECORD_TLS] = sizeof(struct trt_tls),
	};
	bool whole = r->type >= sizeof(least) / sizeof(least[0]) || r->bytes >= least[r->type];

	switch (whole ? (enum trt_record_type)r->type : TRT_RECORD_PENDING) {
	case TRT_RECORD_EVENT:
		scrub_event((struct trt_event *)r, r->bytes);
		break;
	case TRT_RECORD_MODULE:
		scrub_module((struct trt_module *)r, r->bytes);
		break;
	case TRT_RECORD_ADDRESSES:
		scrub_addresses(s, (struct trt_addresses *)r, r->bytes);
		break;
	case TRT_RECORD_NOTE:
		scrub_note((struct trt_note *)r, r->bytes);
		break;
	case TRT_RECORD_LOOKUP:
		scrub_lookup(s, (struct trt_lookup *)r, r->bytes);
		break;
	case TRT_RECORD_TLS:
		scrub_tls(s, (struct trt_tls *)r, r->bytes);
		break;
	case TRT_RECORD_SEGMENT:
	case TRT_RECORD_KERNEL:
	case TRT_RECORD_SAMPLE:
	case TRT_RECORD_STACK:
	case TRT_RECORD_THREAD:
	case TRT_RECORD_CONNECTION:
	case TRT_RECORD_CONNECTED:
	case TRT_RECORD_CLOSED:
	case TRT_RECORD_KERNEL_LAST:
	case TRT_RECORD_UNIX_PEER:
		break;
	default: /* unfinished, or of a newer version */
		memset(r + 1, 0, r->bytes - sizeof(*r));
		break;
	}
}

/* In a dictionary, eight zeroes are a record that was never written. */
static void scrub_records(struct scrubber *s, uint8_t *block, uint32_t end, bool gaps)
{
	uint32_t at = sizeof(struct trt_chunk);

	while (at < end) {
		struct trt_record *r = (struct trt_record *)record_at(block, at, end);
		if (r)
			scrub_record(s, r);
		else if (!gaps || at + 8 > end || *(uint64_t *)(block + at) != 0)
			break;
		at += r ? r->bytes : 8;
	}
	memset(block + at, 0, TRT_CHUNK_BYTES - at);
}

static void scrub_chunk(struct scrubber *s, uint8_t *block)
{
	struct trt_chunk *c = (struct trt_chunk *)block;

	if (c->kind == TRT_CHUNK_DICTIONARY)
		scrub_records(s, block, TRT_CHUNK_BYTES, true);
	else if (c->kind == TRT_CHUNK_EVENTS && c->committed >= sizeof(*c) &&
		 c->committed <= TRT_CHUNK_BYTES)
		scrub_records(s, block, c->committed, false);
	else
		memset(block, 0, TRT_CHUNK_BYTES);
}

/* Of the command line the program's name is left. */
static void scrub_header(struct scrubber *s, uint8_t *block)
{
	struct trt_header *h = (struct trt_header *)block;
	char *executable = (char *)block + TRT_EXECUTABLE_OFFSET;
	char *command = (char *)block + TRT_COMMAND_OFFSET;
	size_t name_bytes = strnlen(h->host_name, sizeof(h->host_name) - 1);
	uint32_t machine = number_of(s, MACHINE, h->boot_id, sizeof(h->boot_id));

	memset(h->boot_id, 0, sizeof(h->boot_id));
	memcpy(h->boot_id, &machine, sizeof(machine));
	memset(h->host_name + name_bytes, 0, sizeof(h->host_name) - name_bytes);
	replace_host(s, h->host_name, name_bytes);
	memset(h->reserved, 0, sizeof(h->reserved));
	h->uid = 0;
	if (h->executable_bytes > TRT_EXECUTABLE_MAX)
		h->executable_bytes = 0;
	memset(executable + h->executable_bytes, 0, TRT_EXECUTABLE_MAX - h->executable_bytes);
	h->executable_bytes = (uint32_t)cut_folders(executable, h->executable_bytes);
	memset(command, 0, TRT_COMMAND_MAX);
	memcpy(command, executable, h->executable_bytes);
	h->command_bytes = h->executable_bytes ? h->executable_bytes + 1 : 0;
}

void scrub_block(struct scrubber *s, uint64_t offset, uint8_t *block)
{
	if (offset)
		scrub_chunk(s, block);
	else
		scrub_header(s, block);
}
