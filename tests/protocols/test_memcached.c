/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memcached: values, misses, silence, errors. */
#include "tests/protocols/cases.h"

static const struct protocol_case cases[] = {
	{
		.name = "stores and retrievals",
		.script = CLIENT
			SEND("3000-3010", "set\\suser:1\\s0\\s0\\s3" CRLF "abc" CRLF)
			RECV("3020-3030", "STORED" CRLF)
			SEND("3100-3110", "get\\suser:1\\sother" CRLF)
			RECV("3120-3130", "VALUE\\suser:1\\s0\\s3" CRLF "abc" CRLF)
			RECV("3140-3150", "END" CRLF)
			SEND("3200-3210", "incr\\sn\\s1" CRLF)
			RECV("3220-3230", "17" CRLF)
			SEND("3300-3310", "delete\\snone" CRLF)
			RECV("3320-3330", "NOT_FOUND" CRLF),
		.wanted = "ok memcached \"set\" 3000 3030 23/8 key=user:{id} answer=STORED\n"
			  "ok memcached \"get\" 3100 3150 18/28 key=user:{id} keys=2 answer=value\n"
			  "ok memcached \"incr\" 3200 3230 10/4 key=n\n"
			  "ok memcached \"delete\" 3300 3330 13/11 key=none answer=NOT_FOUND\n",
	},
	{
		.name = "no reply, and what is answered behind it; meta commands",
		.script = CLIENT
			SEND("3000-3010", "set\\sa\\s0\\s0\\s1\\snoreply" CRLF "x" CRLF "mg\\sa\\sv" CRLF)
			RECV("3020-3030", "VA\\s1" CRLF "x" CRLF)
			SEND("3100-3110", "mg\\sb\\sv" CRLF)
			RECV("3120-3130", "EN" CRLF),
		.wanted = "one-way memcached \"set\" 3000 - 24/0 key=a\n"
			  "ok memcached \"mg\" 3000 3030 8/9 key=a answer=value\n"
			  "ok memcached \"mg\" 3100 3130 8/4 key=b answer=EN\n",
	},
	{
		.name = "keys in a hole, after a request that was answered",
		.script = CLIENT
			SEND("3000-3010", "delete\\sa" CRLF)
			RECV("3020-3030", "DELETED" CRLF)
			"1 send 1 3100-3110 400 head=get\\sa\\sb tail=c\\r\\n\n"
			RECV("3120-3130", "END" CRLF),
		.wanted = "ok memcached \"delete\" 3000 3030 10/9 key=a answer=DELETED\n"
			  "ok memcached \"get\" 3100 3130 400/5 key=a\n"
			  "connection 1 desyncs=1\n",
	},
	{
		.name = "errors, and a value in a hole",
		.script = CLIENT
			SEND("3000-3010", "get\\sa" CRLF)
			"1 recv 1 3020-3030 5023 head=VALUE\\sa\\s0\\s5000\\r\\nxx tail=x\\r\\nEND\\r\\n\n"
			SEND("3100-3110", "incr\\sa\\sx" CRLF)
			RECV("3120-3130", "CLIENT_ERROR\\sinvalid" CRLF),
		.wanted = "ok memcached \"get\" 3000 3030 7/5023 key=a keys=1 answer=value\n"
			  "failed memcached \"incr\" 3100 3130 10/22 CLIENT_ERROR key=a answer=CLIENT_ERROR\n",
	},
};

int main(void)
{
	return TEST_PROTOCOL_CASES(cases);
}
