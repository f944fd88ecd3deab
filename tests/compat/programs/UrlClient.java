// SPDX-License-Identifier: GPL-3.0-or-later
// Gets a URL COUNT times in turn with HttpURLConnection: UrlClient URL COUNT
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;

public class UrlClient {
	public static void main(String[] arguments) throws Exception {
		long bytes = 0;
		for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
			HttpURLConnection connection = (HttpURLConnection)new URL(arguments[0]).openConnection();
			try (InputStream body = connection.getInputStream()) {
				bytes += body.readAllBytes().length;
			}
		}
		System.out.println(bytes);
	}
}
