/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GnuTLS 3: by symbol; its headers are not needed.  See its manual, "Core TLS API". */
#include "preload/call.h"
#include "preload/tls.h"

#include <errno.h>
#include <string.h>

typedef struct gnutls_session_int *gnutls_session_t;
struct gnutls_datum {
	unsigned char *data;
	unsigned int size;
};

int gnutls_handshake(gnutls_session_t session);
int gnutls_bye(gnutls_session_t session, int how);
ssize_t gnutls_record_recv(gnutls_session_t session, void *buffer, size_t bytes);
ssize_t gnutls_record_recv_seq(gnutls_session_t session, void *buffer, size_t bytes,
			       unsigned char *sequence);
ssize_t gnutls_record_send(gnutls_session_t session, const void *buffer, size_t bytes);
ssize_t gnutls_record_send2(gnutls_session_t session, const void *buffer, size_t bytes, size_t pad,
			    unsigned int flags);
int gnutls_server_name_set(gnutls_session_t session, int type, const void *name, size_t bytes);
void gnutls_deinit(gnutls_session_t session);
/* Not intercepted: what tells about a session without changing it. */
int gnutls_error_is_fatal(int error);
const char *gnutls_strerror(int error);
int gnutls_protocol_get_version(gnutls_session_t session);
int gnutls_session_is_resumed(gnutls_session_t session);
int gnutls_alpn_get_selected_protocol(gnutls_session_t session, struct gnutls_datum *name);

/* As in <gnutls/gnutls.h>. */
enum { NAME_DNS = 1, VERSION_SSL3 = 1, VERSION_TLS1_3 = 5 };
enum { E_PUSH_ERROR = -53, E_PULL_ERROR = -54, E_PREMATURE_TERMINATION = -110 };

#define FUNCTIONS(F)                                                                         \
	F(gnutls_handshake) F(gnutls_bye) F(gnutls_record_recv) F(gnutls_record_recv_seq)    \
	F(gnutls_record_send) F(gnutls_record_send2) F(gnutls_server_name_set)               \
	F(gnutls_deinit) F(gnutls_error_is_fatal) F(gnutls_strerror)                         \
	F(gnutls_protocol_get_version) F(gnutls_session_is_resumed)                          \
	F(gnutls_alpn_get_selected_protocol)

#define NUMBER(name) FUNCTION_##name,
#define NAME(name) #name,
enum function { FUNCTIONS(NUMBER) FUNCTION_COUNT };
static const char *const names[] = { FUNCTIONS(NAME) };
_Static_assert(FUNCTION_COUNT <= PROVIDER_FUNCTIONS_MAX, "room for all of them");

static struct provider_kind libraries = { .names = names, .count = FUNCTION_COUNT };

/* The library's function; may be NULL for those that not all versions have. */
#define OF(provider, name) ((__typeof__(name) *)(provider)->functions[FUNCTION_##name])

static void describe(const struct tls_outcome *o, const void *session, struct tls_details *d)
{
	const struct provider *p = o->functions;
	gnutls_session_t s = (gnutls_session_t)session;
	struct gnutls_datum alpn = { 0 };

	if (!o->established) {
		d->reason = OF(p, gnutls_strerror) ? OF(p, gnutls_strerror)(o->code) : NULL;
		return;
	}
	int version = OF(p, gnutls_protocol_get_version) ? OF(p, gnutls_protocol_get_version)(s) : 0;
	if (version >= VERSION_SSL3 && version <= VERSION_TLS1_3)
		d->version = (uint16_t)(0x0300 + version - VERSION_SSL3);
	if (OF(p, gnutls_session_is_resumed))
		d->resumed = OF(p, gnutls_session_is_resumed)(s) ? TRT_TLS_RESUMED : TRT_TLS_FULL;
	if (OF(p, gnutls_alpn_get_selected_protocol) &&
	    OF(p, gnutls_alpn_get_selected_protocol)(s, &alpn) == 0 && alpn.size <= sizeof(d->alpn)) {
		memcpy(d->alpn, alpn.data, alpn.size);
		d->alpn_bytes = alpn.size;
	}
}

/* established: what a call proves by its success. */
static struct tls_outcome end(const struct tls_call *c, const struct provider *p, ssize_t result,
			      bool established)
{
	int saved = errno;
	struct tls_outcome o = { .library = TRT_TLS_GNUTLS, .code = (int)result, .functions = p,
				 .describe = describe, .result = (int32_t)result,
				 .established = established && result >= 0 };

	if (!c->session)
		return o;
	if (result == E_PREMATURE_TERMINATION)
		o.result = 0;
	else if (result == E_PUSH_ERROR || result == E_PULL_ERROR)
		o.result = saved ? -saved : -EIO;
	else if (result < 0)
		o.result = OF(p, gnutls_error_is_fatal) &&
			   !OF(p, gnutls_error_is_fatal)((int)result) ? -EAGAIN : -EPROTO;
	errno = saved;
	return o;
}

#define E_INTERNAL_ERROR (-59) /* where the library is not to be found */

static inline const struct provider *library(enum function name, const struct frame *caller,
					     struct provider *spare)
{
	return provider_find(&libraries, name, caller, spare);
}

HOOK int gnutls_handshake(gnutls_session_t session)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_handshake, &caller, &spare);
	struct tls_call c;

	if (!p)
		return E_INTERNAL_ERROR;
	tls_begin(&c, p, TRT_CALL_gnutls_handshake, session, caller);
	int result = OF(p, gnutls_handshake)(session);
	struct tls_outcome o = end(&c, p, result, true);
	tls_ended(&c, &o);
	return result;
}

HOOK int gnutls_bye(gnutls_session_t session, int how)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_bye, &caller, &spare);
	struct tls_call c;

	if (!p)
		return E_INTERNAL_ERROR;
	tls_begin(&c, p, TRT_CALL_gnutls_bye, session, caller);
	int result = OF(p, gnutls_bye)(session, how);
	struct tls_outcome o = end(&c, p, result, true);
	if (o.established)
		tls_ended(&c, &o);
	return result;
}

HOOK ssize_t gnutls_record_recv(gnutls_session_t session, void *buffer, size_t bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_record_recv, &caller, &spare);
	struct tls_call c;

	if (!p)
		return E_INTERNAL_ERROR;
	tls_begin(&c, p, TRT_CALL_gnutls_record_recv, session, caller);
	ssize_t result = OF(p, gnutls_record_recv)(session, buffer, bytes);
	struct tls_outcome o = end(&c, p, result, true);
	tls_received(&c, &o, buffer);
	return result;
}

HOOK ssize_t gnutls_record_recv_seq(gnutls_session_t session, void *buffer, size_t bytes,
				    unsigned char *sequence)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_record_recv_seq, &caller, &spare);
	struct tls_call c;

	if (!p)
		return E_INTERNAL_ERROR;
	tls_begin(&c, p, TRT_CALL_gnutls_record_recv_seq, session, caller);
	ssize_t result = OF(p, gnutls_record_recv_seq)(session, buffer, bytes, sequence);
	struct tls_outcome o = end(&c, p, result, true);
	tls_received(&c, &o, buffer);
	return result;
}

HOOK ssize_t gnutls_record_send(gnutls_session_t session, const void *buffer, size_t bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_record_send, &caller, &spare);
	struct tls_call c;

	if (!p)
		return E_INTERNAL_ERROR;
	tls_begin_send(&c, p, TRT_CALL_gnutls_record_send, session, caller,
		       &(struct iovec){ (void *)buffer, bytes }, 1);
	ssize_t result = OF(p, gnutls_record_send)(session, buffer, bytes);
	struct tls_outcome o = end(&c, p, result, true);
	tls_sent(&c, &o);
	return result;
}

HOOK ssize_t gnutls_record_send2(gnutls_session_t session, const void *buffer, size_t bytes,
				 size_t pad, unsigned int flags)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_record_send2, &caller, &spare);
	struct tls_call c;

	if (!p)
		return E_INTERNAL_ERROR;
	tls_begin_send(&c, p, TRT_CALL_gnutls_record_send2, session, caller,
		       &(struct iovec){ (void *)buffer, bytes }, 1);
	ssize_t result = OF(p, gnutls_record_send2)(session, buffer, bytes, pad, flags);
	struct tls_outcome o = end(&c, p, result, true);
	tls_sent(&c, &o);
	return result;
}

HOOK int gnutls_server_name_set(gnutls_session_t session, int type, const void *name, size_t bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_server_name_set, &caller, &spare);

	if (!p)
		return E_INTERNAL_ERROR;
	int result = OF(p, gnutls_server_name_set)(session, type, name, bytes);
	if (result == 0 && type == NAME_DNS)
		tls_name(session, name, bytes);
	return result;
}

HOOK void gnutls_deinit(gnutls_session_t session)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_gnutls_deinit, &caller, &spare);

	tls_forget(session);
	if (p)
		OF(p, gnutls_deinit)(session);
}
