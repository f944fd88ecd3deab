/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS: answers in any order, failures, questions that are asked again. */
#include "tests/protocols/cases.h"

#define UDP "connection 1 udp socket\nconnected 1 2000-2050\n"
#define NAME "\\x03www\\x07example\\x03org\\x00"
#define HEADER(id, flags, answers) id flags "\\x00\\x01" answers "\\x00\\x00\\x00\\x00"
#define ASK(id, type) HEADER(id, "\\x01\\x00", "\\x00\\x00") NAME "\\x00" type "\\x00\\x01"
#define ANSWER(id, flags, type) HEADER(id, flags, "\\x00\\x01") NAME "\\x00" type "\\x00\\x01" "xxxx"

static const struct protocol_case cases[] = {
	{
		.name = "two questions at once, answered in the other order",
		.script = UDP
			SEND("3000-3010", ASK("\\x12\\x34", "\\x01"))
			SEND("3020-3030", ASK("\\x12\\x35", "\\x1c"))
			RECV("3040-3050", ANSWER("\\x12\\x35", "\\x81\\x80", "\\x1c"))
			RECV("3060-3070", ANSWER("\\x12\\x34", "\\x81\\x83", "\\x01")),
		.wanted = "failed dns \"A www.example.org\" 3000 3070 33/37 NXDOMAIN answers=1\n"
			  "ok dns \"AAAA www.example.org\" 3020 3050 33/37 answers=1\n",
	},
	{
		.name = "a question that is asked again: the first one was not answered",
		.script = UDP
			SEND("3000-3010", ASK("\\x12\\x34", "\\x01"))
			SEND("8020-8030", ASK("\\x12\\x34", "\\x01"))
			RECV("8040-8050", ANSWER("\\x12\\x34", "\\x83\\x80", "\\x01"))
			RECV("8060-8070", ANSWER("\\x12\\x34", "\\x81\\x80", "\\x01")),
		.wanted = "pending dns \"A www.example.org\" 3000 - 33/0\n"
			  "ok dns \"A www.example.org\" 8020 8050 33/37 answers=1 truncated=true\n"
			  "connection 1 unsolicited=37\n",
	},
	{
		.name = "over TCP, with the length by itself, and two answers in a call",
		.script = CLIENT
			SEND("3000-3005", "\\x00\\x21")
			SEND("3006-3010", ASK("\\x12\\x34", "\\x01"))
			SEND("3020-3030", "\\x00\\x21" ASK("\\x12\\x35", "\\x1c"))
			RECV("3040-3050", "\\x00\\x25" ANSWER("\\x12\\x35", "\\x81\\x80", "\\x1c") "\\x00\\x25")
			RECV("3060-3070", ANSWER("\\x12\\x34", "\\x81\\x80", "\\x01")),
		.wanted = "ok dns \"A www.example.org\" 3000 3070 35/39 answers=1\n"
			  "ok dns \"AAAA www.example.org\" 3020 3050 35/39 answers=1\n",
	},
	{
		.name = "datagrams of others take turns",
		.script = UDP
			SEND("3000-3010", "hello,\\sis\\sanybody\\sthere?")
			RECV("3020-3030", "yes"),
		.wanted = "ok - - 3000 3030 24/3\n",
	},
};

int main(void)
{
	return TEST_PROTOCOL_CASES(cases);
}
