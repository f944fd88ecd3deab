/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exceptions thrown between, under and over calls on sockets, and a thread that is
 * cancelled in one: C++ must unwind as if nothing were loaded.
 */
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Noted {
	explicit Noted(const char *name) : name(name) {}
	~Noted() { std::printf("left %s\n", name); }
	const char *name;
};

int ends[2];

void turn_then_throw(int depth)
{
	Noted noted("a frame");
	char byte;

	if (send(ends[0], "x", 1, 0) != 1 || recv(ends[1], &byte, 1, 0) != 1)
		std::abort();
	if (depth == 0)
		throw std::runtime_error("thrown after a call");
	turn_then_throw(depth - 1);
}

/* An exception that passes through frames of C: qsort() calls us, and we throw. */
int throwing_comparison(const void *, const void *)
{
	turn_then_throw(1);
	return 0;
}

void *blocked(void *)
{
	Noted noted("a cancelled thread");
	char byte;

	try {
		recv(ends[0], &byte, 1, 0);
	} catch (...) {
		std::printf("forced unwind passes\n");
		throw;
	}
	return nullptr;
}

} // namespace

int main()
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 2;
	for (int i = 0; i < 3; i++) {
		try {
			turn_then_throw(i);
		} catch (const std::exception &e) {
			std::printf("caught %s\n", e.what());
		}
	}
	int numbers[4] = { 4, 3, 2, 1 };
	try {
		qsort(numbers, 4, sizeof(*numbers), throwing_comparison);
	} catch (const std::runtime_error &e) {
		std::printf("caught from qsort: %s\n", e.what());
	}
	pthread_t thread;
	void *result;
	pthread_create(&thread, nullptr, blocked, nullptr);
	usleep(20000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	std::printf("cancelled: %d\n", result == PTHREAD_CANCELED);
	return 0;
}
