/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NSS over NSPR: by symbol; their headers are not needed.  NSPR's functions serve files and
 * plain sockets too; a descriptor speaks TLS if SSL_ImportFD() gave it out.
 */
#include "preload/call.h"
#include "preload/tls.h"

#include <errno.h>
#include <string.h>

typedef struct PRFileDesc PRFileDesc;
struct pr_iovec {
	char *base;
	int bytes;
};

PRFileDesc *SSL_ImportFD(PRFileDesc *model, PRFileDesc *fd);
int SSL_SetURL(PRFileDesc *fd, const char *url);
int SSL_ForceHandshake(PRFileDesc *fd);
int SSL_ForceHandshakeWithTimeout(PRFileDesc *fd, uint32_t timeout);
int32_t PR_Read(PRFileDesc *fd, void *buffer, int32_t bytes);
int32_t PR_Recv(PRFileDesc *fd, void *buffer, int32_t bytes, int flags, uint32_t timeout);
int32_t PR_Write(PRFileDesc *fd, const void *buffer, int32_t bytes);
int32_t PR_Send(PRFileDesc *fd, const void *buffer, int32_t bytes, int flags, uint32_t timeout);
int32_t PR_Writev(PRFileDesc *fd, const struct pr_iovec *buffers, int32_t count, uint32_t timeout);
int PR_Close(PRFileDesc *fd);
/* Not intercepted: what tells about a session without changing it. */
int32_t PR_GetError(void);
int32_t PR_GetOSError(void);
const char *PR_ErrorToName(int32_t error);
int SSL_GetChannelInfo(PRFileDesc *fd, void *info, unsigned int bytes);
int SSL_GetNextProto(PRFileDesc *fd, int *state, unsigned char *name, unsigned int *bytes,
		     unsigned int max);

/* As in <prerror.h>, <prio.h>, <ssl.h>. */
enum { WOULD_BLOCK = -5998, IO_TIMEOUT = -5990, CONNECT_RESET = -5961, END_OF_FILE = -5938 };
enum { MSG_PEEK_FLAG = 2 };
enum { NEXT_PROTO_NEGOTIATED = 1, NEXT_PROTO_SELECTED = 3 };

/* The beginning of struct SSLChannelInfo (<sslt.h>), which later versions only make longer. */
struct channel_info {
	uint32_t bytes;
	uint16_t version, cipher_suite;
	uint32_t key_bits[2];
	uint32_t created, accessed, expires;
	uint32_t session_id_bytes;
	uint8_t session_id[32];
	const char *compression_name;
	int compression, extended_master_secret, early_data_accepted;
	int kea_type, kea_group, cipher, mac, authentication, signature_scheme, original_kea_group;
	int resumed; /* since 3.34 */
};

/* libssl3 needs libnspr4; not the other way round. */
#define NSPR_FUNCTIONS(F)                                                                   \
	F(PR_Read) F(PR_Recv) F(PR_Write) F(PR_Send) F(PR_Writev) F(PR_Close) F(PR_GetError) \
	F(PR_GetOSError) F(PR_ErrorToName)
#define NSS_FUNCTIONS(F)                                                          \
	F(SSL_ImportFD) F(SSL_SetURL) F(SSL_ForceHandshake) F(SSL_ForceHandshakeWithTimeout) \
	F(SSL_GetChannelInfo) F(SSL_GetNextProto)

#define NUMBER(name) FUNCTION_##name,
#define NAME(name) #name,
enum nspr_function { NSPR_FUNCTIONS(NUMBER) NSPR_COUNT };
enum nss_function { NSS_FUNCTIONS(NUMBER) NSS_COUNT };
static const char *const nspr_names[] = { NSPR_FUNCTIONS(NAME) };
static const char *const nss_names[] = { NSS_FUNCTIONS(NAME) };

static struct provider_kind nspr = { .names = nspr_names, .count = NSPR_COUNT };
static struct provider_kind nss = { .names = nss_names, .count = NSS_COUNT };

#define OF(provider, name) ((__typeof__(name) *)(provider)->functions[FUNCTION_##name])

/* What the record of a handshake needs of both libraries. */
struct both {
	const struct provider *nspr, *nss;
};

static void describe(const struct tls_outcome *o, const void *session, struct tls_details *d)
{
	const struct both *b = o->functions;
	PRFileDesc *fd = (PRFileDesc *)session;
	struct channel_info info = { 0 };
	unsigned int alpn_bytes = 0;
	int state = 0;

	if (!o->established) {
		d->reason = b->nspr && OF(b->nspr, PR_ErrorToName) ?
				    OF(b->nspr, PR_ErrorToName)(o->code) : NULL;
		return;
	}
	if (!b->nss || !OF(b->nss, SSL_GetChannelInfo) ||
	    OF(b->nss, SSL_GetChannelInfo)(fd, &info, sizeof(info)) != 0)
		return;
	d->version = info.version;
	if (info.bytes >= sizeof(info))
		d->resumed = info.resumed ? TRT_TLS_RESUMED : TRT_TLS_FULL;
	if (OF(b->nss, SSL_GetNextProto) &&
	    OF(b->nss, SSL_GetNextProto)(fd, &state, d->alpn, &alpn_bytes, sizeof(d->alpn)) == 0 &&
	    (state == NEXT_PROTO_NEGOTIATED || state == NEXT_PROTO_SELECTED))
		d->alpn_bytes = alpn_bytes;
}

/* result: bytes, below 0 failed; established: what the call proves by its success. */
static struct tls_outcome end(const struct both *b, int32_t result, bool established)
{
	int saved = errno;
	struct tls_outcome o = { .library = TRT_TLS_NSS, .functions = b, .describe = describe,
				 .result = result, .established = established && result >= 0 };

	if (result < 0 && b->nspr && OF(b->nspr, PR_GetError)) {
		int32_t error = OF(b->nspr, PR_GetError)();
		o.code = error;
		o.result = error == WOULD_BLOCK || error == IO_TIMEOUT ? -EAGAIN :
			   error == END_OF_FILE ? 0 : error == CONNECT_RESET ? -ECONNRESET : -EPROTO;
	} else if (result < 0) {
		o.result = -EPROTO;
	}
	errno = saved;
	return o;
}

/* What both libraries are to this call, which is NSPR's, or NSS's. */
struct libraries {
	struct provider nspr_spare, nss_spare;
	struct both both;
};

static const struct provider *find_nspr(struct libraries *l, enum nspr_function name,
					const struct frame *caller)
{
	l->both.nss = NULL;
	l->both.nspr = provider_find(&nspr, name, caller, &l->nspr_spare);
	return l->both.nspr;
}

static const struct provider *find_nss(struct libraries *l, enum nss_function name,
				       const struct frame *caller)
{
	l->both.nspr = NULL;
	l->both.nss = provider_find(&nss, name, caller, &l->nss_spare);
	return l->both.nss;
}

/* And the other one, for a session's call. */
static void find_other(struct libraries *l, const struct frame *caller)
{
	if (l->both.nspr)
		l->both.nss = provider_find(&nss, FUNCTION_SSL_ImportFD, caller, &l->nss_spare);
	else
		l->both.nspr = provider_find(&nspr, FUNCTION_PR_Read, caller, &l->nspr_spare);
}

HOOK PRFileDesc *SSL_ImportFD(PRFileDesc *model, PRFileDesc *fd)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nss(&l, FUNCTION_SSL_ImportFD, &caller);

	if (!p)
		return NULL;
	PRFileDesc *layered = OF(p, SSL_ImportFD)(model, fd);
	tls_adopt(layered);
	return layered;
}

HOOK int SSL_SetURL(PRFileDesc *fd, const char *url)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nss(&l, FUNCTION_SSL_SetURL, &caller);

	if (!p)
		return -1;
	int result = OF(p, SSL_SetURL)(fd, url);
	if (result == 0 && url)
		tls_name(fd, url, strlen(url));
	return result;
}

HOOK int SSL_ForceHandshake(PRFileDesc *fd)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nss(&l, FUNCTION_SSL_ForceHandshake, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	find_other(&l, &caller);
	tls_begin(&c, p, TRT_CALL_SSL_ForceHandshake, fd, caller);
	int result = OF(p, SSL_ForceHandshake)(fd);
	struct tls_outcome o = end(&l.both, result, true);
	tls_ended(&c, &o);
	return result;
}

HOOK int SSL_ForceHandshakeWithTimeout(PRFileDesc *fd, uint32_t timeout)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nss(&l, FUNCTION_SSL_ForceHandshakeWithTimeout, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	find_other(&l, &caller);
	tls_begin(&c, p, TRT_CALL_SSL_ForceHandshakeWithTimeout, fd, caller);
	int result = OF(p, SSL_ForceHandshakeWithTimeout)(fd, timeout);
	struct tls_outcome o = end(&l.both, result, true);
	tls_ended(&c, &o);
	return result;
}

static void received(const struct libraries *l, struct tls_call *c, const void *buffer,
		     int32_t result, bool peek)
{
	struct tls_outcome o = end(&l->both, result, result > 0);

	o.peek = peek;
	tls_received(c, &o, buffer);
}

HOOK int32_t PR_Read(PRFileDesc *fd, void *buffer, int32_t bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nspr(&l, FUNCTION_PR_Read, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	if (!tls_is_session(fd))
		return OF(p, PR_Read)(fd, buffer, bytes);
	find_other(&l, &caller);
	tls_begin(&c, p, TRT_CALL_PR_Read, fd, caller);
	int32_t result = OF(p, PR_Read)(fd, buffer, bytes);
	received(&l, &c, buffer, result, false);
	return result;
}

HOOK int32_t PR_Recv(PRFileDesc *fd, void *buffer, int32_t bytes, int flags, uint32_t timeout)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nspr(&l, FUNCTION_PR_Recv, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	if (!tls_is_session(fd))
		return OF(p, PR_Recv)(fd, buffer, bytes, flags, timeout);
	find_other(&l, &caller);
	tls_begin(&c, p, TRT_CALL_PR_Recv, fd, caller);
	int32_t result = OF(p, PR_Recv)(fd, buffer, bytes, flags, timeout);
	received(&l, &c, buffer, result, flags & MSG_PEEK_FLAG);
	return result;
}

static void begin_send(struct libraries *l, struct tls_call *c, uint8_t which, PRFileDesc *fd,
		       const struct frame *caller, const void *buffer, int32_t bytes)
{
	struct iovec given = { (void *)buffer, bytes > 0 ? (size_t)bytes : 0 };

	find_other(l, caller);
	tls_begin_send(c, l->both.nspr, which, fd, *caller, &given, 1);
}

#define PIECES_MAX 16 /* PR_MAX_IOVECTOR_SIZE */

static void begin_send_pieces(struct libraries *l, struct tls_call *c, uint8_t which,
			      PRFileDesc *fd, const struct frame *caller,
			      const struct pr_iovec *pieces, int32_t count)
{
	struct iovec given[PIECES_MAX];
	size_t n = 0;

	for (int32_t i = 0; i < count && count <= PIECES_MAX; i++)
		if (pieces[i].bytes > 0)
			given[n++] = (struct iovec){ pieces[i].base, (size_t)pieces[i].bytes };
	find_other(l, caller);
	tls_begin_send(c, l->both.nspr, which, fd, *caller, given, n);
}

static void sent(const struct libraries *l, struct tls_call *c, int32_t result)
{
	struct tls_outcome o = end(&l->both, result, result > 0);

	tls_sent(c, &o);
}

HOOK int32_t PR_Write(PRFileDesc *fd, const void *buffer, int32_t bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nspr(&l, FUNCTION_PR_Write, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	if (!tls_is_session(fd))
		return OF(p, PR_Write)(fd, buffer, bytes);
	begin_send(&l, &c, TRT_CALL_PR_Write, fd, &caller, buffer, bytes);
	int32_t result = OF(p, PR_Write)(fd, buffer, bytes);
	sent(&l, &c, result);
	return result;
}

HOOK int32_t PR_Send(PRFileDesc *fd, const void *buffer, int32_t bytes, int flags, uint32_t timeout)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nspr(&l, FUNCTION_PR_Send, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	if (!tls_is_session(fd))
		return OF(p, PR_Send)(fd, buffer, bytes, flags, timeout);
	begin_send(&l, &c, TRT_CALL_PR_Send, fd, &caller, buffer, bytes);
	int32_t result = OF(p, PR_Send)(fd, buffer, bytes, flags, timeout);
	sent(&l, &c, result);
	return result;
}

HOOK int32_t PR_Writev(PRFileDesc *fd, const struct pr_iovec *buffers, int32_t count,
		       uint32_t timeout)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nspr(&l, FUNCTION_PR_Writev, &caller);
	struct tls_call c;

	if (!p)
		return -1;
	if (!tls_is_session(fd))
		return OF(p, PR_Writev)(fd, buffers, count, timeout);
	begin_send_pieces(&l, &c, TRT_CALL_PR_Writev, fd, &caller, buffers, count);
	int32_t result = OF(p, PR_Writev)(fd, buffers, count, timeout);
	sent(&l, &c, result);
	return result;
}

HOOK int PR_Close(PRFileDesc *fd)
{
	struct frame caller = FRAME_OF_CALLER;
	struct libraries l;
	const struct provider *p = find_nspr(&l, FUNCTION_PR_Close, &caller);

	if (!p)
		return -1;
	tls_forget(fd);
	return OF(p, PR_Close)(fd);
}
