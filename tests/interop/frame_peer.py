"""The other end of lesson 05's programs. It shares no code with the solutions.

    frame_peer.py serve HOST PORT FRAMING
    frame_peer.py ask HOST PORT FRAMING

FRAMING is length, line, crlf (lines that end as a terminal program ends them)
or fixed. A server prints "listening on HOST:PORT" and answers one client after
another until it is killed. A client asks for one message after the other in one
connection, and then for all of them in one piece; it ends with status 1 and a
sentence if an answer is not as it has to be.
"""

import socket
import struct
import sys


def frame(framing, message):
    if framing == "length":
        return struct.pack("!I%ds" % len(message), len(message), message)
    if framing == "fixed":
        return struct.pack("32s", message)
    return message + (b"\r\n" if framing == "crlf" else b"\n")


def take(framing, stream):
    """The next message; None at the end."""
    if framing in ("line", "crlf"):
        line = stream.readline()
        return line.rstrip(b"\r\n") if line else None
    start = stream.read(4 if framing == "length" else 32)
    if not start:
        return None
    if framing == "length":
        return stream.read(*struct.unpack("!I", start))
    return start.rstrip(b"\0")


def messages(framing):
    """What is as short or as long as it may be, and bytes of every kind."""
    every = bytes(range(256))
    yield from (b"hello", b"", b"a", b"")
    if framing == "length":
        yield from (every, bytes(4), b"\r\n", b"z" * 65535, every * 256)
    elif framing == "fixed":
        yield from (every[at:at + 32] for at in range(0, 256, 32))
        yield from (b"\0a", b"a\0b", b"z" * 31, b"z" * 32)
    else:
        end = len(frame(framing, b""))
        kept = every.replace(b"\n", b"")
        yield from (kept, b"\ra\r\rb", bytes(4), b"z" * (4096 - end),
                    (kept * 17)[:4096 - end - 1] + b"!")


def serve(host, port, framing):
    listener = socket.create_server((host, int(port)))
    print("listening on %s:%d" % listener.getsockname(), flush=True)
    while True:
        client, _ = listener.accept()
        with client, client.makefile("rb") as requests:
            while (message := take(framing, requests)) is not None:
                client.sendall(frame(framing, message.upper()))


def ask(host, port, framing):
    sent = list(messages(framing))
    short = [message for message in sent if len(message) < 1000]
    # Lines are answered with a newline alone, however they came.
    back = "line" if framing == "crlf" else framing
    with socket.create_connection((host, int(port))) as server, \
            server.makefile("rb") as answers:
        def expect(message):
            wanted = frame(back, message.upper())
            if answers.read(len(wanted)) != wanted:
                sys.exit("frame_peer.py: a wrong answer to %r" % message[:40])
        for message in sent:
            server.sendall(frame(framing, message))
            expect(message)
        server.sendall(b"".join(frame(framing, message) for message in short))
        for message in short:
            expect(message)
        server.shutdown(socket.SHUT_WR)
        if answers.read():
            sys.exit("frame_peer.py: more than was asked for")


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in ("serve", "ask"):
        sys.exit(__doc__)
    {"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
