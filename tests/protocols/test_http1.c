/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1: what was asked, where bodies end, and what became of it. */
#include "tests/protocols/cases.h"

#define GET(target) "GET\\s" target "\\sHTTP/1.1" CRLF "Host:\\sh" CRLF CRLF
#define OK(body, bytes) "HTTP/1.1\\s200\\sOK" CRLF "Content-Length:\\s" bytes CRLF CRLF body

static const struct protocol_case cases[] = {
	{
		.name = "a request and its answer; what differs in paths is a placeholder",
		.script = CLIENT
			SEND("3000-3010", GET("/orders/8731/lines/v2?secret=1"))
			RECV("3020-3100", OK("hi", "2")),
		.wanted = "ok http \"GET /orders/{id}/lines/v2\" 3000 3100 56/40 method=GET host=h "
			  "status_code=200 response_body_bytes=2\n",
	},
	{
		.name = "raw names",
		.raw_names = true,
		.script = CLIENT
			SEND("3000-3010", GET("/orders/8731?a=1"))
			RECV("3020-3100", OK("", "0")),
		.wanted = "ok http \"GET /orders/8731?a=1\" 3000 3100 42/38 method=GET host=h "
			  "status_code=200 response_body_bytes=0\n",
	},
	{
		.name = "head and body apart, byte by byte, and a body in a hole",
		.script = CLIENT
			SEND("3000-3010", "POST\\s/a\\sHTTP/1.1" CRLF "Content-Length:\\s5" CRLF CRLF)
			SEND("3020-3030", "he")
			SEND("3040-3050", "llo")
			RECV("3060-3070", "H")
			RECV("3080-3090", "TTP/1.1\\s201\\sCreated" CRLF "Content-")
			RECV("3100-3110", "Length:\\s10000" CRLF CRLF "12345678")
			"1 recv 1 3120-3130 9992 head=9 tail=0\n"
			SEND("3200-3210", GET("/b"))
			RECV("3220-3230", OK("", "0")),
		.wanted = "ok http \"POST /a\" 3000 3130 44/10047 method=POST request_body_bytes=5 "
			  "status_code=201 response_body_bytes=10000\n"
			  "ok http \"GET /b\" 3200 3230 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n",
	},
	{
		.name = "pipelined requests each have their own answer and times",
		.script = CLIENT
			SEND("3000-3010", GET("/a") GET("/b"))
			SEND("3020-3030", GET("/c"))
			RECV("3040-3050", OK("A", "1") OK("B", "1") "HTTP/1.1\\s404\\sNo")
			RECV("3060-3070", "ne" CRLF "Content-Length:\\s0" CRLF CRLF),
		.wanted = "ok http \"GET /a\" 3000 3050 28/39 method=GET host=h status_code=200 "
			  "response_body_bytes=1\n"
			  "ok http \"GET /b\" 3000 3050 28/39 method=GET host=h status_code=200 "
			  "response_body_bytes=1\n"
			  "failed http \"GET /c\" 3020 3070 28/40 404 method=GET host=h "
			  "status_code=404 response_body_bytes=0\n",
	},
	{
		.name = "chunks, their trailer, and the answer behind them",
		.script = CLIENT
			SEND("3000-3010", GET("/a"))
			RECV("3020-3030", "HTTP/1.1\\s200\\sOK" CRLF "Transfer-Encoding:\\sgzip,chunked"
				CRLF CRLF "4;x=1" CRLF "abcd" CRLF)
			RECV("3040-3050", "2710" CRLF "xxxx")
			"1 recv 1 3060-3070 9998 head=xxxx tail=xx\\r\\n\n"
			RECV("3080-3090", "0" CRLF "Trailer:\\sx" CRLF CRLF)
			SEND("3100-3110", GET("/b"))
			RECV("3120-3130", OK("", "0")),
		.wanted = "ok http \"GET /a\" 3000 3090 28/10090 method=GET host=h status_code=200\n"
			  "ok http \"GET /b\" 3100 3130 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n",
	},
	{
		.name = "a chunk's size in a hole: the last chunk is seen at the end of a call",
		.script = CLIENT
			SEND("3000-3010", GET("/a"))
			"1 recv 1 3020-3030 9000 head=HTTP/1.1\\s200\\sOK\\r\\nTransfer-Encoding:\\schunked"
			"\\r\\n\\r\\n10\\r\\nabc tail=b\\r\\n0\\r\\n\\r\\n\n"
			SEND("3100-3110", GET("/b"))
			RECV("3120-3130", OK("", "0")),
		.wanted = "ok http \"GET /a\" 3000 3030 28/9000 method=GET host=h status_code=200\n"
			  "ok http \"GET /b\" 3100 3130 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n"
			  "connection 1 desyncs=1\n",
	},
	{
		.name = "100 Continue is no answer, and HEAD, 204 and 304 have no body",
		.script = CLIENT
			SEND("3000-3010", "PUT\\s/a\\sHTTP/1.1" CRLF "Expect:\\s100-continue" CRLF
				"Content-Length:\\s3" CRLF CRLF)
			RECV("3020-3030", "HTTP/1.1\\s100\\sContinue" CRLF CRLF)
			SEND("3040-3050", "abc")
			RECV("3060-3070", "HTTP/1.1\\s204\\sNone" CRLF CRLF)
			SEND("3100-3110", "HEAD\\s/a\\sHTTP/1.1" CRLF CRLF)
			RECV("3120-3130", OK("", "500"))
			SEND("3140-3150", GET("/c"))
			RECV("3160-3170", "HTTP/1.1\\s304\\sSame" CRLF "Content-Length:\\s9" CRLF CRLF),
		.wanted = "ok http \"PUT /a\" 3000 3070 63/46 method=PUT request_body_bytes=3 "
			  "interim=100 status_code=204\n"
			  "ok http \"HEAD /a\" 3100 3130 20/40 method=HEAD status_code=200\n"
			  "ok http \"GET /c\" 3140 3170 28/40 method=GET host=h status_code=304\n",
	},
	{
		.name = "a body until the end of the stream, and one that is cut short",
		.script = CLIENT
			SEND("3000-3010", GET("/a"))
			RECV("3020-3030", "HTTP/1.0\\s200\\sOK" CRLF CRLF "abc")
			RECV("3040-3050", "def")
			"1 recv 1 3060-3070 0\n"
			"connection 2 tcp socket\n"
			"2 send 2 4000-4010 * head=" GET("/b") "\n"
			"2 recv 2 4020-4030 * head=" OK("abc", "10") "\n"
			"2 recv 2 4040-4050 0\n",
		.wanted = "ok http \"GET /a\" 3000 3050 28/25 method=GET host=h status_code=200\n"
			  "closed http \"GET /b\" 4000 4030 28/42 method=GET host=h status_code=200 "
			  "response_body_bytes=10\n",
	},
	{
		.name = "a tunnel: what follows is not HTTP any more",
		.script = CLIENT
			SEND("3000-3010", "CONNECT\\sh:443\\sHTTP/1.1" CRLF CRLF)
			RECV("3020-3030", "HTTP/1.1\\s200\\sOK" CRLF CRLF)
			SEND("3040-3050", "hello")
			RECV("3060-3070", "world"),
		.wanted = "ok http \"CONNECT h:443\" 3000 3030 26/19 method=CONNECT status_code=200\n"
			  "ok - - 3040 3070 5/5\n",
	},
	{
		.name = "another protocol behind a switch",
		.script = CLIENT
			SEND("3000-3010", "CONNECT\\sh:80\\sHTTP/1.1" CRLF CRLF)
			RECV("3020-3030", "HTTP/1.1\\s200\\sOK" CRLF CRLF)
			SEND("3040-3050", GET("/b"))
			RECV("3060-3070", OK("", "0")),
		.wanted = "ok http \"CONNECT h:80\" 3000 3030 25/19 method=CONNECT status_code=200\n"
			  "ok http \"GET /b\" 3040 3070 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n",
	},
	{
		.name = "a server: its own answers, 4xx and 5xx",
		.script = SERVER
			RECV("3000-3010", GET("/a"))
			SEND("3020-3030", "HTTP/1.1\\s503\\sBusy" CRLF "Content-Length:\\s0" CRLF CRLF),
		.wanted = "failed http \"GET /a\" 3010 3030 40/28 503 method=GET host=h "
			  "status_code=503 response_body_bytes=0\n",
	},
	{
		.name = "an event stream waits by design",
		.script = CLIENT
			SEND("3000-3010", GET("/a"))
			RECV("3020-3030", "HTTP/1.1\\s200\\sOK" CRLF "Content-Type:\\stext/event-stream;x"
				CRLF CRLF)
			RECV("9000-9010", "data:\\sx"),
		.wanted = "ok http \"GET /a\" 3000 9010 28/61 waits method=GET host=h "
			  "status_code=200 content_type=text/event-stream\n",
	},
	{
		.name = "a head that is not there whole: the answer ends with the turn",
		.script = CLIENT
			SEND("3000-3010", GET("/a"))
			"1 recv 1 3020-3030 900 head=HTTP/1.1\\s200\\sOK\\r\\nSet-Cookie:\\sxxx tail=abc\n"
			RECV("3040-3050", "defghi")
			SEND("3100-3110", GET("/b"))
			RECV("3120-3130", OK("", "0")),
		.wanted = "ok http \"GET /a\" 3000 3050 28/906 method=GET host=h status_code=200\n"
			  "ok http \"GET /b\" 3100 3130 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n"
			  "connection 1 desyncs=1\n",
	},
	{
		.name = "what turns out not to be HTTP takes turns from there on",
		.script = CLIENT
			SEND("3000-3010", GET("/a"))
			RECV("3020-3030", OK("", "0"))
			SEND("3040-3050", "something\\selse" CRLF)
			RECV("3060-3070", "indeed"),
		.wanted = "ok http \"GET /a\" 3000 3030 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n"
			  "ok - - 3040 3070 16/6\n"
			  "connection 1 doubted=28\n",
	},
	{
		.name = "seen from the middle: known from the first turn that begins a message",
		.script = "connection 1 tcp found\n"
			RECV("3000-3010", "the\\srest\\sof\\ssomething")
			SEND("3020-3030", GET("/b"))
			RECV("3040-3050", OK("", "0")),
		.wanted = "ok http \"GET /b\" 3020 3050 28/38 method=GET host=h status_code=200 "
			  "response_body_bytes=0\n"
			  "connection 1 unsolicited=21\n",
	},
	{
		.name = "others that look like it are not",
		.script = CLIENT
			SEND("3000-3010", "OPTIONS\\srtsp://h/\\sRTSP/1.0" CRLF CRLF)
			RECV("3020-3030", "RTSP/1.0\\s200\\sOK" CRLF CRLF),
		.wanted = "ok - - 3000 3030 30/19\n",
	},
	{
		.name = "a call that was lost: no name is another's",
		.script = "lost 1\n" CLIENT
			SEND("3000-3010", GET("/a"))
			"skip 1 received 38\n"
			"skip 1 sent 28\n"
			RECV("3100-3110", OK("", "0"))
			SEND("3200-3210", GET("/c"))
			RECV("3220-3230", OK("", "0")),
		.wanted = "ok http \"GET /a\" 3000 - 28/0 incomplete method=GET host=h\n"
			  "ok http - 3200 - 28/38 incomplete\n"
			  "connection 1 desyncs=2 unsolicited=38\n",
	},
};

int main(void)
{
	return TEST_PROTOCOL_CASES(cases);
}
