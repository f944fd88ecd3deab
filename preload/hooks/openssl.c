/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSL 1.0 to 3, and those with its interface (LibreSSL, BoringSSL, AWS-LC): by symbol; their
 * headers are not needed.  See SSL_read(3), SSL_get_error(3), SSL_do_handshake(3).
 */
#include "preload/call.h"
#include "preload/tls.h"

#include <errno.h>
#include <string.h>

typedef struct ssl_st SSL;
typedef struct bio_st BIO;

int SSL_connect(SSL *ssl);
int SSL_accept(SSL *ssl);
int SSL_do_handshake(SSL *ssl);
int SSL_shutdown(SSL *ssl);
int SSL_read(SSL *ssl, void *buffer, int bytes);
int SSL_peek(SSL *ssl, void *buffer, int bytes);
int SSL_write(SSL *ssl, const void *buffer, int bytes);
int SSL_read_ex(SSL *ssl, void *buffer, size_t bytes, size_t *read);
int SSL_peek_ex(SSL *ssl, void *buffer, size_t bytes, size_t *read);
int SSL_write_ex(SSL *ssl, const void *buffer, size_t bytes, size_t *written);
ssize_t SSL_sendfile(SSL *ssl, int fd, off_t offset, size_t bytes, int flags);
int SSL_clear(SSL *ssl);
void SSL_free(SSL *ssl);
int BIO_write(BIO *bio, const void *data, int bytes);
/* Not intercepted: what tells about a session without changing it. */
int SSL_get_error(const SSL *ssl, int result);
int SSL_is_init_finished(const SSL *ssl);
int SSL_state(const SSL *ssl);
int SSL_in_init(const SSL *ssl);
int SSL_version(const SSL *ssl);
int SSL_is_server(const SSL *ssl);
int SSL_session_reused(const SSL *ssl);
const char *SSL_get_servername(const SSL *ssl, int type);
void SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **name, unsigned int *bytes);
BIO *SSL_get_rbio(const SSL *ssl);
unsigned long ERR_peek_last_error(void);
const char *ERR_reason_error_string(unsigned long error);

/* As in <openssl/ssl.h>, in all versions. */
enum { ERROR_SSL = 1, ERROR_SYSCALL = 5, ERROR_ZERO_RETURN = 6 };
#define STATE_OK 3          /* SSL_state() of 1.0 when the handshake is done */
#define NAMETYPE_HOST_NAME 0

#define FUNCTIONS(F)                                                                             \
	F(SSL_connect) F(SSL_accept) F(SSL_do_handshake) F(SSL_shutdown) F(SSL_read) F(SSL_peek) \
	F(SSL_write) F(SSL_read_ex) F(SSL_peek_ex) F(SSL_write_ex) F(SSL_sendfile) F(SSL_free)   \
	F(SSL_get_error) F(SSL_is_init_finished) F(SSL_state) F(SSL_in_init) F(SSL_version)      \
	F(SSL_is_server) F(SSL_session_reused) F(SSL_get_servername) F(SSL_get0_alpn_selected)   \
	F(SSL_get_rbio) F(SSL_clear) F(ERR_peek_last_error) F(ERR_reason_error_string)

#define NUMBER(name) FUNCTION_##name,
#define NAME(name) #name,
enum function { FUNCTIONS(NUMBER) FUNCTION_COUNT };
static const char *const names[] = { FUNCTIONS(NAME) };
_Static_assert(FUNCTION_COUNT <= PROVIDER_FUNCTIONS_MAX, "room for all of them");

static struct provider_kind libraries = { .names = names, .count = FUNCTION_COUNT };

/* The library's function; may be NULL for those that not all versions have. */
#define OF(provider, name) ((__typeof__(name) *)(provider)->functions[FUNCTION_##name])

static bool is_established(const struct provider *p, const SSL *ssl)
{
	if (OF(p, SSL_is_init_finished))
		return OF(p, SSL_is_init_finished)(ssl);
	if (OF(p, SSL_in_init))
		return !OF(p, SSL_in_init)(ssl);
	return OF(p, SSL_state) && OF(p, SSL_state)(ssl) == STATE_OK;
}

/* What failed, in the library's words, which are constants; NULL if it has none. */
static const char *reason(const struct provider *p, const struct tls_outcome *o)
{
	if (o->result == 0)
		return "the peer closed the connection";
	if (o->result != -EPROTO || !OF(p, ERR_peek_last_error) || !OF(p, ERR_reason_error_string))
		return NULL;
	return OF(p, ERR_reason_error_string)(OF(p, ERR_peek_last_error)());
}

static void describe(const struct tls_outcome *o, const void *session, struct tls_details *d)
{
	const struct provider *p = o->functions;
	const SSL *ssl = session;
	const unsigned char *alpn = NULL;
	unsigned int alpn_bytes = 0;

	if (OF(p, SSL_is_server))
		d->role = OF(p, SSL_is_server)(ssl) ? TRT_TLS_SERVER : TRT_TLS_CLIENT;
	if (OF(p, SSL_get_servername))
		d->server_name = OF(p, SSL_get_servername)(ssl, NAMETYPE_HOST_NAME);
	if (!o->established) {
		d->reason = reason(p, o);
		return;
	}
	if (OF(p, SSL_version))
		d->version = (uint16_t)OF(p, SSL_version)(ssl);
	if (OF(p, SSL_session_reused))
		d->resumed = OF(p, SSL_session_reused)(ssl) ? TRT_TLS_RESUMED : TRT_TLS_FULL;
	if (OF(p, SSL_get0_alpn_selected))
		OF(p, SSL_get0_alpn_selected)(ssl, &alpn, &alpn_bytes);
	if (alpn && alpn_bytes <= sizeof(d->alpn)) {
		memcpy(d->alpn, alpn, alpn_bytes);
		d->alpn_bytes = alpn_bytes;
	}
}

/*
 * bytes: that the call moved, or 0 if it succeeded without.  SSL_get_error() is asked first: it
 * goes by errno and by the thread's queue of errors, which nothing here adds to.
 */
static struct tls_outcome end(const struct tls_call *c, const struct provider *p, const SSL *ssl,
			      int result, size_t bytes)
{
	int saved = errno;
	struct tls_outcome o = { .library = TRT_TLS_OPENSSL, .code = result, .functions = p,
				 .describe = describe, .result = (int32_t)bytes };

	if (!c->session)
		return o;
	if (result <= 0) {
		int error = OF(p, SSL_get_error) ? OF(p, SSL_get_error)(ssl, result) : ERROR_SSL;
		if (error == ERROR_SSL)
			o.result = -EPROTO;
		else if (error == ERROR_SYSCALL)
			o.result = -saved; /* 0: the stream ended without close_notify */
		else
			o.result = error == ERROR_ZERO_RETURN ? 0 : -EAGAIN;
	}
	o.established = is_established(p, ssl);
	if (OF(p, SSL_get_rbio))
		o.carrier = (uintptr_t)OF(p, SSL_get_rbio)(ssl);
	errno = saved;
	return o;
}

/* Without the library nobody gets here but by a look for its name (dlsym() with RTLD_DEFAULT). */
static int missing(void)
{
	errno = ENOSYS;
	return -1;
}

static inline const struct provider *library(enum function name, const struct frame *caller,
					     struct provider *spare)
{
	return provider_find(&libraries, name, caller, spare);
}

#define HANDSHAKE(name)                                                              \
	HOOK int name(SSL *ssl)                                                      \
	{                                                                            \
		struct frame caller = FRAME_OF_CALLER;                               \
		struct provider spare;                                               \
		const struct provider *p = library(FUNCTION_##name, &caller, &spare); \
		struct tls_call c;                                                   \
                                                                                     \
		if (!p)                                                              \
			return missing();                                            \
		tls_begin(&c, p, TRT_CALL_##name, ssl, caller);                         \
		int result = OF(p, name)(ssl);                                       \
		struct tls_outcome o = end(&c, p, ssl, result, 0);                       \
		tls_ended(&c, &o);                                                   \
		return result;                                                       \
	}

HANDSHAKE(SSL_connect)
HANDSHAKE(SSL_accept)
HANDSHAKE(SSL_do_handshake)

/*
 * For a session that was used by BIO_read() and BIO_write() alone this would be the first call that
 * is seen: its handshake and plaintext were not, and what is said now is no handshake.
 */
HOOK int SSL_shutdown(SSL *ssl)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_SSL_shutdown, &caller, &spare);
	struct tls_call c;

	if (!p)
		return missing();
	if (!tls_known(ssl))
		return OF(p, SSL_shutdown)(ssl);
	tls_begin(&c, p, TRT_CALL_SSL_shutdown, ssl, caller);
	int result = OF(p, SSL_shutdown)(ssl);
	/* 0: sent, the peer's is still to come (SSL_shutdown(3)). */
	struct tls_outcome o = end(&c, p, ssl, result == 0 ? 1 : result, 0);
	if (o.established)
		tls_ended(&c, &o);
	return result;
}

static int receive(enum function name, uint8_t which, struct frame caller, SSL *ssl, void *buffer,
		   int bytes)
{
	struct provider spare;
	const struct provider *p = library(name, &caller, &spare);
	struct tls_call c;

	if (!p)
		return missing();
	tls_begin(&c, p, which, ssl, caller);
	int result = ((__typeof__(SSL_read) *)p->functions[name])(ssl, buffer, bytes);
	struct tls_outcome o = end(&c, p, ssl, result, result > 0 ? (size_t)result : 0);
	o.peek = name == FUNCTION_SSL_peek;
	tls_received(&c, &o, buffer);
	return result;
}

HOOK int SSL_read(SSL *ssl, void *buffer, int bytes)
{
	return receive(FUNCTION_SSL_read, TRT_CALL_SSL_read, FRAME_OF_CALLER, ssl, buffer, bytes);
}

HOOK int SSL_peek(SSL *ssl, void *buffer, int bytes)
{
	return receive(FUNCTION_SSL_peek, TRT_CALL_SSL_peek, FRAME_OF_CALLER, ssl, buffer, bytes);
}

static int receive_ex(enum function name, uint8_t which, struct frame caller, SSL *ssl,
		      void *buffer, size_t bytes, size_t *read)
{
	struct provider spare;
	const struct provider *p = library(name, &caller, &spare);
	struct tls_call c;

	if (!p)
		return 0;
	tls_begin(&c, p, which, ssl, caller);
	int result = ((__typeof__(SSL_read_ex) *)p->functions[name])(ssl, buffer, bytes, read);
	struct tls_outcome o = end(&c, p, ssl, result, result > 0 ? *read : 0);
	o.peek = name == FUNCTION_SSL_peek_ex;
	tls_received(&c, &o, buffer);
	return result;
}

HOOK int SSL_read_ex(SSL *ssl, void *buffer, size_t bytes, size_t *read)
{
	return receive_ex(FUNCTION_SSL_read_ex, TRT_CALL_SSL_read_ex, FRAME_OF_CALLER, ssl, buffer,
			  bytes, read);
}

HOOK int SSL_peek_ex(SSL *ssl, void *buffer, size_t bytes, size_t *read)
{
	return receive_ex(FUNCTION_SSL_peek_ex, TRT_CALL_SSL_peek_ex, FRAME_OF_CALLER, ssl, buffer,
			  bytes, read);
}

HOOK int SSL_write(SSL *ssl, const void *buffer, int bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_SSL_write, &caller, &spare);
	struct iovec given = { (void *)buffer, bytes > 0 ? (size_t)bytes : 0 };
	struct tls_call c;

	if (!p)
		return missing();
	tls_begin_send(&c, p, TRT_CALL_SSL_write, ssl, caller, &given, 1);
	int result = OF(p, SSL_write)(ssl, buffer, bytes);
	struct tls_outcome o = end(&c, p, ssl, result, result > 0 ? (size_t)result : 0);
	tls_sent(&c, &o);
	return result;
}

HOOK int SSL_write_ex(SSL *ssl, const void *buffer, size_t bytes, size_t *written)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_SSL_write_ex, &caller, &spare);
	struct tls_call c;

	if (!p)
		return 0;
	tls_begin_send(&c, p, TRT_CALL_SSL_write_ex, ssl, caller,
		       &(struct iovec){ (void *)buffer, bytes }, 1);
	int result = OF(p, SSL_write_ex)(ssl, buffer, bytes, written);
	struct tls_outcome o = end(&c, p, ssl, result, result > 0 ? *written : 0);
	tls_sent(&c, &o);
	return result;
}

/* The kernel encrypts what it sends of a file. */
HOOK ssize_t SSL_sendfile(SSL *ssl, int fd, off_t offset, size_t bytes, int flags)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_SSL_sendfile, &caller, &spare);
	struct tls_call c;

	if (!p)
		return missing();
	tls_begin(&c, p, TRT_CALL_SSL_sendfile, ssl, caller);
	ssize_t result = OF(p, SSL_sendfile)(ssl, fd, offset, bytes, flags);
	size_t moved = result > 0 ? (size_t)result : 0;
	struct tls_outcome o = end(&c, p, ssl, moved ? 1 : (int)result, moved);
	tls_sent(&c, &o);
	return result;
}

/* The object may speak over another socket from here on, while the one it had is still open. */
HOOK int SSL_clear(SSL *ssl)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_SSL_clear, &caller, &spare);

	if (!p)
		return 0;
	tls_forget(ssl);
	return OF(p, SSL_clear)(ssl);
}

HOOK void SSL_free(SSL *ssl)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = library(FUNCTION_SSL_free, &caller, &spare);

	tls_forget(ssl);
	if (p)
		OF(p, SSL_free)(ssl);
}

static const char *const carrier_names[] = { "BIO_write" };
static struct provider_kind carriers = { .names = carrier_names, .count = 1 };

/* A program that reads from the socket itself gives what it read to a memory BIO. */
HOOK int BIO_write(BIO *bio, const void *data, int bytes)
{
	struct frame caller = FRAME_OF_CALLER;
	struct provider spare;
	const struct provider *p = provider_find(&carriers, 0, &caller, &spare);

	if (!p)
		return missing();
	if (bytes > 0)
		tls_fed(bio, data, (size_t)bytes);
	return ((__typeof__(BIO_write) *)p->functions[0])(bio, data, bytes);
}
