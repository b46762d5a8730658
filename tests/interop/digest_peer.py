"""The other end of lesson 06's programs. It shares no code with the solutions.

    digest_peer.py serve HOST PORT
    digest_peer.py ask HOST PORT SIZE...
    digest_peer.py answer

A server prints "listening on HOST:PORT" and answers one client after another
until it is killed. A client has one content after another digested, each in a
connection of its own: it sends all of it first, and looks for the answer then.
It ends with status 1 and a sentence if that is not as it has to be. The third
is what socat needs for a server: it answers its standard input.
"""

import os
import random
import socket
import sys
import zlib

LARGEST = 16 << 20
TOO_LARGE = b"too large\n"


def answer_to(content):
    if len(content) > LARGEST:
        return TOO_LARGE
    return b"%d %08x\n" % (len(content), zlib.crc32(content))


def answer_stream(stream, write, finish):
    """Answers what comes, at once if it is too much; and takes it to its end,
    so that no reset can overtake that."""
    content = stream.read(LARGEST + 1)
    write(answer_to(content))
    finish()
    while stream.read(1 << 16):
        pass


def serve(host, port):
    listener = socket.create_server((host, int(port)))
    print("listening on %s:%d" % listener.getsockname(), flush=True)
    while True:
        client, _ = listener.accept()
        with client, client.makefile("rb") as stream:
            answer_stream(stream, client.sendall,
                          lambda: client.shutdown(socket.SHUT_WR))


def ask(host, port, *sizes):
    for size in map(int, sizes):
        content = random.Random(size).randbytes(size)
        with socket.create_connection((host, int(port))) as server:
            server.sendall(content)
            server.shutdown(socket.SHUT_WR)
            with server.makefile("rb") as stream:
                got = stream.read()
        if got != answer_to(content):
            sys.exit(f"digest_peer.py: to {size} bytes the answer is {got!r}")


def answer():
    answer_stream(sys.stdin.buffer, lambda line: os.write(1, line),
                  lambda: os.close(1))


MODES = {"serve": (serve, 4), "ask": (ask, 5), "answer": (answer, 2)}

if __name__ == "__main__":
    mode, least = MODES.get(sys.argv[1] if sys.argv[1:] else "", (None, 0))
    if not mode or len(sys.argv) < least:
        sys.exit(__doc__)
    mode(*sys.argv[2:])
