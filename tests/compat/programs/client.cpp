// SPDX-License-Identifier: GPL-3.0-or-later
// Asks a line server from several std::threads; every third answer is thrown through the
// frames of the reader as an exception, and caught: client PORT THREADS COUNT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

struct refused : std::runtime_error {
	using std::runtime_error::runtime_error;
};

class connection {
public:
	explicit connection(int port)
	{
		sockaddr_in to{};

		to.sin_family = AF_INET;
		to.sin_port = htons(static_cast<in_port_t>(port));
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (fd_ < 0 || connect(fd_, reinterpret_cast<sockaddr *>(&to), sizeof(to)) != 0)
			throw std::system_error(errno, std::generic_category());
	}
	connection(const connection &) = delete;
	connection &operator=(const connection &) = delete;
	~connection() { close(fd_); }

	std::string ask(const std::string &line)
	{
		if (send(fd_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
			throw std::system_error(errno, std::generic_category());
		return answer();
	}

private:
	std::string answer()
	{
		std::string line;
		char part[4096];

		while (line.empty() || line.back() != '\n') {
			ssize_t n = recv(fd_, part, sizeof(part), 0);
			if (n <= 0)
				throw std::system_error(errno, std::generic_category());
			line.append(part, static_cast<size_t>(n));
		}
		if (line.size() % 3 == 0)
			throw refused(line);
		return line;
	}

	int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

size_t talk(int port, int count)
{
	connection server(port);
	size_t thrown = 0;

	for (int i = 0; i < count; i++) {
		try {
			server.ask(std::string(static_cast<size_t>(i), 'x') + "\n");
		} catch (const refused &) {
			thrown++;
		}
	}
	return thrown;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	std::vector<size_t> thrown(static_cast<size_t>(std::atoi(argv[2])));
	std::vector<std::thread> threads;

	for (size_t &result : thrown)
		threads.emplace_back([&result, argv] { result = talk(std::atoi(argv[1]), std::atoi(argv[3])); });
	for (std::thread &thread : threads)
		thread.join();
	size_t all = 0;
	for (size_t one : thrown)
		all += one;
	std::cout << all << '\n';
}
