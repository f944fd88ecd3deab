/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a round trip, goes into a sandbox whose filter kills for all but read(), write(),
 * close() and exit_group(), and talks on, also over sockets that were not used before:
 * test-sandbox prctl|seccomp|strict.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int used[2], fresh[2];

static int talk(const int pair[2])
{
	char buffer[16];

	return write(pair[0], "ask", 3) == 3 && read(pair[1], buffer, sizeof(buffer)) == 3 &&
	       write(pair[1], "tell", 4) == 4 && read(pair[0], buffer, sizeof(buffer)) == 4;
}

static int enter(const char *how)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 0;
	if (strcmp(how, "prctl") == 0)
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
	if (strcmp(how, "strict") == 0)
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
	/* What libseccomp asks first: tracing must survive it. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL) == 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == 0 || !talk(used))
		return 0;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
		       &program) == 0;
}

int main(int argc, char **argv)
{
	if (argc != 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, used) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fresh) != 0 || !talk(used))
		return 2;
	if (!enter(argv[1]))
		return 3;
	/* In strict mode even close() and exit_group() are forbidden. */
	int strict = strcmp(argv[1], "strict") == 0;
	int good = talk(used) && talk(fresh) && (strict || close(used[0]) == 0);

	syscall(strict ? SYS_exit : SYS_exit_group, good ? 0 : 4);
	return 5;
}
