#!/usr/bin/env python3
"""frame_server.py HOST PORT FRAMING

Answers each message with the same message in ASCII capitals, framed in the
same way: FRAMING is length, line or fixed. One client after another, until
SIGINT or SIGTERM.
"""

# Not passed: asks_for_its_arguments: a traceback, and status 1

import signal
import socket
import struct
import sys

LENGTH = struct.Struct("!I")  # unsigned, 4 bytes, in network byte order
LENGTH_MAX = 65536
LINE_MAX = 4096
FIXED_SIZE = 32


class Malformed(Exception):
    """What has come is no message: what is wrong, and at which byte."""


class Reader:
    """The messages of a stream, one after the other."""

    def __init__(self, stream, framing):
        self.stream = stream
        self.next = {"length": self.length, "line": self.line,
                     "fixed": self.fixed}[framing]
        self.taken = 0  # how many bytes, all in all

    def __iter__(self):
        while self.stream.peek(1):  # nothing: the end, between two messages
            yield self.next()

    def exactly(self, size):
        data = self.stream.read(size)  # fewer only at the end of stream
        self.taken += len(data)
        if len(data) < size:
            raise Malformed(f"the end within a message, at byte {self.taken}")
        return data

    def length(self):
        size, = LENGTH.unpack(self.exactly(LENGTH.size))
        if size > LENGTH_MAX:
            raise Malformed(f"a length of {size}, "
                            f"at byte {self.taken - LENGTH.size}")
        return self.exactly(size)

    def line(self):
        line = self.stream.readline(LINE_MAX)
        self.taken += len(line)
        if line.endswith(b"\n"):
            return line[:-1].removesuffix(b"\r")
        problem = "too long a line" if len(line) == LINE_MAX else \
            "the end within a message"
        raise Malformed(f"{problem}, at byte {self.taken}")

    def fixed(self):
        return self.exactly(FIXED_SIZE).rstrip(b"\0")


FRAME = {
    "length": lambda message: LENGTH.pack(len(message)) + message,
    "line": lambda message: message + b"\n",
    "fixed": lambda message: message.ljust(FIXED_SIZE, b"\0"),
}


def serve(client, framing):
    """Answers a client's messages, until it has finished.

    The stream keeps what has been received and not been asked for yet. The
    connection is closed when both are, stream and client.
    """
    with client.makefile("rb") as stream:
        for message in Reader(stream, framing):
            client.sendall(FRAME[framing](message.upper()))


def main():
    """Serves at the address that the arguments name."""
    host, port, framing = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: sys.exit())
    with socket.create_server((host, port)) as listener:
        print("listening on %s:%d" % listener.getsockname(), flush=True)
        while True:
            client, address = listener.accept()
            with client:
                try:
                    serve(client, framing)
                except (OSError, Malformed) as problem:
                    print("frame_server: %s:%d:" % address, problem,
                          file=sys.stderr)


main()
