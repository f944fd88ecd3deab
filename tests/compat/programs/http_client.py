# SPDX-License-Identifier: GPL-3.0-or-later
"""Gets a URL COUNT times in turn: http_client.py WAY URL COUNT [CERTIFICATE]; prints the bytes of the bodies."""

import asyncio
import http.client
import multiprocessing
import socket
import ssl
import sys
import urllib.parse


def with_socket(url, count, _):
    total = 0
    for _ in range(count):
        with socket.create_connection((url.hostname, url.port)) as s:
            s.sendall(f"GET {url.path} HTTP/1.0\r\n\r\n".encode())
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        total += len(answer.split(b"\r\n\r\n", 1)[1])
    return total


def with_ssl(url, count, context):
    """One connection; each answer's end is known by its length."""
    total = 0
    with socket.create_connection((url.hostname, url.port)) as raw, \
            context.wrap_socket(raw, server_hostname=url.hostname) as s, s.makefile("rb") as answers:
        for _ in range(count):
            s.sendall(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
            head = dict(line.split(": ", 1) for line in
                        iter(lambda: answers.readline().decode().strip(), "") if ": " in line)
            total += len(answers.read(int(head["Content-Length"])))
    return total


def with_http_client(url, count, context):
    if context:
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
    else:
        connection = http.client.HTTPConnection(url.hostname, url.port)
    total = 0
    for _ in range(count):
        connection.request("GET", url.path)
        total += len(connection.getresponse().read())
    connection.close()
    return total


def with_requests(url, count, _):
    import requests
    with requests.Session() as session:
        session.verify = sys.argv[4] if len(sys.argv) > 4 else None
        session.trust_env = False
        return sum(len(session.get(url.geturl()).content) for _ in range(count))


async def asyncio_one(url, count, context):
    reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=context)
    total = 0
    for _ in range(count):
        writer.write(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Content-Length"))
        total += len(await reader.readexactly(int(length)))
    writer.close()
    await writer.wait_closed()
    return total


async def asyncio_all(*arguments):
    return sum(await asyncio.gather(*(asyncio_one(*arguments) for _ in range(4))))


def with_asyncio(url, count, context):
    """Four streams side by side, of count requests each."""
    return asyncio.run(asyncio_all(url, count, context))


def with_multiprocessing(url, count, context):
    """Four processes, of count requests each."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        return sum(pool.starmap(with_http_client, [(url, count, context)] * 4, chunksize=1))


def main():
    way, url, count = sys.argv[1:4]
    context = ssl.create_default_context(cafile=sys.argv[4]) if len(sys.argv) > 4 else None
    print(globals()["with_" + way](urllib.parse.urlsplit(url), int(count), context))


if __name__ == "__main__":
    main()
