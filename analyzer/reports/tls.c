/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: handshakes, and what is known of a connection's encryption. */
#include "analyzer/reports/tls.h"

#include <errno.h>
#include <string.h>

#include "analyzer/reports/trip.h"
#include "analyzer/util/flow.h"
#include "analyzer/util/json.h"
#include "analyzer/util/units.h"

uint64_t handshake_ns(const struct connection *c)
{
	return c->tls ? c->tls->ended_ns - c->tls->started_ns : UNKNOWN;
}

const char *handshake_failure(const struct connection *c)
{
	const struct tls *tls = c->tls;

	if (!tls || !tls->error)
		return NULL;
	if (tls->reason)
		return tls->reason;
	return tls->error == EPROTO ? "the library gives no reason" : strerror(tls->error);
}

/* What a handshake of which nothing is known says is null. */
static void add_handshake(json_t *o, const struct scope *scope, const struct connection *c)
{
	static const struct tls unknown;
	const struct tls *tls = c->tls ? c->tls : &unknown;
	const char *failure = handshake_failure(c);
	const char *role = tls->server ? "server" : "client";
	const struct frame *by = c->tls ? caller_frame(scope, c->process, tls->stack) : NULL;

	json_object_set_new(o, "library", json_text(tls->library));
	json_object_set_new(o, "version", json_text(tls_version_name(tls->version)));
	json_object_set_new(o, "role", json_text(tls->role_known ? role : NULL));
	json_object_set_new(o, "server_name", json_text(tls->server_name));
	json_object_set_new(o, "alpn", json_text(tls->alpn));
	json_object_set_new(o, "resumed",
			    tls->resumed_known ? json_boolean(tls->resumed) : json_null());
	json_object_set_new(o, "handshake_ns", json_known(handshake_ns(c)));
	json_object_set_new(o, "error",
			    json_text(tls->error ? strerrorname_np(tls->error) : NULL));
	json_object_set_new(o, "reason", json_text(failure));
	json_object_set_new(o, "by", json_text(by ? by->name : NULL));
}

json_t *tls_json(const struct scope *scope, const struct connection *c,
		 const struct connection_stats *s)
{
	bool seen = s->encryption == ENCRYPTION_SEEN || c->tls;
	json_t *o;

	if (!seen && s->encryption != ENCRYPTION_UNSEEN)
		return json_null();
	o = json_object();
	json_object_set_new(o, "seen", json_boolean(seen));
	add_handshake(o, scope, c);
	return o;
}

void tls_cells(struct table *t, const struct connection *c, const struct connection_stats *s)
{
	const char *version = c->tls ? tls_version_name(c->tls->version) : NULL;
	char took[UNIT_TEXT_BYTES], text[UNIT_TEXT_BYTES + 16];

	if (c->tls || s->encryption == ENCRYPTION_SEEN)
		table_add(t, STYLE_PLAIN, version ? version : "TLS");
	else if (s->encryption == ENCRYPTION_UNSEEN)
		table_add(t, STYLE_BAD, "unseen");
	else
		table_add(t, STYLE_DIM, "-");
	if (!c->tls) {
		table_add(t, STYLE_DIM, "-");
		return;
	}
	duration_format(handshake_ns(c), took);
	snprintf(text, sizeof(text), "%s%s", took,
		 c->tls->error ? " failed" : c->tls->resumed ? " resumed" : "");
	table_add(t, c->tls->error ? STYLE_BAD : STYLE_PLAIN, text);
}

void handshakes_init(struct handshakes *h)
{
	*h = (struct handshakes){ .latency = latency_new() };
}

void handshakes_free(struct handshakes *h)
{
	latency_free(h->latency);
}

void handshakes_add(struct handshakes *h, const struct connection *c)
{
	if (!connection_shook_hands(c))
		return;
	latency_add(h->latency, handshake_ns(c));
	h->failed += c->tls->error != 0;
	h->resumed += c->tls->resumed;
}

void handshakes_print(struct handshakes *h, const struct out *o, unsigned indent)
{
	uint64_t count = latency_count(h->latency);
	char text[UNIT_TEXT_BYTES];
	struct flow f;

	fprintf(o->file, "%s handshake%s", count_format(count, text), count == 1 ? "" : "s");
	fprintf(o->file, ", resumed %s, failed ", count_format(h->resumed, text));
	out_styled(o, h->failed ? STYLE_BAD : STYLE_PLAIN, "%s\n", count_format(h->failed, text));
	f = flow_new(o, indent, ", ");
	flow_add(&f, STYLE_PLAIN, "mean %s",
		 duration_format((uint64_t)latency_mean_ns(h->latency), text));
	flow_add(&f, STYLE_PLAIN, "max %s", duration_format(latency_max_ns(h->latency), text));
	flow_add(&f, STYLE_PLAIN, "total %s", duration_format(latency_total_ns(h->latency), text));
	flow_end(&f);
}
