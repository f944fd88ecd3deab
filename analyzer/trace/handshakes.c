/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decodes the records of TLS handshakes. */
#include "analyzer/trace/handshakes.h"

/* The next text of a record; NULL for an empty one. */
static const char *take_text(struct trace *t, const uint8_t **bytes, uint16_t length)
{
	const uint8_t *text = *bytes;

	*bytes += length;
	return length ? arena_text(&t->arena, text, length) : NULL;
}

static const char *library_name(uint8_t library)
{
	switch (library) {
	case TRT_TLS_OPENSSL:
		return "OpenSSL";
	case TRT_TLS_GNUTLS:
		return "GnuTLS";
	case TRT_TLS_NSS:
		return "NSS";
	default:
		return NULL;
	}
}

bool tls_decode(struct trace *t, const struct trt_record *r, struct tls *tls)
{
	const struct trt_tls *h = (const void *)r;
	const uint8_t *texts = (const uint8_t *)(h + 1);

	if (r->bytes < sizeof(*h) || h->ended_ns < h->started_ns ||
	    h->ended_ns >= TIME_LIMIT_NS || h->sent_before > INT64_MAX ||
	    h->received_before > INT64_MAX || h->sent_after > INT64_MAX ||
	    h->received_after > INT64_MAX ||
	    (size_t)h->server_name_bytes + h->alpn_bytes + h->reason_bytes > r->bytes - sizeof(*h))
		return false;
	*tls = (struct tls){
		.started_ns = trace_time(t, h->started_ns),
		.ended_ns = trace_time(t, h->ended_ns),
		.sent_before = h->sent_before,
		.received_before = h->received_before,
		.sent_after = h->sent_after,
		.received_after = h->received_after,
		.error = h->error,
		.tid = h->tid,
		.stack = h->stack,
		.version = h->version,
		.role_known = h->role != TRT_TLS_ROLE_UNKNOWN,
		.server = h->role == TRT_TLS_SERVER,
		.resumed_known = h->resumed != TRT_TLS_RESUMED_UNKNOWN,
		.resumed = h->resumed == TRT_TLS_RESUMED,
		.library = library_name(r->detail),
	};
	tls->server_name = take_text(t, &texts, h->server_name_bytes);
	tls->alpn = take_text(t, &texts, h->alpn_bytes);
	tls->reason = take_text(t, &texts, h->reason_bytes);
	return true;
}

/* RFC 8446, section 5.1, and RFC 9147, section 5.3. */
const char *tls_version_name(uint16_t version)
{
	switch (version) {
	case 0x0300:
		return "SSL 3.0";
	case 0x0301:
		return "TLS 1.0";
	case 0x0302:
		return "TLS 1.1";
	case 0x0303:
		return "TLS 1.2";
	case 0x0304:
		return "TLS 1.3";
	case 0xfeff:
		return "DTLS 1.0";
	case 0xfefd:
		return "DTLS 1.2";
	case 0xfefc:
		return "DTLS 1.3";
	default:
		return NULL;
	}
}
