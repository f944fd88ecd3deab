// SPDX-License-Identifier: GPL-3.0-or-later
// Sends COUNT lines over each of CONNECTIONS sockets and reads the echoes, all in one Selector:
// NioClient PORT CONNECTIONS COUNT
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

public class NioClient {
	static final int LINE_BYTES = 100;

	static final class Progress {
		int left;
		final ByteBuffer echo = ByteBuffer.allocateDirect(LINE_BYTES);
	}

	static void ask(SocketChannel channel) throws Exception {
		ByteBuffer line = ByteBuffer.wrap(("x".repeat(LINE_BYTES - 1) + "\n").getBytes());
		while (line.hasRemaining())
			channel.write(line);
	}

	public static void main(String[] arguments) throws Exception {
		Selector selector = Selector.open();
		int open = Integer.parseInt(arguments[1]);
		for (int i = 0; i < open; i++) {
			SocketChannel channel = SocketChannel.open();
			channel.configureBlocking(false);
			Progress progress = new Progress();
			progress.left = Integer.parseInt(arguments[2]);
			channel.register(selector, SelectionKey.OP_CONNECT, progress);
			channel.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
		}
		while (open > 0) {
			selector.select();
			for (SelectionKey key : selector.selectedKeys()) {
				SocketChannel channel = (SocketChannel)key.channel();
				Progress progress = (Progress)key.attachment();
				if (key.isConnectable()) {
					channel.finishConnect();
					key.interestOps(SelectionKey.OP_READ);
					ask(channel);
					continue;
				}
				channel.read(progress.echo);
				if (progress.echo.hasRemaining())
					continue;
				progress.echo.clear();
				if (--progress.left > 0) {
					ask(channel);
				} else {
					channel.close();
					open--;
				}
			}
			selector.selectedKeys().clear();
		}
	}
}
