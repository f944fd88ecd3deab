/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections with TLS: round trips of the plaintext, and what the socket beneath it tells. */
#include <unistd.h>

#include "tests/unit/model_case.h"

#define CLIENT "connection 1 tcp socket\nconnected 1 2000-2050\n"
#define TLS_CLIENT \
	"tls 1 2100-2500 role=client\n" \
	"1 write 1 2110-2120 500\n1 read 1 2130-2300 1000\n1 write 1 2400-2410 80\n" \
	"1 SSL_connect 1 2100-2500 0\n"
#define TLS_SERVER \
	"connection 1 tcp accept\ntls 1 2100-2500 role=server\n" \
	"1 read 1 2110-2200 500\n1 write 1 2300-2310 1000\n1 read 1 2320-2450 80\n" \
	"1 SSL_accept 1 2100-2500 0\n"

static const struct model_case cases[] = {
	{
		"TLS: round trips are of the plaintext, the socket tells when it came; the "
		"handshake is a phase",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100 stack=7\n"
		"1 read 1 3040-3500 5 ready=3400\n"
		"1 read 1 3502-3503 67\n"
		"1 SSL_read 1 3030-3520 50\n"
		"1 write 1 3605-3615 122\n"
		"1 SSL_write 1 3600-3620 100\n"
		"1 read 1 3640-3700 72\n"
		"1 SSL_read 1 3630-3710 20\n"
		"1 SSL_read 1 3720-3722 30\n"
		"1 write 1 9000-9010 24\n"
		"1 SSL_shutdown 1 8990-9020 0\n"
		"1 close 1 9100-9101 0\n"
		"closed 1 9100 848 1144\n",
		"client ok connection=1 thread=1 start=3000 end=3520 latency=520 send=20 "
		"wait=380 receive=120 blocked=471 connect=50 handshake=400 sent=100 received=50 "
		"wire_sent=122 wire_received=72 request=0 response=0 calls=2 stack=7\n"
		"client ok connection=1 thread=1 start=3600 end=3722 latency=122 send=20 wait=80 "
		"receive=22 blocked=70 sent=100 received=50 wire_sent=122 wire_received=72 "
		"request=100 response=50 calls=3\n"
		"connection 1 client calls=17 sent=200 received=100 wire_sent=848 "
		"wire_received=1144 trips=2 blocked=741 first=2100 last=9101\n"
		"thread 1 calls=17 trips=2 blocked=741\n",
	},
	{
		"TLS: a session ticket that comes before the answer is no answer",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 read 1 3040-3050 5 ready=3030\n"
		"1 read 1 3051-3052 250\n"
		"1 read 1 3060-3500 5\n"
		"1 read 1 3502-3503 67\n"
		"1 SSL_read 1 3030-3520 50\n"
		"1 write 1 4005-4015 122\n"
		"1 SSL_write 1 4000-4020 100\n"
		"1 read 1 4040-4050 255 ready=4030\n"
		"1 read 1 4060-4500 EAGAIN\n"
		"1 read 1 4600-4610 72 ready=4580\n"
		"1 SSL_read 1 4590-4620 50\n",
		"client ok connection=1 thread=1 start=3000 end=3520 latency=520 send=20 "
		"wait=480 receive=20 blocked=462 connect=50 handshake=400 sent=100 received=50 "
		"wire_sent=122 wire_received=327 request=0 response=0 calls=2\n"
		"client ok connection=1 thread=1 start=4000 end=4620 latency=620 send=20 "
		"wait=560 receive=40 blocked=470 sent=100 received=50 wire_sent=122 "
		"wire_received=327 request=100 response=50 calls=2\n"
		"connection 1 client calls=17 sent=200 received=100 wire_sent=824 "
		"wire_received=1654 trips=2 blocked=1122 first=2100 last=4620\n"
		"thread 1 calls=17 trips=2 blocked=1122\n",
	},
	{
		"TLS: a server's requests, read from the socket and queued before; the goodbye is "
		"no part of the answer",
		TLS_SERVER
		"1 read 1 2600-3000 5 ready=2590\n"
		"1 read 1 3001-3002 117\n"
		"1 SSL_read 1 2590-3010 100 stack=3\n"
		"1 write 1 3205-3215 72\n"
		"1 SSL_write 1 3200-3220 50\n"
		"1 read 1 3300-4000 122\n"
		"1 SSL_read 1 3290-4010 100\n"
		"1 write 1 4105-4115 72\n"
		"1 SSL_write 1 4100-4120 50\n"
		"1 write 1 9005-9015 24 waited=4000\n"
		"1 SSL_shutdown 1 9000-9020 0\n",
		"server ok connection=1 thread=1 start=3000 end=3220 latency=210 send=20 "
		"wait=190 receive=10 blocked=10 handshake=400 queue=10 sent=50 received=100 "
		"wire_sent=72 wire_received=122 request=0 response=0 calls=2 stack=3\n"
		"server ok connection=1 thread=1 start=4000 end=4120 latency=110 send=20 wait=90 "
		"receive=10 blocked=10 sent=50 received=100 wire_sent=72 wire_received=122 "
		"request=100 response=50 calls=2\n"
		"connection 1 server calls=15 sent=100 received=200 wire_sent=1168 "
		"wire_received=824 trips=2 blocked=5361 first=2100 last=9020\n"
		"thread 1 calls=15 trips=2 blocked=5361\n",
	},
	{
		"STARTTLS: what was said in clear counts in the same stream, and is complete when "
		"TLS begins",
		CLIENT
		"tls 1 2500-2900 role=client sent=10 received=45\n"
		"1 read 1 2060-2100 25\n"
		"1 send 1 2200-2210 10\n"
		"1 read 1 2220-2300 20\n"
		"1 write 1 2510-2520 500\n"
		"1 read 1 2530-2800 1000\n"
		"1 SSL_connect 1 2500-2900 0\n"
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 read 1 3040-3100 72\n"
		"1 SSL_read 1 3030-3110 50\n"
		"closed 1 9100 632 1117\n",
		"client ok connection=1 thread=1 start=2200 end=2300 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 connect=50 sent=10 received=20 request=0 response=25 "
		"calls=2\n"
		"client ok connection=1 thread=1 start=3000 end=3110 latency=110 send=20 wait=80 "
		"receive=10 blocked=70 handshake=400 sent=100 received=50 wire_sent=122 "
		"wire_received=72 request=10 response=45 calls=2\n"
		"connection 1 client calls=10 sent=110 received=95 wire_sent=622 "
		"wire_received=1072 unsolicited=25 trips=2 blocked=480 first=2060 last=3110\n"
		"thread 1 calls=10 trips=2 blocked=480\n",
	},
	{
		"TLS by memory: the program carries the bytes itself, sends after and reads "
		"before",
		CLIENT TLS_CLIENT
		"1 send 1 2510-2520 80\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 send 1 3030-3050 122\n"
		"1 recv 1 3060-3065 EAGAIN\n"
		"1 recv 1 3300-3310 72 ready=3250 waited=180\n"
		"1 SSL_read 1 3320-3330 50\n"
		"1 SSL_write 1 3400-3420 1000\n"
		"1 send 1 3430-3440 600\n"
		"1 send 1 3450-3470 422\n"
		"1 recv 1 3600-3610 72\n"
		"1 SSL_read 1 3620-3630 50\n"
		"1 send 1 9000-9010 24\n",
		"client ok connection=1 thread=1 start=3000 end=3330 latency=330 send=50 "
		"wait=200 receive=80 blocked=215 connect=50 handshake=400 sent=100 received=50 "
		"wire_sent=202 wire_received=72 request=0 response=0 calls=2\n"
		"client ok connection=1 thread=1 start=3400 end=3630 latency=230 send=70 "
		"wait=140 receive=20 blocked=40 sent=1000 received=50 wire_sent=1022 "
		"wire_received=72 request=100 response=50 calls=2\n"
		"connection 1 client calls=16 sent=1100 received=100 wire_sent=1828 "
		"wire_received=1144 trips=2 blocked=465 first=2100 last=9010\n"
		"thread 1 calls=16 trips=2 blocked=465\n",
	},
	{
		"TLS: requests that are sent before the first answer, and answers that come "
		"together",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 write 1 3035-3045 122\n"
		"1 SSL_write 1 3030-3050 100\n"
		"1 read 1 3060-3200 144\n"
		"1 SSL_read 1 3055-3210 50\n"
		"1 SSL_read 1 3220-3225 50\n",
		"client ok connection=1 thread=1 start=3000 end=3225 latency=225 send=50 "
		"wait=150 receive=25 blocked=160 connect=50 handshake=400 sent=200 received=100 "
		"wire_sent=244 wire_received=144 request=0 response=0 calls=4\n"
		"connection 1 client calls=11 sent=200 received=100 wire_sent=824 "
		"wire_received=1144 trips=1 blocked=350 first=2100 last=3225\n"
		"thread 1 calls=11 trips=1 blocked=350\n",
	},
	{
		"TLS: a write that could not go on is tried again: all it sent is its",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 400\n"
		"1 SSL_write 1 3000-3020 EAGAIN\n"
		"1 write 1 3105-3115 622\n"
		"1 SSL_write 1 3100-3120 1000\n"
		"1 read 1 3200-3300 72\n"
		"1 SSL_read 1 3190-3310 50\n",
		"client ok connection=1 thread=1 start=3000 end=3310 latency=310 send=120 "
		"wait=180 receive=10 blocked=110 connect=50 handshake=400 sent=1000 received=50 "
		"wire_sent=1022 wire_received=72 request=0 response=0 calls=2\n"
		"connection 1 client calls=10 sent=1000 received=50 wire_sent=1602 "
		"wire_received=1072 trips=1 blocked=310 first=2100 last=3310\n"
		"thread 1 calls=10 trips=1 blocked=310\n",
	},
	{
		"TLS: a handshake that fails makes no round trips",
		CLIENT
		"tls 1 2100-2500 role=client error=EPROTO reason=certificate_verify_failed\n"
		"1 write 1 2110-2120 500\n"
		"1 read 1 2130-2300 1000\n"
		"1 write 1 2400-2410 7\n"
		"1 SSL_connect 1 2100-2500 EPROTO\n"
		"1 read 1 2600-2700 0\n"
		"1 close 1 2800-2801 0\n"
		"closed 1 2800 507 1000\n",
		"connection 1 client calls=6 wire_sent=507 wire_received=1000 blocked=290 "
		"first=2100 last=2801\n"
		"thread 1 calls=6 blocked=290\n",
	},
	{
		"TLS: resets of the socket fail what waits, whatever the library says of it",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 read 1 3040-3100 ECONNRESET\n"
		"1 SSL_read 1 3030-3110 EPROTO\n"
		"1 write 1 3205-3215 EPIPE\n"
		"1 SSL_write 1 3200-3220 EPIPE\n",
		"client reset connection=1 thread=1 error=104 start=3000 send=20 blocked=70 "
		"connect=50 handshake=400 sent=100 wire_sent=122 wire_received=0 request=0 "
		"calls=1\n"
		"client reset connection=1 thread=1 error=32 start=3200 blocked=0 wire_sent=0 "
		"wire_received=0 request=100 calls=1\n"
		"connection 1 client calls=10 sent=100 wire_sent=702 wire_received=1000 trips=2 "
		"failed=2 blocked=270 first=2100 last=3220\n"
		"thread 1 calls=10 trips=2 blocked=270\n",
	},
	{
		"TLS: the end of the socket's stream, and the peer's goodbye",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 read 1 3040-3100 0\n"
		"1 SSL_read 1 3030-3110 EPROTO\n"
		"connection 2 tcp socket\n"
		"connected 2 3500-3510\n"
		"tls 2 3500-3600 role=client\n"
		"1 write 2 4005-4015 122\n"
		"1 SSL_write 2 4000-4020 100\n"
		"1 read 2 4040-4100 24\n"
		"1 SSL_read 2 4030-4110 0\n"
		"1 read 2 4200-4210 0\n",
		"client closed connection=1 thread=1 start=3000 send=20 blocked=70 connect=50 "
		"handshake=400 sent=100 wire_sent=122 wire_received=0 request=0 calls=1\n"
		"client closed connection=2 thread=1 start=4000 send=20 blocked=70 connect=10 "
		"handshake=100 sent=100 wire_sent=122 wire_received=0 request=0 calls=2\n"
		"connection 1 client calls=8 sent=100 wire_sent=702 wire_received=1000 trips=1 "
		"failed=1 blocked=260 first=2100 last=3110\n"
		"connection 2 client calls=5 sent=100 wire_sent=122 wire_received=24 trips=1 "
		"failed=1 blocked=80 first=4000 last=4210\n"
		"thread 1 calls=13 trips=2 blocked=340\n",
	},
	{
		"TLS: plaintext that was lost, and calls on the socket alone",
		"lost 4\n" CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"skip 1 received 144\n"
		"skip 1 tls_received 100\n"
		"1 write 1 4005-4015 122\n"
		"1 SSL_write 1 4000-4020 100\n"
		"1 read 1 4040-4100 72\n"
		"1 SSL_read 1 4030-4110 50\n"
		"1 write 1 5005-5015 122\n"
		"1 SSL_write 1 5000-5020 100\n"
		"1 read 1 5040-5100 72\n"
		"1 SSL_read 1 5030-5110 50\n"
		"1 write 1 6005-6015 122\n"
		"1 SSL_write 1 6000-6020 100\n"
		"closed 1 9000 1068 1360\n",
		"client ok connection=1 thread=1 start=3000 connect=50 handshake=400 sent=200 "
		"received=50 wire_sent=244 wire_received=72 request=0 response=100 calls=3 "
		"incomplete\n"
		"client ok connection=1 thread=1 start=5000 sent=100 received=50 wire_sent=122 "
		"wire_received=72 request=200 response=150 calls=2 incomplete\n"
		"client ok connection=1 thread=1 start=6000 sent=100 wire_sent=122 "
		"wire_received=0 request=300 calls=1 incomplete\n"
		"connection 1 client calls=16 sent=400 received=200 wire_sent=1068 "
		"wire_received=1360 trips=3 blocked=350 first=2100 last=6020\n"
		"thread 1 calls=16 trips=3 blocked=350\n",
	},
	{
		"TLS: no moment of a thread counts twice, nor that of a handler within a call",
		CLIENT TLS_CLIENT
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 read 1 3040-3050 5\n"
		"1 read 1 3060-3070 5\n"
		"1 read 1 3080-3090 5\n"
		"1 read 1 3100-3110 5\n"
		"1 read 1 3120-3130 5\n"
		"1 read 1 3140-3150 5\n"
		"1 send 2 3170-3180 1\n"
		"1 read 1 3160-3200 72 waited=5\n"
		"1 SSL_read 1 3030-3210 50\n",
		"client ok connection=1 thread=1 start=3000 end=3210 latency=210 send=20 "
		"wait=130 receive=60 blocked=115 connect=50 handshake=400 sent=100 received=50 "
		"wire_sent=122 wire_received=102 request=0 response=0 calls=2\n"
		"client pending connection=2 thread=1 start=3170 send=10 blocked=10 sent=1 "
		"request=0 calls=1\n"
		"connection 1 client calls=14 sent=100 received=50 wire_sent=702 "
		"wire_received=1102 trips=1 blocked=305 first=2100 last=3210\n"
		"connection 2 client calls=1 sent=1 trips=1 pending=1 blocked=10 first=3170 "
		"last=3180\n"
		"thread 1 calls=15 trips=2 blocked=305\n",
	},
	{
		"TLS of which the connection is not known moves bytes, but makes no round trips",
		"1 SSL_write 0 3000-3010 100\n"
		"1 SSL_read 0 3020-3040 50\n"
		"1 SSL_read 0 3050-3060 EAGAIN\n"
		"2 SSL_write 0 3000-3010 7\n",
		"thread 1 calls=3 unjoined_calls=2 unjoined_sent=100 unjoined_received=50\n"
		"thread 2 calls=1 unjoined_calls=1 unjoined_sent=7\n",
	},
	{
		"TLS of a library that is not seen shows in its first bytes",
		CLIENT
		"1 send 1 3000-3010 53 head=\\x16\\x03\\x01\\x00\\x30\\x01\\x00\\x00\\x2c\n"
		"1 recv 1 3020-3100 90\n"
		"connection 2 tcp socket\n"
		"1 send 2 4000-4010 10 head=EHLO\n"
		"1 recv 2 4020-4100 10\n"
		"1 send 2 4200-4210 53 head=\\x16\\x03\\x01\\x00\\x30\\x01\\x00\\x00\\x2c\n"
		"1 recv 2 4220-4300 90\n"
		"connection 3 tcp socket\n"
		"1 send 3 5000-5010 10 head=EHLO\n"
		"1 send 3 5020-5030 53 head=\\x16\\x03\\x01\\x00\\x30\\x01\\x00\\x00\\x2d\n"
		"connection 4 tcp socket\n"
		"1 send 4 6000-6010 53 head=\\x16\\x03\\x01\n"
		"connection 5 tcp socket\n"
		"1 send 5 6000-6010 53 head=\\x16\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 connect=50 sent=53 received=90 encrypted request=0 "
		"response=0 calls=2\n"
		"client ok connection=2 thread=1 start=4000 end=4100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=10 received=10 request=0 response=0 calls=2\n"
		"client ok connection=2 thread=1 start=4200 end=4300 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=53 received=90 encrypted request=10 response=10 "
		"calls=2\n"
		"client pending connection=3 thread=1 start=5000 send=30 blocked=20 sent=63 "
		"request=0 calls=2\n"
		"client pending connection=4 thread=1 start=6000 send=10 blocked=10 sent=53 "
		"encrypted request=0 calls=1\n"
		"client pending connection=5 thread=1 start=6000 send=10 blocked=10 sent=53 "
		"request=0 calls=1\n"
		"connection 1 client calls=2 sent=53 received=90 encrypted trips=1 blocked=90 "
		"first=3000 last=3100\n"
		"connection 2 client calls=4 sent=63 received=100 encrypted trips=2 blocked=180 "
		"first=4000 last=4300\n"
		"connection 3 client calls=2 sent=63 trips=1 pending=1 blocked=20 first=5000 "
		"last=5030\n"
		"connection 4 client calls=1 sent=53 encrypted trips=1 pending=1 blocked=10 "
		"first=6000 last=6010\n"
		"connection 5 client calls=1 sent=53 trips=1 pending=1 blocked=10 first=6000 "
		"last=6010\n"
		"thread 1 calls=10 trips=6 blocked=300\n",
	},
	{
		"TLS of which the handshake's record was lost",
		CLIENT
		"1 write 1 2110-2120 500\n"
		"1 read 1 2130-2300 1000\n"
		"1 write 1 3005-3015 122\n"
		"1 SSL_write 1 3000-3020 100\n"
		"1 read 1 3040-3100 72\n"
		"1 SSL_read 1 3030-3110 50\n",
		"client ok connection=1 thread=1 start=2110 end=2300 latency=190 send=10 "
		"wait=180 receive=0 blocked=180 connect=50 sent=500 received=1000 request=0 "
		"response=0 calls=2\n"
		"client ok connection=1 thread=1 start=3000 end=3110 latency=110 send=20 wait=80 "
		"receive=10 blocked=70 sent=100 received=50 wire_sent=122 wire_received=72 "
		"request=0 response=0 calls=2\n"
		"connection 1 client calls=6 sent=100 received=50 wire_sent=622 "
		"wire_received=1072 trips=2 blocked=250 first=2110 last=3110\n"
		"thread 1 calls=6 trips=2 blocked=250\n",
	},
};

#define NESTED 3000 /* their records fill more than two chunks */

/* A write of many records: its event stands behind all the sends that were made in it. */
static void test_long_write(const char *path)
{
	struct recording *r;
	char *script = NULL, *text = NULL;
	size_t size;
	FILE *out = open_memstream(&script, &size);
	uint64_t last_ns = 0, events = 0;
	struct event e;

	fputs(CLIENT TLS_CLIENT, out);
	for (int i = 0; i < NESTED; i++)
		fprintf(out, "1 write 1 %d-%d 16406\n", 10010 + i * 10, 10012 + i * 10);
	fprintf(out, "1 SSL_write 1 10000-%d %d\n", 10010 + NESTED * 10, NESTED * 16384);
	fputs("1 read 1 50000-60000 72\n1 SSL_read 1 50000-60010 50\n", out);
	fputs("1 write 1 70010-70020 72\n1 SSL_write 1 70000-70030 50\n", out);
	fclose(out);
	script_write(script, path);
	free(script);

	r = recording_open(&path, 1, print_warning, NULL);
	for (; recording_next(r, &e); events++) {
		if (e.moment_ns < last_ns || (e.start_ns == 10000) != (events == 4))
			break;
		last_ns = e.moment_ns;
	}
	is_number(events, NESTED + 4 + 5, "a call that sends plaintext comes before those it makes");
	recording_rewind(r);
	out = open_memstream(&text, &size);
	print_trips(r, out);
	fclose(out);
	is_text(text,
		"client ok connection=1 thread=1 start=10000 end=60010 latency=50010 send=30010 "
		"wait=19990 receive=10 blocked=16000 connect=50 handshake=400 sent=49152000 received=50 "
		"wire_sent=49218000 wire_received=72 request=0 response=0 calls=2\n"
		"client pending connection=1 thread=1 start=70000 send=30 blocked=10 sent=50 wire_sent=72 "
		"wire_received=0 request=49152000 calls=1\n"
		"connection 1 client calls=3009 sent=49152050 received=50 wire_sent=49218652 "
		"wire_received=1072 trips=2 pending=1 blocked=16200 first=2100 last=70030\n"
		"thread 1 calls=3009 trips=2 blocked=16200\n",
		"thousands of sends within a write");
	recording_close(r);
	free(text);
}

/* Each thread's calls by themselves, then by their moments. */
static void test_threads(const char *path)
{
	struct recording *r;
	char order[200] = "";
	struct event e;

	script_write(CLIENT "1 write 1 3005-3015 122\n1 SSL_write 1 3000-3020 100\n"
			    "1 write 1 3032-3034 122\n1 SSL_write 1 3030-3036 100\n"
			    "2 send 1 2990-2995 1\n"
			    "2 write 1 3008-3012 122\n2 SSL_write 1 3002-3040 100\n",
		     path);
	r = recording_open(&path, 1, print_warning, NULL);
	while (recording_next(r, &e))
		snprintf(order + strlen(order), sizeof(order) - strlen(order), "%d %s %d, ",
			 e.thread->tid, call_name(e.call), (int)e.start_ns);
	is_text(order,
		"2 send 2990, 1 SSL_write 3000, 2 SSL_write 3002, 1 write 3005, 2 write 3008, "
		"1 SSL_write 3030, 1 write 3032, ",
		"calls of two threads that send plaintext at once");
	recording_close(r);
}

/* A child goes on with the TLS of its parent. */
static void test_fork(const char *folder)
{
	char parent[200], child[200], *text = NULL;
	const char *paths[] = { parent, child };
	struct recording *r;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	snprintf(parent, sizeof(parent), "%s/parent.trt", folder);
	snprintf(child, sizeof(child), "%s/child.trt", folder);
	script_write("process 200 parent 1\n" TLS_SERVER "end 9000\n", parent);
	script_write("process 201 child 200\n"
		     "connection 1 tcp forked parent=1 created=2600 sent=1000 received=580\n"
		     "2 read 1 2700-2800 122\n"
		     "2 SSL_read 1 2690-2810 100 offset=0\n"
		     "2 write 1 3005-3015 72\n"
		     "2 SSL_write 1 3000-3020 50 offset=0\nend 9000\n",
		     child);
	r = recording_open(paths, 2, print_warning, NULL);
	print_trips(r, out);
	fclose(out);
	is_text(text,
		"server ok connection=1 thread=2 start=2800 end=3020 latency=210 send=20 wait=190 "
		"receive=10 blocked=10 handshake=400 sent=50 received=100 wire_sent=72 wire_received=122 "
		"request=0 response=0 calls=2\n"
		"connection 1 server calls=4 wire_sent=1000 wire_received=580 blocked=230 first=2100 "
		"last=2500\n"
		"thread 1 calls=4 blocked=230\n"
		"connection 1 server calls=4 sent=50 received=100 wire_sent=72 wire_received=122 trips=1 "
		"blocked=110 first=2690 last=3020\n"
		"thread 2 calls=4 trips=1 blocked=110\n",
		"a forked process goes on with its parent's TLS");
	recording_close(r);
	free(text);
	unlink(parent);
	unlink(child);
}

/* Writes a record of a handshake that was changed so, and says whether the reader takes it. */
static bool is_taken(const char *path, void (*change)(struct trt_tls *t))
{
	struct trace_writer *w = writer_new(path, 4);
	struct trt_tls tls = {
		.head = { .type = TRT_RECORD_TLS, .id = 1 },
		.started_ns = 2000,
		.ended_ns = 2500,
		.server_name_bytes = 3,
		.alpn_bytes = 2,
		.reason_bytes = 3,
	};
	struct process **processes;
	struct recording *r;
	size_t count;
	bool taken;

	change(&tls);
	writer_record(w, &tls, sizeof(tls), "a.bh2why", 8);
	writer_close(w, 9000);
	r = recording_open(&path, 1, print_warning, NULL);
	processes = recording_processes(r, &count);
	taken = processes[0]->connection_count == 1 && processes[0]->connections[0].tls;
	if (taken)
		is_text(processes[0]->connections[0].tls->reason, "why", "the last of its texts");
	recording_close(r);
	return taken;
}

static void leave_it(struct trt_tls *t)
{
	t->version = 0x9999;
}

static void end_before_start(struct trt_tls *t)
{
	t->ended_ns = t->started_ns - 1;
}

static void end_never(struct trt_tls *t)
{
	t->ended_ns = UINT64_MAX;
}

static void lengthen_reason(struct trt_tls *t)
{
	t->reason_bytes++;
}

static void lengthen_all(struct trt_tls *t)
{
	t->server_name_bytes = t->alpn_bytes = t->reason_bytes = UINT16_MAX;
}

static void move_offset(struct trt_tls *t)
{
	t->received_before = UINT64_MAX;
}

static void test_records(const char *path)
{
	ok(is_taken(path, leave_it), "a record of a handshake");
	ok(!is_taken(path, end_before_start), "one that ended before it began");
	ok(!is_taken(path, end_never), "one that ended when no clock goes");
	ok(!is_taken(path, lengthen_reason), "one whose text is longer than the record");
	ok(!is_taken(path, lengthen_all), "one whose texts are longer than any record");
	ok(!is_taken(path, move_offset), "one at an offset that no stream has");
	is_text(tls_version_name(0x304), "TLS 1.3", "name of a version");
	ok(!tls_version_name(0x9999), "a version without a name");
}

int main(void)
{
	char folder[] = "/tmp/test_wire.XXXXXX", path[100];

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/case.trt", folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_model_case(&cases[i], path);
	test_long_write(path);
	test_threads(path);
	test_records(path);
	unlink(path);
	test_fork(folder);
	rmdir(folder);
	return done_testing();
}
