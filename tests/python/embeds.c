/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embeds LIBPYTHON ROUNDS: a program that loads an interpreter late, so that its names are
 * nobody else's, runs Python that writes to a socket, ends it, unloads it, and so on.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];

static void receive(size_t bytes)
{
	char buffer[16];

	if (recv(pair[1], buffer, sizeof(buffer), 0) != (ssize_t)bytes)
		abort();
}

static void exchange(const char *message)
{
	if (send(pair[0], message, strlen(message), 0) < 0)
		abort();
	receive(strlen(message));
}

static void *symbol(void *library, const char *name)
{
	void *address = dlsym(library, name);

	if (!address) {
		fprintf(stderr, "embeds: %s\n", dlerror());
		exit(1);
	}
	return address;
}

static void run_python(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	char code[256];

	if (!library) {
		fprintf(stderr, "embeds: %s\n", dlerror());
		exit(1);
	}
	void (*initialize)(int) = (void (*)(int))symbol(library, "Py_InitializeEx");
	int (*run)(const char *, void *) =
		(int (*)(const char *, void *))symbol(library, "PyRun_SimpleStringFlags");
	int (*finalize)(void) = (int (*)(void))symbol(library, "Py_FinalizeEx");
	snprintf(code, sizeof(code),
		 "import os\n"
		 "def inner():\n"
		 "    os.write(%d, b'python')\n"
		 "def outer():\n"
		 "\n"
		 "    inner()\n"
		 "outer()\n", pair[0]);
	initialize(0);
	if (run(code, NULL) != 0)
		exit(1);
	receive(strlen("python"));
	finalize();
	dlclose(library);
}

int main(int argc, char **argv)
{
	if (argc != 3 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return 2;
	exchange("before");
	for (int i = 0; i < atoi(argv[2]); i++) {
		run_python(argv[1]);
		exchange("after");
	}
	return 0;
}
