/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Socket addresses as a person writes them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "analyzer/trace/trace.h"

struct writer {
	char *text;
	size_t used, size;
};

/* Writes all of the piece or nothing, so that no escape and no character is cut. */
static void put(struct writer *w, const char *piece, size_t bytes)
{
	if (w->size - w->used <= bytes) {
		w->size = w->used + 1; /* full: nothing that follows fits either */
		return;
	}
	memcpy(w->text + w->used, piece, bytes);
	w->used += bytes;
}

/* Length of the UTF-8 character there if it can be printed; 0 if it must be escaped (RFC 3629). */
static size_t printable(const uint8_t *p, size_t left)
{
	uint32_t c = p[0];
	size_t length = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 :
			c >= 0xf0 && c < 0xf5 ? 4 : 0;

	if (length == 0 || length > left)
		return 0;
	if (length > 1)
		c &= 0x7fu >> length;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ||
	    (length == 3 && c < 0x800) || (length == 4 && c < 0x10000))
		return 0;
	return length;
}

static void put_bytes(struct writer *w, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t length = printable(bytes + i, count - i);
		char escape[8];

		if (length) {
			put(w, (const char *)bytes + i, length);
			i += length;
		} else {
			snprintf(escape, sizeof(escape), "\\x%02x", bytes[i++]);
			put(w, escape, 4);
		}
	}
}

static void put_unix(struct writer *w, const uint8_t *bytes, size_t count)
{
	if (count == 0) {
		put(w, "unix", 4);
	} else if (bytes[0] == '\0') { /* abstract: all bytes count, see unix(7) */
		put(w, "@", 1);
		put_bytes(w, bytes + 1, count - 1);
	} else {
		put_bytes(w, bytes, strnlen((const char *)bytes, count));
	}
}

static void put_internet(struct writer *w, int family, const void *host, uint16_t port)
{
	char name[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];

	inet_ntop(family, host, name, sizeof(name));
	put(w, text, (size_t)snprintf(text, sizeof(text), family == AF_INET6 ? "[%s]:%u" : "%s:%u",
				      name, ntohs(port)));
}

/* As its family's struct sockaddr; what the address is too short for is zero. */
union socket_address {
	struct sockaddr_storage storage;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static bool address_copy(const struct address *address, union socket_address *copy)
{
	*copy = (union socket_address){ .storage = { 0 } };
	if (address->length < sizeof(sa_family_t) || address->length > sizeof(*copy))
		return false;
	memcpy(copy, address->bytes, address->length);
	return true;
}

static bool is_ipv4(const union socket_address *a, size_t length)
{
	return a->storage.ss_family == AF_INET && length >= sizeof(a->in);
}

static bool is_ipv6(const union socket_address *a, size_t length)
{
	return a->storage.ss_family == AF_INET6 &&
	       length >= offsetof(struct sockaddr_in6, sin6_scope_id);
}

bool address_internet_end(const struct address *address, struct internet_end *e)
{
	union socket_address a;

	if (!address_copy(address, &a))
		return false;
	if (is_ipv4(&a, address->length)) {
		*e = (struct internet_end){ { [10] = 0xff, [11] = 0xff }, ntohs(a.in.sin_port) };
		memcpy(e->host + 12, &a.in.sin_addr, 4);
		return true;
	}
	if (!is_ipv6(&a, address->length))
		return false;
	e->port = ntohs(a.in6.sin6_port);
	memcpy(e->host, &a.in6.sin6_addr, sizeof(e->host));
	return true;
}

struct address address_unix_name(const struct address *address)
{
	const size_t path = offsetof(struct sockaddr_un, sun_path);
	struct address name = { 0 };
	union socket_address a;

	if (!address_copy(address, &a) || a.storage.ss_family != AF_UNIX || address->length <= path)
		return name;
	name.bytes = address->bytes + path;
	name.length = (uint16_t)(address->length - path);
	if (name.bytes[0])
		name.length = (uint16_t)strnlen((const char *)name.bytes, name.length);
	return name;
}

static void put_address(struct writer *w, const struct address *address)
{
	const size_t path = offsetof(struct sockaddr_un, sun_path);
	union socket_address a;
	char text[32];

	if (!address_copy(address, &a))
		put(w, "?", 1);
	else if (is_ipv4(&a, address->length))
		put_internet(w, AF_INET, &a.in.sin_addr, a.in.sin_port);
	else if (is_ipv6(&a, address->length))
		put_internet(w, AF_INET6, &a.in6.sin6_addr, a.in6.sin6_port);
	else if (a.storage.ss_family == AF_UNIX && address->length >= path)
		put_unix(w, address->bytes + path, address->length - path);
	else if (a.storage.ss_family == AF_UNSPEC || a.storage.ss_family == AF_INET ||
		 a.storage.ss_family == AF_INET6)
		put(w, "?", 1);
	else
		put(w, text,
		    (size_t)snprintf(text, sizeof(text), "family %u", a.storage.ss_family));
}

const char *address_format(const struct address *address, char *buffer, size_t size)
{
	struct writer w = { buffer, 0, size };

	if (size == 0)
		return buffer;
	put_address(&w, address);
	buffer[w.used] = '\0';
	return buffer;
}
