#!/usr/bin/env python3
"""frame_client.py HOST PORT FRAMING MESSAGE...

Sends messages to a frame server, and prints its answers, each on a line of its
own. FRAMING is length, line or fixed.
"""

# Not passed: client_reports_a_full_stdout: the reason is said, but status 120
# Not passed: client_asks_for_its_arguments: a traceback, and status 1

import os
import socket
import struct
import sys

LENGTH = struct.Struct("!I")  # unsigned, 4 bytes, in network byte order
LENGTH_MAX = 65536
LINE_MAX = 4096
FIXED_SIZE = 32


class Malformed(Exception):
    """What has come is no message."""


def exactly(stream, size):
    data = stream.read(size)  # fewer only at the end of stream
    if len(data) < size:
        raise Malformed("the end within a message")
    return data


def take_length(stream):
    size, = LENGTH.unpack(exactly(stream, LENGTH.size))
    if size > LENGTH_MAX:
        raise Malformed(f"a length of {size}")
    return exactly(stream, size)


def take_line(stream):
    line = stream.readline(LINE_MAX)
    if not line.endswith(b"\n"):
        raise Malformed(f"{len(line)} bytes of a line, and no newline")
    return line[:-1].removesuffix(b"\r")


def take_fixed(stream):
    return exactly(stream, FIXED_SIZE).rstrip(b"\0")


# How a message is taken from a stream, how it is framed, and which can't be.
FRAMINGS = {
    "length": (take_length, lambda message: LENGTH.pack(len(message)) + message,
               lambda message: len(message) > LENGTH_MAX),
    "line": (take_line, lambda message: message + b"\n",
             lambda message: b"\n" in message or message.endswith(b"\r")
             or len(message) >= LINE_MAX),
    "fixed": (take_fixed, lambda message: message.ljust(FIXED_SIZE, b"\0"),
              lambda message: len(message) > FIXED_SIZE),
}


def exchange(server, messages, take, frame):
    """Has each message answered, and prints the answer."""
    with server.makefile("rb") as answers:
        for number, message in enumerate(messages, 1):
            server.sendall(frame(message))
            if not answers.peek(1):
                raise Malformed(f"the end, and no answer {number}")
            sys.stdout.buffer.write(take(answers) + b"\n")
        server.shutdown(socket.SHUT_WR)
        if answers.read(1):
            raise Malformed("more than was asked for")


def main():
    """Has one exchange with the server."""
    host, port, framing = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    messages = [os.fsencode(argument) for argument in sys.argv[4:]]
    take, frame, cant_carry = FRAMINGS[framing]
    for number, message in enumerate(messages, 1):
        if cant_carry(message):
            print(f"frame_client: {framing} can't carry MESSAGE {number}\n"
                  f"usage: {__doc__.splitlines()[0]}", file=sys.stderr)
            sys.exit(2)
    try:
        with socket.create_connection((host, port)) as server:
            exchange(server, messages, take, frame)
    except (OSError, Malformed) as problem:
        sys.exit(f"frame_client: {problem}")


main()
