#!/usr/bin/env python3
"""Lesson 15's server once more, on asyncio.

usage: app_server.py HOST PORT
"""
# Not passed: answers_two_at_once: it answers one request for each connection
# Not passed: looks_before_it_closes: the same
# Not passed: answers_a_slow_reader: the same
# Not passed: keeps_what_is_not_taken: the same
# Not passed: survives_an_early_end: what follows its one request is not read
# Not passed: waits_for_the_silent: SECONDS limits the exchange, not the silence
# Not passed: survives_a_full_machine: asyncio calls accept() 100 times in a row

import asyncio
import json
import signal
import socket
import struct
import sys

FOUND = {"morpheus": "Follow the white rabbit. \U0001F430",
         "ring": "In the caves beneath the Misty Mountains. \U0001F48D",
         "\U0001F436": "\U0001F43E Playing ball! \U0001F3D0"}
CONTENT_MAX = 64 << 20
SECONDS = 60  # that an exchange may take
STOPS = (signal.SIGINT, signal.SIGTERM)


def printable(data):
    """Any bytes, as text that does a terminal no harm."""
    text = repr(b'"' + data)[3:-1].replace("\\'", "'")  # \xNN and so on
    return text if len(text) < 240 else text[:236] + "..."


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def answer(request):
    members = request if isinstance(request, dict) else {}
    action, value = members.get("action"), members.get("value")
    if action != "search":
        return f"Error: invalid action '{text_of(action)}'."
    if isinstance(value, str) and value in FOUND:
        return FOUND[value]
    return f"No match for '{text_of(value)}'."


def unique(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is there twice")
    return members


def read_json(data, encoding):
    return json.loads(data.decode(encoding), object_pairs_hook=unique)


def check(header):
    if header["byteorder"] not in ("little", "big"):
        raise ValueError(f"byteorder is {header['byteorder']!r}")
    for name in "content-type", "content-encoding":
        if not isinstance(header[name], str):
            raise ValueError(f"{name} is {header[name]!r}")
    size = header["content-length"]
    if not isinstance(size, int) or isinstance(size, bool) or \
            not 0 <= size <= CONTENT_MAX:
        raise ValueError(f"content-length is {size!r}")
    return header


async def receive(reader):
    (length,) = struct.unpack(">H", await reader.readexactly(2))
    header = check(read_json(await reader.readexactly(length), "utf-8"))
    return header, await reader.readexactly(header["content-length"])


def respond(header, content, peer):
    if header["content-type"] == "text/json":
        print(f"received request {printable(content)} from {peer}")
        request = read_json(content, header["content-encoding"])
        response = json.dumps({"result": answer(request)},
                              ensure_ascii=False).encode()
        kind, encoding = "text/json", "utf-8"
    else:
        kind = printable(header["content-type"].encode())
        print(f"received a request of type {kind} from {peer}")
        response = b"First 10 bytes of request: " + content[:10]
        kind, encoding = "binary/custom-server-binary-type", "binary"
    header = json.dumps({"byteorder": sys.byteorder, "content-type": kind,
                         "content-encoding": encoding,
                         "content-length": len(response)}).encode()
    message = struct.pack(">H", len(header)) + header + response
    print(f"sending {printable(message)} to {peer}")
    return message


async def exchange(reader, writer, peer):
    writer.write(respond(*await receive(reader), peer))
    await writer.drain()


async def serve(reader, writer):
    peer = "%s:%d" % writer.get_extra_info("peername")
    print("accepted connection from", peer)
    try:
        await asyncio.wait_for(exchange(reader, writer, peer), SECONDS)
    except asyncio.CancelledError:
        pass  # the server stops
    except (OSError, EOFError, ValueError, LookupError, TypeError,
            RecursionError, asyncio.TimeoutError) as problem:
        print(f"app_server: {peer}: {problem!r}", file=sys.stderr)
    finally:
        print("closing connection to", peer)
        writer.close()


async def run(listener):
    server = await asyncio.start_server(serve, sock=listener)
    stop_wanted = asyncio.Event()
    for number in STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stop_wanted.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    await stop_wanted.wait()
    server.close()


def usage(problem):
    print(f"app_server: {problem}\nusage: app_server HOST PORT",
          file=sys.stderr)
    sys.exit(2)


def main():
    if len(sys.argv) != 3:
        usage(f"there must be two arguments, not {len(sys.argv) - 1}")
    host, port = sys.argv[1:]
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        usage(f"PORT is not a number from 0 to 65535: '{port}'")
    try:
        socket.inet_pton(socket.AF_INET, host or "0.0.0.0")
    except (OSError, ValueError):
        usage(f"HOST is not a numeric IPv4 address: '{host}'")
    try:
        listener = socket.create_server((host, int(port)))
    except OSError as problem:
        sys.exit(f"app_server: listen {host}:{port}: {problem.strerror}")
    sys.stdout.reconfigure(line_buffering=True)
    # Before it says that it listens: a signal that comes too early waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    print("listening on %s:%d" % listener.getsockname())
    asyncio.run(run(listener))


if __name__ == "__main__":
    main()
