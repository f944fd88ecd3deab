/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plugin that throws and catches, for a C program that loads it late. */
#include <stdexcept>

#include <sys/socket.h>

extern "C" int plugin_run(int fd);

static void fail(int fd)
{
	send(fd, "x", 1, 0);
	throw std::runtime_error("from the plugin");
}

int plugin_run(int fd)
{
	int caught = 0;

	for (int i = 0; i < 100; i++) {
		try {
			fail(fd);
		} catch (const std::runtime_error &) {
			caught++;
		}
	}
	return caught;
}
