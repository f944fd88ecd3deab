/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Redis: pipelines, pushes, subscriptions, silence, and what holes hide. */
#include "tests/protocols/cases.h"

#define BULK(bytes, text) "$" bytes CRLF text CRLF
#define GET_A "*2" CRLF BULK("3", "GET") BULK("1", "a")
#define SET_A "*3" CRLF BULK("3", "set") BULK("6", "user:1") BULK("1", "x")

static const struct protocol_case cases[] = {
	{
		.name = "a request and its answers of all kinds",
		.script = CLIENT
			SEND("3000-3010", GET_A)
			RECV("3020-3030", BULK("1", "v"))
			SEND("3100-3110", SET_A)
			RECV("3120-3130", "+OK" CRLF)
			SEND("3200-3210", GET_A)
			RECV("3220-3230", "$-1" CRLF)
			SEND("3300-3310", SET_A)
			RECV("3320-3330", "-WRONGTYPE\\sOperation" CRLF)
			SEND("3400-3410", "*1" CRLF BULK("7", "HGETALL"))
			RECV("3420-3430", "%2" CRLF "+a" CRLF ":1" CRLF "+b" CRLF "*2" CRLF "#t" CRLF
				"|1" CRLF "+ttl" CRLF ":3" CRLF "_" CRLF)
			SEND("3500-3510", "ping" CRLF)
			RECV("3520-3530", "+PONG" CRLF),
		.wanted = "ok redis \"GET\" 3000 3030 20/7 key=a arguments=1\n"
			  "ok redis \"SET\" 3100 3130 32/5 key=user:{id} arguments=2\n"
			  "ok redis \"GET\" 3200 3230 20/5 key=a arguments=1 answer=nil\n"
			  "failed redis \"SET\" 3300 3330 32/22 WRONGTYPE key=user:{id} arguments=2\n"
			  "ok redis \"HGETALL\" 3400 3430 17/41 arguments=0\n"
			  "ok redis \"PING\" 3500 3530 6/7 arguments=0\n",
	},
	{
		.name = "a pipeline: each has its own times, whatever calls carry it",
		.script = CLIENT
			SEND("3000-3010", GET_A GET_A "*2" CRLF "$3" CRLF "GE")
			SEND("3020-3030", "T" CRLF BULK("1", "b"))
			RECV("3040-3050", BULK("1", "v") "$1")
			RECV("3060-3070", CRLF "w" CRLF BULK("1", "x")),
		.wanted = "ok redis \"GET\" 3000 3050 20/7 key=a arguments=1\n"
			  "ok redis \"GET\" 3000 3070 20/7 key=a arguments=1\n"
			  "ok redis \"GET\" 3000 3070 20/7 key=b arguments=1\n",
	},
	{
		.name = "threads that send at the same time: bytes are taken in the stream's order",
		.script = CLIENT
			"1 send 1 3000-3030 20 offset=32 head=" GET_A "\n"
			"2 send 1 3010-3020 32 offset=0 head=" SET_A "\n"
			RECV("3040-3050", "+OK" CRLF "$-1" CRLF),
		.wanted = "ok redis \"GET\" 3000 3050 20/5 key=a arguments=1 answer=nil\n"
			  "ok redis \"SET\" 3010 3050 32/5 key=user:{id} arguments=2\n",
	},
	{
		.name = "values in holes are followed by their length",
		.script = CLIENT
			"1 send 1 3000-3010 20030 head=*3\\r\\n$3\\r\\nSET\\r\\n$1\\r\\na\\r\\n$20000\\r\\nxxx "
			"tail=xxx\\r\\n\n"
			RECV("3020-3030", "+OK" CRLF)
			SEND("3100-3110", GET_A)
			"1 recv 1 3120-3130 10000 head=$20000\\r\\nxxx tail=xxx\n"
			"1 recv 1 3140-3150 10010 head=xxx tail=xxx\\r\\n\n"
			SEND("3200-3210", GET_A)
			RECV("3220-3230", "$-1" CRLF),
		.wanted = "ok redis \"SET\" 3000 3030 20030/5 key=a arguments=2\n"
			  "ok redis \"GET\" 3100 3150 20/20010 key=a arguments=1\n"
			  "ok redis \"GET\" 3200 3230 20/5 key=a arguments=1 answer=nil\n",
	},
	{
		.name = "requests in a hole are counted by their answers, without names",
		.script = CLIENT
			"1 send 1 3000-3010 100 head=" GET_A GET_A "*2\\r\\n$3\\r\\nGE tail=\\r\\n\n"
			RECV("3020-3030", "$-1" CRLF "$-1" CRLF "$-1" CRLF)
			RECV("3040-3050", "$-1" CRLF "-ERR\\sno" CRLF)
			SEND("3100-3110", GET_A)
			RECV("3120-3130", "$-1" CRLF),
		.wanted = "ok redis \"GET\" 3000 3030 20/5 key=a arguments=1 answer=nil\n"
			  "ok redis \"GET\" 3000 3030 20/5 key=a arguments=1 answer=nil\n"
			  "ok redis - 3000 3030 60/5 answer=nil\n"
			  "ok redis - 3000 3050 0/5 answer=nil\n"
			  "failed redis - 3000 3050 0/9 ERR\n"
			  "ok redis \"GET\" 3100 3130 20/5 key=a arguments=1 answer=nil\n"
			  "connection 1 desyncs=1 hidden=2\n",
	},
	{
		.name = "while it is not known how many were hidden, an answer is nobody's in particular",
		.script = CLIENT
			"1 send 1 3000-3010 100 head=" GET_A "*2\\r\\n$3\\r\\nGE tail=\\r\\n\n"
			SEND("3020-3030", SET_A)
			RECV("3040-3050", "$-1" CRLF "$-1" CRLF "+OK" CRLF)
			SEND("3100-3110", GET_A)
			RECV("3120-3130", "$-1" CRLF),
		.wanted = "ok redis \"GET\" 3000 3050 20/5 key=a arguments=1 answer=nil\n"
			  "ok redis - 3000 3050 80/5 answer=nil\n"
			  "ok redis - 3020 - 32/5 incomplete\n"
			  "ok redis \"GET\" 3100 3130 20/5 key=a arguments=1 answer=nil\n"
			  "connection 1 desyncs=1\n",
	},
	{
		.name = "several subscriptions are one request; messages are nobody's",
		.script = CLIENT
			SEND("3000-3010", "*3" CRLF BULK("9", "SUBSCRIBE") BULK("1", "a") BULK("1", "b"))
			RECV("3020-3030", "*3" CRLF BULK("9", "subscribe") BULK("1", "a") ":1" CRLF)
			RECV("3040-3050", "*3" CRLF BULK("7", "message") BULK("1", "a") BULK("1", "x"))
			RECV("3060-3070", "*3" CRLF BULK("9", "subscribe") BULK("1", "b") ":2" CRLF)
			RECV("3080-3090", "*3" CRLF BULK("7", "message") BULK("1", "b") BULK("1", "x"))
			SEND("3100-3110", "*1" CRLF BULK("4", "PING"))
			RECV("3120-3130", "*2" CRLF BULK("4", "pong") BULK("0", "")),
		.wanted = "ok redis \"SUBSCRIBE\" 3000 3070 33/60 key=a arguments=2\n"
			  "ok redis \"PING\" 3100 3130 14/20 arguments=0\n"
			  "connection 1 unsolicited=62\n",
	},
	{
		.name = "pushes between answers",
		.script = CLIENT
			SEND("3000-3010", "*2" CRLF BULK("5", "HELLO") BULK("1", "3"))
			RECV("3020-3030", "%1" CRLF BULK("5", "proto") ":3" CRLF)
			SEND("3100-3110", GET_A)
			RECV("3120-3130", ">2" CRLF BULK("10", "invalidate") "*1" CRLF BULK("1", "a")
				BULK("1", "v")),
		.wanted = "ok redis \"HELLO\" 3000 3030 22/19 arguments=1\n"
			  "ok redis \"GET\" 3100 3130 20/7 key=a arguments=1\n"
			  "connection 1 unsolicited=32\n",
	},
	{
		.name = "transactions, and waiting by design",
		.script = CLIENT
			SEND("3000-3010", "*1" CRLF BULK("5", "MULTI") GET_A "*1" CRLF BULK("4", "EXEC"))
			RECV("3020-3030", "+OK" CRLF "+QUEUED" CRLF "*1" CRLF BULK("1", "v"))
			SEND("3100-3110", "*3" CRLF BULK("5", "BLPOP") BULK("1", "l") BULK("1", "0"))
			RECV("9000-9030", "*-1" CRLF)
			SEND("9100-9110", "*6" CRLF BULK("5", "XREAD") BULK("5", "COUNT") BULK("1", "1")
				BULK("5", "block") BULK("1", "0") BULK("7", "STREAMS"))
			RECV("9120-9130", "*-1" CRLF),
		.wanted = "ok redis \"MULTI\" 3000 3030 15/5 arguments=0\n"
			  "ok redis \"GET\" 3000 3030 20/9 key=a arguments=1\n"
			  "ok redis \"EXEC\" 3000 3030 14/11 arguments=0\n"
			  "ok redis \"BLPOP\" 3100 9030 29/5 waits key=l arguments=2 answer=nil\n"
			  "ok redis \"XREAD\" 9100 9130 64/5 waits key=COUNT arguments=5 answer=nil\n",
	},
	{
		.name = "replies that were switched off",
		.script = CLIENT
			SEND("3000-3010", "*3" CRLF BULK("6", "CLIENT") BULK("5", "REPLY") BULK("4", "SKIP")
				SET_A GET_A)
			RECV("3020-3030", BULK("1", "v"))
			SEND("3100-3110", "*3" CRLF BULK("6", "CLIENT") BULK("5", "REPLY") BULK("3", "OFF")
				SET_A "*3" CRLF BULK("6", "CLIENT") BULK("5", "REPLY") BULK("2", "ON"))
			RECV("3120-3130", "+OK" CRLF),
		.wanted = "one-way redis \"CLIENT REPLY\" 3000 - 37/0 arguments=2\n"
			  "one-way redis \"SET\" 3000 - 32/0 key=user:{id} arguments=2\n"
			  "ok redis \"GET\" 3000 3030 20/7 key=a arguments=1\n"
			  "one-way redis \"CLIENT REPLY\" 3100 - 36/0 arguments=2\n"
			  "one-way redis \"SET\" 3100 - 32/0 key=user:{id} arguments=2\n"
			  "ok redis \"CLIENT REPLY\" 3100 3130 35/5 arguments=2\n",
	},
	{
		.name = "passwords are not keys",
		.script = CLIENT
			SEND("3000-3010", "*2" CRLF BULK("4", "AUTH") BULK("6", "secret"))
			RECV("3020-3030", "+OK" CRLF),
		.wanted = "ok redis \"AUTH\" 3000 3030 26/5 arguments=1\n",
	},
	{
		.name = "another protocol with the same words",
		.script = CLIENT
			RECV("3000-3010", "+OK\\sPOP3\\sready" CRLF)
			SEND("3020-3030", "USER\\sme" CRLF)
			RECV("3040-3050", "+OK" CRLF),
		.wanted = "ok - - 3020 3050 9/5\nconnection 1 unsolicited=16\n",
	},
	{
		.name = "what cannot be a value takes turns",
		.script = CLIENT
			SEND("3000-3010", GET_A)
			RECV("3020-3030", "?what" CRLF)
			SEND("3100-3110", GET_A)
			RECV("3120-3130", "$-1" CRLF),
		.wanted = "ok redis \"GET\" 3000 3030 20/7 key=a arguments=1\n"
			  "ok - - 3100 3130 20/5\n"
			  "connection 1 doubted=20\n",
	},
};

int main(void)
{
	return TEST_PROTOCOL_CASES(cases);
}
