/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips that the model finds in written lists of calls. */
#include <unistd.h>

#include "tests/unit/model_case.h"

#define CLIENT "connection 1 tcp socket\nconnected 1 2000-2050\n"
#define SERVER "connection 1 tcp accept\n"
#define SERVER2 "connection 2 tcp accept\n"

static const struct model_case cases[] = {
	{
		"ping-pong: phases add up, the connect belongs to the first",
		CLIENT
		"1 connect 1 2000-2050 0\n"
		"1 send 1 3000-3010 20 stack=7\n"
		"1 recv 1 3020-3200 30\n"
		"1 send 1 4000-4005 5\n"
		"1 recv 1 4010-4100 6\n"
		"1 close 1 5000-5001 0\n"
		"closed 1 5000 25 36\n",
		"client ok connection=1 thread=1 start=3000 end=3200 latency=200 send=10 wait=190 "
		"receive=0 blocked=190 connect=50 sent=20 received=30 request=0 response=0 calls=2 "
		"stack=7\n"
		"client ok connection=1 thread=1 start=4000 end=4100 latency=100 send=5 wait=95 "
		"receive=0 blocked=95 sent=5 received=6 request=20 response=30 calls=2\n"
		"connection 1 client calls=6 sent=25 received=36 trips=2 blocked=335 first=2000 "
		"last=5001\n"
		"thread 1 calls=6 trips=2 blocked=335\n",
	},
	{
		"a failed connect, one that goes on, and another call that notices its end",
		"connection 1 tcp socket\n"
		"connected 1 2000-2050 ECONNREFUSED\n"
		"connected 1 2500-2900\n"
		"connected 1 2890-2895\n"
		"connected 1 2100-2200 ETIMEDOUT\n"
		"1 send 1 3000-3010 20\n",
		"client pending connection=1 thread=1 start=3000 send=10 blocked=10 connect=400 "
		"sent=20 request=0 calls=1\n"
		"connection 1 client calls=1 sent=20 trips=1 pending=1 blocked=10 first=3000 "
		"last=3010\n"
		"thread 1 calls=1 trips=1 blocked=10\n",
	},
	{
		"partial writes and reads are one round trip",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 send 1 3020-3030 20\n"
		"1 recv 1 3040-3100 1\n"
		"1 recv 1 3110-3150 1\n"
		"1 recv 1 3150-3160 98\n",
		"client ok connection=1 thread=1 start=3000 end=3160 latency=160 send=30 wait=70 "
		"receive=60 blocked=130 connect=50 sent=40 received=100 request=0 response=0 "
		"calls=5\n"
		"connection 1 client calls=5 sent=40 received=100 trips=1 blocked=130 first=3000 "
		"last=3160\n"
		"thread 1 calls=5 trips=1 blocked=130\n",
	},
	{
		"pipelined requests are one turn",
		CLIENT
		"1 send 1 3000-3001 10\n"
		"1 send 1 3002-3003 10\n"
		"1 send 1 3004-3005 10\n"
		"1 recv 1 3006-3050 30\n"
		"1 recv 1 3051-3060 60\n",
		"client ok connection=1 thread=1 start=3000 end=3060 latency=60 send=5 wait=45 "
		"receive=10 blocked=56 connect=50 sent=30 received=90 request=0 response=0 "
		"calls=5\n"
		"connection 1 client calls=5 sent=30 received=90 trips=1 blocked=56 first=3000 "
		"last=3060\n"
		"thread 1 calls=5 trips=1 blocked=56\n",
	},
	{
		"a greeting is no response",
		CLIENT
		"1 recv 1 3000-3100 50\n"
		"1 send 1 3200-3210 20\n"
		"1 recv 1 3220-3300 30\n",
		"client ok connection=1 thread=1 start=3200 end=3300 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 connect=50 sent=20 received=30 request=0 response=50 "
		"calls=2\n"
		"connection 1 client calls=3 sent=20 received=80 unsolicited=50 trips=1 "
		"blocked=190 first=3000 last=3300\n"
		"thread 1 calls=3 trips=1 blocked=190\n",
	},
	{
		"server: the wait for the request is not part of it",
		SERVER
		"1 accept 1 2000-2900 5\n"
		"1 recv 1 2910-3000 20 stack=3\n"
		"1 recv 1 3010-3020 5\n"
		"1 send 1 3100-3110 30\n"
		"1 send 1 3120-3125 10\n"
		"1 recv 1 3130-4000 20\n"
		"1 send 1 4010-4020 40\n",
		"server ok connection=1 thread=1 start=3000 end=3125 latency=105 send=25 wait=80 "
		"receive=20 blocked=25 sent=40 received=25 request=0 response=0 calls=4 stack=3\n"
		"server ok connection=1 thread=1 start=4000 end=4020 latency=20 send=10 wait=10 "
		"receive=0 blocked=10 sent=40 received=20 request=25 response=40 calls=2\n"
		"connection 1 server calls=7 sent=80 received=45 trips=2 blocked=1895 first=2000 "
		"last=4020\n"
		"thread 1 calls=7 trips=2 blocked=1895\n",
	},
	{
		"server: a greeting is no response, a push neither",
		SERVER
		"1 send 1 2000-2010 50\n"
		"1 recv 1 2020-3000 20\n"
		"1 send 1 3010-3020 30\n",
		"server ok connection=1 thread=1 start=3000 end=3020 latency=20 send=10 wait=10 "
		"receive=0 blocked=10 sent=30 received=20 request=0 response=50 calls=2\n"
		"connection 1 server calls=3 sent=80 received=20 unsolicited=50 trips=1 "
		"blocked=1000 first=2000 last=3020\n"
		"thread 1 calls=3 trips=1 blocked=1000\n",
	},
	{
		"waits belong to the round trip they were for, as far as they lie in it",
		CLIENT
		"1 send 1 3000-3010 20 waited=500\n"
		"1 recv 1 3200-3210 10 waited=150\n"
		"1 recv 1 3310-3320 10 waited=90\n",
		"client ok connection=1 thread=1 start=3000 end=3320 latency=320 send=10 wait=200 "
		"receive=110 blocked=270 connect=50 sent=20 received=20 request=0 response=0 "
		"calls=3\n"
		"connection 1 client calls=3 sent=20 received=20 trips=1 blocked=770 first=3000 "
		"last=3320\n"
		"thread 1 calls=3 trips=1 blocked=770\n",
	},
	{
		"waits that were logged count the same, and once",
		"detail fine\n" CLIENT
		"1 poll 0 2100-2600 1\n"
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3015-3016 EAGAIN\n"
		"1 poll 0 3020-3170 1\n"
		"1 recv 1 3200-3210 10\n"
		"1 epoll_wait 0 3215-3305 1\n"
		"1 recv 1 3310-3320 10\n",
		"client ok connection=1 thread=1 start=3000 end=3320 latency=320 send=10 wait=200 "
		"receive=110 blocked=271 connect=50 sent=20 received=20 request=0 response=0 "
		"calls=3\n"
		"connection 1 client calls=4 sent=20 received=20 trips=1 blocked=771 first=3000 "
		"last=3320\n"
		"thread 1 calls=7 trips=1 blocked=771\n",
	},
	{
		"server: of the waits only those while it was open",
		SERVER
		"1 recv 1 3000-3010 20 waited=2000\n"
		"1 recv 1 3060-3070 20 waited=40\n"
		"2 send 1 3100-3110 30 waited=900\n",
		"server ok connection=1 thread=1 start=3010 end=3110 latency=40 send=10 wait=30 "
		"receive=60 blocked=150 sent=30 received=40 request=0 response=0 calls=3\n"
		"connection 1 server calls=3 sent=30 received=40 trips=1 blocked=2970 first=3000 "
		"last=3110\n"
		"thread 1 calls=2 trips=1 blocked=2060\n"
		"thread 2 calls=1 blocked=910\n",
	},
	{
		"a response arrives when a wait reported it, not before its request was sent",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3200-3210 10 ready=3150\n"
		"1 recv 1 3310-3320 10 ready=3300\n"
		"1 send 1 4000-4010 20\n"
		"1 recv 1 4200-4210 10 ready=4005\n",
		"client ok connection=1 thread=1 start=3000 end=3320 latency=320 send=10 wait=140 "
		"receive=170 blocked=30 connect=50 sent=20 received=20 request=0 response=0 "
		"calls=3\n"
		"client ok connection=1 thread=1 start=4000 end=4210 latency=210 send=10 wait=200 "
		"receive=0 blocked=20 sent=20 received=10 request=20 response=20 calls=2\n"
		"connection 1 client calls=5 sent=40 received=30 trips=2 blocked=50 first=3000 "
		"last=4210\n"
		"thread 1 calls=5 trips=2 blocked=50\n",
	},
	{
		"server: a request that was readable before it was read was queued",
		SERVER
		"1 recv 1 3200-3210 10 ready=3050\n"
		"1 recv 1 3220-3230 10 ready=3215\n"
		"1 send 1 3300-3310 20\n"
		"1 recv 1 4200-4210 10\n"
		"1 send 1 4300-4310 20\n",
		"server ok connection=1 thread=1 start=3210 end=3310 latency=80 send=10 wait=70 "
		"receive=20 blocked=20 queue=150 sent=20 received=20 request=0 response=0 "
		"calls=3\n"
		"server ok connection=1 thread=1 start=4210 end=4310 latency=100 send=10 wait=90 "
		"receive=0 blocked=10 sent=20 received=10 request=20 response=20 calls=2\n"
		"connection 1 server calls=5 sent=40 received=30 trips=2 blocked=50 first=3200 "
		"last=4310\n"
		"thread 1 calls=5 trips=2 blocked=50\n",
	},
	{
		"several messages of one call are one call, on each connection it touches",
		CLIENT "connection 2 tcp socket\nconnected 2 2000-2100\n"
		"1 sendmmsg 1 3000-3010 20\n"
		"1 sendmmsg 1 3010-3010 20 continued\n"
		"1 sendmmsg 2 3010-3010 5 continued\n"
		"1 sendmmsg 2 3010-3010 5 continued\n"
		"1 recvmmsg 1 3100-3200 7\n"
		"1 recvmmsg 1 3200-3200 7 continued\n",
		"client ok connection=1 thread=1 start=3000 end=3200 latency=200 send=10 wait=190 "
		"receive=0 blocked=110 connect=50 sent=40 received=14 request=0 response=0 "
		"calls=2\n"
		"client pending connection=2 thread=1 start=3010 send=0 blocked=0 connect=100 "
		"sent=10 request=0 calls=1\n"
		"connection 1 client calls=2 sent=40 received=14 trips=1 blocked=110 first=3000 "
		"last=3200\n"
		"connection 2 client calls=1 sent=10 trips=1 pending=1 first=3010 last=3010\n"
		"thread 1 calls=2 trips=2 blocked=110\n",
	},
	{
		"splice has the direction that its event tells",
		CLIENT
		"1 splice 1 3000-3010 20\n"
		"1 splice 1 3020-3100 30 received\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 connect=50 sent=20 received=30 request=0 response=0 "
		"calls=2\n"
		"connection 1 client calls=2 sent=20 received=30 trips=1 blocked=90 first=3000 "
		"last=3100\n"
		"thread 1 calls=2 trips=1 blocked=90\n",
	},
	{
		"a lookup is a phase of the first round trip that it was made for",
		"connection 1 tcp socket\naddresses 1 ? 10.0.0.1:80\nconnected 1 2000-2050\n"
		"connection 2 tcp socket\naddresses 2 ? 10.0.0.1:80\nconnected 2 2500-2600\n"
		"connection 3 tcp socket\naddresses 3 ? 10.0.0.2:80\nconnected 3 2700-2800\n"
		"lookup 1 example.org 1500-1900 0 10.0.0.1 10.0.0.2\n"
		"lookup 7 later.example 2650-2690 0 10.0.0.2\n"
		"1 getaddrinfo 0 1500-1900 0\n"
		"1 send 1 3000-3010 20\n"
		"1 send 2 3020-3030 20\n"
		"1 send 3 3040-3050 20\n",
		"client pending connection=1 thread=1 start=3000 send=10 blocked=10 connect=50 "
		"lookup=400 sent=20 request=0 calls=1\n"
		"client pending connection=2 thread=1 start=3020 send=10 blocked=10 connect=100 "
		"sent=20 request=0 calls=1\n"
		"client pending connection=3 thread=1 start=3040 send=10 blocked=10 connect=100 "
		"sent=20 request=0 calls=1\n"
		"connection 1 client calls=1 sent=20 trips=1 pending=1 blocked=10 first=3000 "
		"last=3010\n"
		"connection 2 client calls=1 sent=20 trips=1 pending=1 blocked=10 first=3020 "
		"last=3030\n"
		"connection 3 client calls=1 sent=20 trips=1 pending=1 blocked=10 first=3040 "
		"last=3050\n"
		"thread 1 calls=4 trips=3 blocked=430\n",
	},
	{
		"the kernel's view: by then in a round trip, the last of a connection",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"view 1 1 3010 40 30 0\n"
		"1 recv 1 3020-3200 30\n"
		"1 send 1 4000-4005 5\n"
		"view 1 1 4005 50 30 1\n"
		"1 recv 1 4010-4100 6\n"
		"1 close 1 5000-5001 0\n"
		"closed 1 5000 25 36\n"
		"last_view 1 5000 60 30 2 26 36 0 1\n",
		"client ok connection=1 thread=1 start=3000 end=3200 latency=200 send=10 wait=190 "
		"receive=0 blocked=190 connect=50 rtt=40 sent=20 received=30 request=0 response=0 "
		"calls=2\n"
		"client ok connection=1 thread=1 start=4000 end=4100 latency=100 send=5 wait=95 "
		"receive=0 blocked=95 rtt=50 sent=5 received=6 request=20 response=30 calls=2\n"
		"connection 1 client calls=5 sent=25 received=36 trips=2 blocked=285 first=3000 "
		"last=5001 rtt=60 retransmits=2 unseen=0/61\n"
		"thread 1 calls=5 trips=2 blocked=285\n",
	},
	{
		"bytes that went round us: neither SYN nor FIN, nor what nobody has read",
		CLIENT SERVER2
		"connection 3 tcp found\nconnection 4 tcp accept cookie=9\n"
		"connection 5 tcp found cookie=9\n"
		"closed 1 5000 20 30\nlast_view 1 5000 60 30 0 1022 131 100 8\n"
		"closed 2 5000 20 30\nlast_view 2 5000 60 30 0 20 531 0 8\n"
		"closed 3 5000 20 30\nlast_view 3 5000 60 30 0 999 999 0 1\n"
		"closed 4 5000 20 30\nlast_view 4 5000 60 30 0 999 999 0 1\n",
		"connection 1 client rtt=60 unseen=1001/1151\n"
		"connection 2 server rtt=60 unseen=500/550\n"
		"connection 3 ? rtt=60\n"
		"connection 4 server rtt=60\n"
		"connection 5 ?\n",
	},
	{
		"a stream of stdio, and samples at the calls they were taken with",
		CLIENT
		"1 fdopen 1 2900-2901 0\n"
		"sample 1 3010 400 8192\n"
		"1 send 1 3000-3010 20\n"
		"2 recv 1 3005-3007 5\n",
		"sample pid=100 at=3010 cpu=400 resident=8192\n"
		"client ok connection=1 thread=1 start=3000 end=3007 latency=7 send=7 wait=0 "
		"receive=0 blocked=12 connect=50 sent=20 received=5 request=0 response=0 calls=2\n"
		"connection 1 client calls=3 sent=20 received=5 trips=1 blocked=12 first=2900 "
		"last=3010 stdio\n"
		"thread 1 calls=2 trips=1 blocked=10\n"
		"thread 2 calls=1 blocked=2\n",
	},
	{
		"one thread asks and another one reads",
		CLIENT
		"2 recv 1 2500-3200 30\n"
		"1 send 1 3000-3300 20\n"
		"2 recv 1 3210-4100 30\n"
		"1 send 1 4000-4010 20\n",
		"client ok connection=1 thread=1 start=3000 end=3200 latency=200 send=200 wait=0 "
		"receive=0 blocked=500 connect=50 sent=20 received=30 request=0 response=0 "
		"calls=2\n"
		"client ok connection=1 thread=1 start=4000 end=4100 latency=100 send=10 wait=90 "
		"receive=0 blocked=110 sent=20 received=30 request=20 response=30 calls=2\n"
		"connection 1 client calls=4 sent=40 received=60 trips=2 blocked=1900 first=2500 "
		"last=4100\n"
		"thread 2 calls=2 blocked=1590\n"
		"thread 1 calls=2 trips=2 blocked=310\n",
	},
	{
		"two connections in one thread do not mix",
		CLIENT "connection 2 tcp socket\nconnected 2 2000-2100\n"
		"1 send 1 3000-3010 20\n"
		"1 send 2 3020-3030 20\n"
		"1 recv 2 3040-3100 5\n"
		"1 recv 1 3110-3200 6\n",
		"client ok connection=1 thread=1 start=3000 end=3200 latency=200 send=10 wait=190 "
		"receive=0 blocked=100 connect=50 sent=20 received=6 request=0 response=0 calls=2\n"
		"client ok connection=2 thread=1 start=3020 end=3100 latency=80 send=10 wait=70 "
		"receive=0 blocked=70 connect=100 sent=20 received=5 request=0 response=0 calls=2\n"
		"connection 1 client calls=2 sent=20 received=6 trips=1 blocked=100 first=3000 "
		"last=3200\n"
		"connection 2 client calls=2 sent=20 received=5 trips=1 blocked=70 first=3020 "
		"last=3100\n"
		"thread 1 calls=4 trips=2 blocked=170\n",
	},
	{
		"the end of the stream after an answer, and instead of one",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3100 30\n"
		"1 recv 1 3110-3120 0\n"
		"1 send 1 4000-4010 20\n"
		"1 recv 1 4020-4100 0\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 connect=50 sent=20 received=30 request=0 response=0 calls=2\n"
		"client closed connection=1 thread=1 start=4000 send=10 blocked=90 sent=20 "
		"request=20 calls=2\n"
		"connection 1 client calls=5 sent=40 received=30 trips=2 failed=1 blocked=190 "
		"first=3000 last=4100\n"
		"thread 1 calls=5 trips=2 blocked=190\n",
	},
	{
		"a half-closed connection still gets its answer",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 shutdown 1 3020-3021 0\n"
		"1 recv 1 3030-3100 30\n"
		"1 recv 1 3110-3120 0\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=80 connect=50 sent=20 received=30 request=0 response=0 calls=2\n"
		"connection 1 client calls=4 sent=20 received=30 trips=1 blocked=90 first=3000 "
		"last=3120\n"
		"thread 1 calls=4 trips=1 blocked=90\n",
	},
	{
		"the server answers a half-closed connection",
		SERVER
		"1 recv 1 2900-3000 20\n"
		"1 recv 1 3010-3020 0\n"
		"1 send 1 3100-3110 30\n",
		"server ok connection=1 thread=1 start=3000 end=3110 latency=110 send=10 wait=100 "
		"receive=0 blocked=10 sent=30 received=20 request=0 response=0 calls=2\n"
		"connection 1 server calls=3 sent=30 received=20 trips=1 blocked=120 first=2900 "
		"last=3110\n"
		"thread 1 calls=3 trips=1 blocked=120\n",
	},
	{
		"a shutdown of ours that ends our reading is not the peer's doing",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"2 shutdown 1 3100-3105 0\n"
		"1 recv 1 3020-3103 0\n",
		"client pending connection=1 thread=1 start=3000 send=10 blocked=93 connect=50 "
		"sent=20 request=0 calls=2\n"
		"connection 1 client calls=3 sent=20 trips=1 pending=1 blocked=93 first=3000 "
		"last=3105\n"
		"thread 1 calls=2 trips=1 blocked=93\n"
		"thread 2 calls=1\n",
	},
	{
		"reset before and in the answer",
		CLIENT "connection 2 tcp socket\nconnected 2 2000-2100\n"
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3100 ECONNRESET\n"
		"1 send 2 4000-4010 20\n"
		"1 recv 2 4020-4100 5\n"
		"1 recv 2 4110-4200 ECONNRESET\n",
		"client reset connection=1 thread=1 error=104 start=3000 send=10 blocked=90 "
		"connect=50 sent=20 request=0 calls=2\n"
		"client reset connection=2 thread=1 error=104 start=4000 end=4100 send=10 wait=90 "
		"blocked=180 connect=100 sent=20 received=5 request=0 response=0 calls=3\n"
		"connection 1 client calls=2 sent=20 trips=1 failed=1 blocked=90 first=3000 "
		"last=3100\n"
		"connection 2 client calls=3 sent=20 received=5 trips=1 failed=1 blocked=180 "
		"first=4000 last=4200\n"
		"thread 1 calls=5 trips=2 blocked=270\n",
	},
	{
		"a request that cannot be sent fails, the answer before it does not",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3100 30\n"
		"1 send 1 4000-4010 EPIPE\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 connect=50 sent=20 received=30 request=0 response=0 calls=2\n"
		"client reset connection=1 thread=1 error=32 start=4000 blocked=10 request=20 "
		"calls=1\n"
		"connection 1 client calls=3 sent=20 received=30 trips=2 failed=1 blocked=100 "
		"first=3000 last=4010\n"
		"thread 1 calls=3 trips=2 blocked=100\n",
	},
	{
		"the rest of a request that cannot be sent fails it",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 send 1 3020-3030 ETIMEDOUT\n",
		"client error connection=1 thread=1 error=110 start=3000 send=10 blocked=20 "
		"connect=50 sent=20 request=0 calls=2\n"
		"connection 1 client calls=2 sent=20 trips=1 failed=1 blocked=20 first=3000 "
		"last=3030\n"
		"thread 1 calls=2 trips=1 blocked=20\n",
	},
	{
		"server: an answer that cannot be handed over fails, a lost client later does not",
		SERVER
		"1 recv 1 2900-3000 20\n"
		"1 send 1 3010-3020 30\n"
		"1 recv 1 3030-3040 20\n"
		"1 send 1 3050-3060 30\n"
		"1 send 1 3070-3080 EPIPE\n"
		"1 recv 1 3090-3100 ECONNRESET\n",
		"server ok connection=1 thread=1 start=3000 end=3020 latency=20 send=10 wait=10 "
		"receive=0 blocked=10 sent=30 received=20 request=0 response=0 calls=2\n"
		"server reset connection=1 thread=1 error=32 start=3040 end=3060 wait=10 receive=0 "
		"blocked=20 sent=30 received=20 request=20 response=30 calls=3\n"
		"connection 1 server calls=6 sent=60 received=40 trips=2 failed=1 blocked=150 "
		"first=2900 last=3100\n"
		"thread 1 calls=6 trips=2 blocked=150\n",
	},
	{
		"tries, interruptions and connects in progress end nothing",
		"detail fine\n" CLIENT
		"1 connect 1 2000-2001 EINPROGRESS\n"
		"1 send 1 2002-2003 EAGAIN\n"
		"1 send 1 3000-3010 20 tries=2,2900\n"
		"1 recv 1 3020-3021 EAGAIN\n"
		"1 recv 1 3030-3031 EINTR\n"
		"1 recv 1 3040-3100 30\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=72 connect=50 sent=20 received=30 request=0 response=0 calls=2\n"
		"connection 1 client calls=6 sent=20 received=30 trips=1 blocked=74 first=2000 "
		"last=3100\n"
		"thread 1 calls=6 trips=1 blocked=74\n",
	},
	{
		"peeking moves nothing, but waits for the answer",
		CLIENT
		"1 recv 1 2100-2200 1 peek\n"
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3090 5 peek\n"
		"1 recv 1 3100-3110 30\n",
		"client ok connection=1 thread=1 start=3000 end=3110 latency=110 send=10 wait=100 "
		"receive=0 blocked=90 connect=50 sent=20 received=30 request=0 response=0 calls=2\n"
		"connection 1 client calls=4 sent=20 received=30 trips=1 blocked=190 first=2100 "
		"last=3110\n"
		"thread 1 calls=4 trips=1 blocked=190\n",
	},
	{
		"pending when we close, and when the recording ends",
		CLIENT "connection 2 tcp socket\nconnected 2 2000-2100\n"
		"1 send 1 3000-3010 20\n"
		"1 close 1 3100-3101 0\n"
		"closed 1 3100 20 0\n"
		"1 send 2 4000-4010 20\n",
		"client pending connection=1 thread=1 start=3000 send=10 blocked=10 connect=50 "
		"sent=20 request=0 calls=1\n"
		"client pending connection=2 thread=1 start=4000 send=10 blocked=10 connect=100 "
		"sent=20 request=0 calls=1\n"
		"connection 1 client calls=2 sent=20 trips=1 pending=1 blocked=10 first=3000 "
		"last=3101\n"
		"connection 2 client calls=1 sent=20 trips=1 pending=1 blocked=10 first=4000 "
		"last=4010\n"
		"thread 1 calls=3 trips=2 blocked=20\n",
	},
	{
		"closing one of two descriptors ends nothing",
		CLIENT
		"1 send 1 3000-3010 20\n"
		"1 close 1 3020-3021 0\n"
		"1 recv 1 3030-3100 30\n"
		"1 close 1 3200-3201 0\n"
		"closed 1 3200 20 30\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=80 connect=50 sent=20 received=30 request=0 response=0 calls=2\n"
		"connection 1 client calls=4 sent=20 received=30 trips=1 blocked=80 first=3000 "
		"last=3201\n"
		"thread 1 calls=4 trips=1 blocked=80\n",
	},
	{
		"server: a client that left without an answer leaves it pending",
		SERVER
		"1 recv 1 2900-3000 20\n"
		"1 recv 1 3010-3020 0\n"
		"1 close 1 3030-3031 0\n"
		"closed 1 3030 0 20\n",
		"server pending connection=1 thread=1 start=3000 receive=0 blocked=0 received=20 "
		"request=0 calls=1\n"
		"connection 1 server calls=3 received=20 trips=1 pending=1 blocked=110 first=2900 "
		"last=3031\n"
		"thread 1 calls=3 trips=1 blocked=110\n",
	},
	{
		"udp: whoever speaks first asks; an empty datagram is one",
		"connection 1 udp peer\nconnection 2 udp peer\n"
		"1 sendto 1 3000-3010 20\n"
		"1 recvfrom 1 3020-3100 30\n"
		"1 recvfrom 2 4000-4100 20\n"
		"1 sendto 2 4110-4120 0\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=20 received=30 request=0 response=0 calls=2\n"
		"server ok connection=2 thread=1 start=4100 end=4120 latency=20 send=10 wait=10 "
		"receive=0 blocked=10 received=20 request=0 response=0 calls=2\n"
		"connection 1 client calls=2 sent=20 received=30 trips=1 blocked=90 first=3000 "
		"last=3100\n"
		"connection 2 server calls=2 received=20 trips=1 blocked=110 first=4000 last=4120\n"
		"thread 1 calls=4 trips=2 blocked=200\n",
	},
	{
		"udp: a server that connects to its client stays one",
		"connection 1 udp socket\nconnected 1 3050-3060\n"
		"1 recvfrom 1 2000-3000 20\n"
		"1 connect 1 3050-3060 0\n"
		"1 send 1 3100-3110 30\n",
		"server ok connection=1 thread=1 start=3000 end=3110 latency=110 send=10 wait=100 "
		"receive=0 blocked=10 sent=30 received=20 request=0 response=0 calls=2\n"
		"connection 1 server calls=3 sent=30 received=20 trips=1 blocked=1020 first=2000 "
		"last=3110\n"
		"thread 1 calls=3 trips=1 blocked=1020\n",
	},
	{
		"udp: nobody listens",
		"connection 1 udp socket\nconnected 1 2000-2010\n"
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3030 ECONNREFUSED\n",
		"client error connection=1 thread=1 error=111 start=3000 send=10 blocked=20 "
		"connect=10 sent=20 request=0 calls=2\n"
		"connection 1 client calls=2 sent=20 trips=1 failed=1 blocked=20 first=3000 "
		"last=3030\n"
		"thread 1 calls=2 trips=1 blocked=20\n",
	},
	{
		"both ends of a pair: each has its role",
		"connection 1 unix pair\nconnection 2 unix pair\n"
		"1 write 1 3000-3010 20\n"
		"2 read 2 2500-3020 20\n"
		"2 write 2 3030-3040 30\n"
		"1 read 1 3015-3050 30\n",
		"client ok connection=1 thread=1 start=3000 end=3050 latency=50 send=10 wait=40 "
		"receive=0 blocked=45 sent=20 received=30 request=0 response=0 calls=2\n"
		"server ok connection=2 thread=2 start=3020 end=3040 latency=20 send=10 wait=10 "
		"receive=0 blocked=10 sent=30 received=20 request=0 response=0 calls=2\n"
		"connection 1 client calls=2 sent=20 received=30 trips=1 blocked=45 first=3000 "
		"last=3050\n"
		"connection 2 server calls=2 sent=30 received=20 trips=1 blocked=530 first=2500 "
		"last=3040\n"
		"thread 2 calls=2 trips=1 blocked=530\n"
		"thread 1 calls=2 trips=1 blocked=45\n",
	},
	{
		"lost in the answer's middle: counted, without times",
		"lost 1\n" CLIENT
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3100 30\n"
		"skip 1 received 70\n"
		"1 recv 1 3220-3300 30\n"
		"1 send 1 4000-4010 20\n"
		"1 recv 1 4020-4100 30\n",
		"client ok connection=1 thread=1 start=3000 connect=50 sent=20 received=60 "
		"request=0 response=0 calls=3 incomplete\n"
		"client ok connection=1 thread=1 start=4000 end=4100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=20 received=30 request=20 response=130 calls=2\n"
		"connection 1 client calls=5 sent=40 received=160 trips=2 blocked=260 first=3000 "
		"last=4100\n"
		"thread 1 calls=5 trips=2 blocked=260\n",
	},
	{
		"lost between two answers: neither's times are known",
		"lost 1\n" CLIENT
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3100 30\n"
		"1 send 1 4000-4010 20\n"
		"skip 1 received 70\n"
		"1 recv 1 4020-4100 30\n"
		"1 send 1 5000-5010 20\n"
		"1 recv 1 5020-5100 30\n",
		"client ok connection=1 thread=1 start=3000 connect=50 sent=20 received=30 "
		"request=0 response=0 calls=2 incomplete\n"
		"client ok connection=1 thread=1 start=4000 sent=20 received=30 request=20 "
		"response=100 calls=2 incomplete\n"
		"client ok connection=1 thread=1 start=5000 end=5100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=20 received=30 request=40 response=130 calls=2\n"
		"connection 1 client calls=6 sent=60 received=160 trips=3 blocked=270 first=3000 "
		"last=5100\n"
		"thread 1 calls=6 trips=3 blocked=270\n",
	},
	{
		"lost at the end: the totals at the close tell",
		"lost 2\n" CLIENT
		"1 send 1 3000-3010 20\n"
		"closed 1 9000 20 30\n",
		"client ok connection=1 thread=1 start=3000 connect=50 sent=20 request=0 calls=1 "
		"incomplete\n"
		"connection 1 client calls=1 sent=20 received=30 trips=1 blocked=10 first=3000 "
		"last=3010\n"
		"thread 1 calls=1 trips=1 blocked=10\n",
	},
	{
		"the beginning was overwritten: one round trip without times, then all with",
		"lost 9\n" CLIENT
		"skip 1 sent 1000\nskip 1 received 2000\n"
		"1 recv 1 2900-2950 10\n"
		"1 send 1 3000-3010 20\n"
		"1 recv 1 3020-3100 30\n"
		"1 send 1 4000-4010 20\n"
		"1 recv 1 4020-4100 30\n",
		"client ok connection=1 thread=1 start=3000 sent=20 received=30 request=1000 "
		"response=2010 calls=2 incomplete\n"
		"client ok connection=1 thread=1 start=4000 end=4100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=20 received=30 request=1020 response=2040 calls=2\n"
		"connection 1 client calls=5 sent=1040 received=2070 unsolicited=10 trips=2 "
		"blocked=230 first=2900 last=4100\n"
		"thread 1 calls=5 trips=2 blocked=230\n",
	},
	{
		"calls of two threads that overlap are not lost ones",
		CLIENT
		"1 send 1 3000-3020 20 offset=10\n"
		"2 send 1 3001-3010 10 offset=0\n"
		"1 recv 1 3030-3100 30\n",
		"client ok connection=1 thread=1 start=3000 end=3100 latency=100 send=20 wait=80 "
		"receive=0 blocked=99 sent=30 received=30 request=10 response=0 calls=3\n"
		"connection 1 client calls=3 sent=30 received=30 trips=1 blocked=99 first=3000 "
		"last=3100\n"
		"thread 1 calls=2 trips=1 blocked=90\n"
		"thread 2 calls=1 blocked=9\n",
	},
	{
		"a connection of which only calls are left",
		"1 send 3 3000-3010 20\n"
		"1 recv 3 3020-3100 30\n",
		"client ok connection=3 thread=1 start=3000 end=3100 latency=100 send=10 wait=90 "
		"receive=0 blocked=90 sent=20 received=30 request=0 response=0 calls=2\n"
		"connection 3 client calls=2 sent=20 received=30 trips=1 blocked=90 first=3000 "
		"last=3100\n"
		"thread 1 calls=2 trips=1 blocked=90\n",
	},
	{
		"a call in a signal handler within another one counts once",
		CLIENT
		"1 send 1 3010-3020 5\n"
		"1 send 1 3030-3040 5\n"
		"1 recv 1 3000-3100 30\n",
		"client ok connection=1 thread=1 start=3010 end=3100 latency=90 send=30 wait=60 "
		"receive=0 blocked=110 connect=50 sent=10 received=30 request=0 response=0 "
		"calls=3\n"
		"connection 1 client calls=3 sent=10 received=30 trips=1 blocked=120 first=3000 "
		"last=3100\n"
		"thread 1 calls=3 trips=1 blocked=100\n",
	},
};

/* A forked server goes on with its parent's connection, greeting first. */
static void test_fork(const char *folder)
{
	char parent[200], child[200], *text = NULL;
	const char *paths[] = { parent, child };
	struct recording *r;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	snprintf(parent, sizeof(parent), "%s/parent.trt", folder);
	snprintf(child, sizeof(child), "%s/child.trt", folder);
	script_write("process 200 parent 1\nconnection 5 tcp accept\n"
		     "1 send 5 2000-2010 100\nend 9000\n",
		     parent);
	script_write("process 201 child 200\nconnection 5 tcp forked parent=5 sent=100\n"
		     "2 send 5 3000-3010 50\n"
		     "2 recv 5 3020-3100 20\n"
		     "2 send 5 3110-3120 30\nend 9000\n",
		     child);
	r = recording_open(paths, 2, print_warning, NULL);
	print_trips(r, out);
	fclose(out);
	is_text(text,
		"server ok connection=5 thread=2 start=3100 end=3120 latency=20 send=10 wait=10 "
		"receive=0 blocked=10 sent=30 received=20 request=0 response=150 calls=2\n"
		"connection 5 server calls=1 sent=100 unsolicited=100 blocked=10 first=2000 "
		"last=2010\n"
		"thread 1 calls=1 blocked=10\n"
		"connection 5 server calls=3 sent=80 received=20 unsolicited=50 trips=1 "
		"blocked=100 first=3000 last=3120\n"
		"thread 2 calls=3 trips=1 blocked=100\n",
		"a forked process inherits role and offsets");
	recording_close(r);
	free(text);
	unlink(parent);
	unlink(child);
}

static void test_names(void)
{
	is_text(role_name(ROLE_SERVER), "server", "name of a role");
	ok(role_name(ROLE_UNKNOWN) == NULL, "an unknown role has none");
	is_text(status_name(STATUS_PENDING), "pending", "name of a status");
	is_text(transport_name(TRANSPORT_UNIX), "unix", "name of a transport");
	model_free(NULL);
}

int main(void)
{
	char folder[] = "/tmp/test_model.XXXXXX", path[100];

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/case.trt", folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_model_case(&cases[i], path);
	unlink(path);
	test_fork(folder);
	test_names();
	rmdir(folder);
	return done_testing();
}
