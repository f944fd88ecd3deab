/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PostgreSQL: groups of messages, prepared statements, copies, errors. */
#include "tests/protocols/cases.h"

#define NUL "\\x00"
#define LENGTH(hex) NUL NUL NUL "\\x" hex
#define STARTUP LENGTH("11") NUL "\\x03" NUL NUL "user" NUL "me" NUL NUL
#define READY "Z" LENGTH("05") "I"
#define BEGIN "Q" LENGTH("0a") "BEGIN" NUL
#define DONE(tag, hex) "C" LENGTH(hex) tag NUL
#define SYNC "S" LENGTH("04")
#define PARSE "P" LENGTH("16") "s" NUL "SELECT\\s$1" "+1.5" NUL NUL NUL
#define BIND "B" LENGTH("09") NUL "s" NUL NUL NUL
#define EXECUTE "E" LENGTH("09") NUL NUL NUL NUL NUL
#define DESCRIBE "D" LENGTH("07") "Ss" NUL
#define FLUSH "H" LENGTH("04")

static const struct protocol_case cases[] = {
	{
		.name = "encryption refused, startup with a password, a query, the end",
		.script = CLIENT
			SEND("3000-3010", LENGTH("08") "\\x04\\xd2\\x16\\x2f")
			RECV("3020-3030", "N")
			SEND("3040-3050", STARTUP)
			RECV("3060-3070", "R" LENGTH("0c") LENGTH("05") "salt")
			SEND("3080-3090", "p" LENGTH("08") "md5" NUL)
			RECV("3100-3110", "R" LENGTH("08") LENGTH("00") "S" LENGTH("08") "a" NUL "b" NUL
				READY)
			SEND("3120-3130", BEGIN)
			RECV("3140-3150", DONE("BEGIN", "0a"))
			RECV("3160-3170", READY)
			SEND("3180-3190", "X" LENGTH("04")),
		.wanted = "ok postgresql \"SSLRequest\" 3000 3030 8/1 answer=N\n"
			  "ok postgresql \"startup\" 3040 3070 17/13 user=me\n"
			  "ok postgresql \"authenticate\" 3080 3110 9/24\n"
			  "ok postgresql \"BEGIN\" 3120 3170 11/17\n"
			  "one-way postgresql \"Terminate\" 3180 - 5/0\n",
	},
	{
		.name = "a prepared statement: flushed, then run twice, pipelined",
		.script = CLIENT
			SEND("3000-3010", PARSE DESCRIBE FLUSH)
			RECV("3020-3030", "1" LENGTH("04") "t" LENGTH("06") NUL NUL "n" LENGTH("04"))
			SEND("3040-3050", BIND EXECUTE SYNC BIND EXECUTE SYNC)
			RECV("3060-3070", "2" LENGTH("04") DONE("SELECT\\s3", "0d") READY "2" LENGTH("04"))
			RECV("3080-3090", DONE("SELECT\\s4", "0d") READY),
		.wanted = "ok postgresql \"PREPARE SELECT $1+{n}\" 3000 3030 36/17\n"
			  "ok postgresql \"SELECT $1+{n}\" 3040 3070 25/25 rows=3\n"
			  "ok postgresql \"SELECT $1+{n}\" 3040 3090 25/25 rows=4\n",
	},
	{
		.name = "an error ends with the group; notices and notifications are no answers",
		.script = CLIENT
			SEND("3000-3010", STARTUP)
			RECV("3020-3030", READY)
			RECV("3032-3034", "A" LENGTH("09") NUL NUL NUL NUL NUL)
			SEND("3040-3050", "Q" LENGTH("0d") "SELECT\\sx" NUL)
			RECV("3060-3070", "N" LENGTH("05") NUL)
			RECV("3080-3090", "E" LENGTH("13") "SERROR" NUL "C42703" NUL NUL READY),
		.wanted = "ok postgresql \"startup\" 3000 3030 17/6 user=me\n"
			  "failed postgresql \"SELECT x\" 3040 3090 14/32 42703\n"
			  "connection 1 unsolicited=10\n",
	},
	{
		.name = "rows in holes: the end is seen at the end of a call",
		.script = CLIENT
			SEND("3000-3010", STARTUP)
			RECV("3020-3030", READY)
			SEND("3040-3050", BEGIN)
			"1 recv 1 3060-3070 8000 head=D" LENGTH("20") "abc tail=defg\n"
			"1 recv 1 3080-3090 8000 head=abc tail=" READY "\n"
			SEND("3100-3110", BEGIN)
			RECV("3120-3130", DONE("BEGIN", "0a") READY),
		.wanted = "ok postgresql \"startup\" 3000 3030 17/6 user=me\n"
			  "ok postgresql \"BEGIN\" 3040 3090 11/16000\n"
			  "ok postgresql \"BEGIN\" 3100 3130 11/17\n"
			  "connection 1 desyncs=1\n",
	},
	{
		.name = "rows that the client copies are a round trip of their own",
		.script = CLIENT
			SEND("3000-3010", STARTUP)
			RECV("3020-3030", READY)
			SEND("3040-3050", "Q" LENGTH("0e") "COPY\\st\\sIN" NUL)
			RECV("3060-3070", "G" LENGTH("07") NUL NUL NUL)
			SEND("3080-3090", "d" LENGTH("07") "1\\s2")
			"1 send 1 3092-3094 8000 head=d" NUL NUL "\\x1f\\x3f" "x tail=x\n"
			SEND("3096-3098", "c" LENGTH("04"))
			RECV("3120-3130", DONE("COPY\\s2", "0b") READY),
		.wanted = "ok postgresql \"startup\" 3000 3030 17/6 user=me\n"
			  "ok postgresql \"COPY t IN\" 3040 3070 15/8\n"
			  "ok postgresql \"COPY data\" 3080 3130 8013/18 rows=2\n",
	},
	{
		.name = "seen from the middle, statements are called by their names",
		.script = "connection 1 tcp found\n"
			SEND("3000-3010", BIND EXECUTE SYNC)
			RECV("3020-3030", "2" LENGTH("04") DONE("SELECT\\s3", "0d") READY),
		.wanted = "ok postgresql \"prepared s\" 3000 3030 25/25 rows=3\n",
	},
	{
		.name = "a refused connection",
		.script = CLIENT
			SEND("3000-3010", STARTUP)
			RECV("3020-3030", "E" LENGTH("0c") "C28P01" NUL NUL)
			"1 recv 1 3040-3050 0\n",
		.wanted = "failed postgresql \"startup\" 3000 3030 17/13 28P01 user=me\n",
	},
	{
		.name = "a request to cancel",
		.script = CLIENT
			SEND("3000-3010", LENGTH("10") "\\x04\\xd2\\x16\\x2e" LENGTH("01") LENGTH("02"))
			"1 recv 1 3040-3050 0\n",
		.wanted = "one-way postgresql \"CancelRequest\" 3000 - 16/0\n",
	},
	{
		.name = "literals and comments are not in names, lists are short",
		.script = CLIENT
			SEND("3000-3010", STARTUP)
			RECV("3020-3030", READY)
			SEND("3040-3050", "Q" LENGTH("5e")
				"insert\\sinto\\s\\st\\svalues\\s(1,'it''s'),(-2,'b')\\s--\\sc\\n"
				"where\\sa\\sin\\s(1,2,\\s3)\\sand/**/b=$x$secret$x$;" NUL)
			RECV("3060-3070", READY),
		.wanted = "ok postgresql \"startup\" 3000 3030 17/6 user=me\n"
			  "ok postgresql \"insert into t values ({n}, …), … where a in ({n}, …) and "
			  "b={s}\" 3040 3070 95/6\n",
	},
};

int main(void)
{
	return TEST_PROTOCOL_CASES(cases);
}
