// SPDX-License-Identifier: GPL-3.0-or-later
// Answers with 10,000 bytes, until it is told to end: server.js PORT [KEY CERTIFICATE]
"use strict";
const fs = require("fs");
const [port, key, cert] = process.argv.slice(2);
const answer = (request, response) => response.end("x".repeat(10000));
const server = key
	? require("https").createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, answer)
	: require("http").createServer(answer);
server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
