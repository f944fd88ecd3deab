// SPDX-License-Identifier: GPL-3.0-or-later
// Gets a URL COUNT times in turn over one kept connection: client.js URL COUNT
"use strict";
const [url, count] = process.argv.slice(2);
const web = require(new URL(url).protocol.slice(0, -1));
const agent = new web.Agent({ keepAlive: true, maxSockets: 1 });
let bytes = 0;

function get(left) {
	if (!left) {
		console.log(bytes);
		agent.destroy();
		return;
	}
	web.get(url, { agent }, (response) => {
		response.on("data", (part) => { bytes += part.length; });
		response.on("end", () => get(left - 1));
	});
}

get(Number(count));
