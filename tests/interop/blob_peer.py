"""The other end of lesson 04's programs. It shares no code with the solutions.

    blob_peer.py serve HOST PORT
    blob_peer.py ask HOST PORT COUNT...

A server prints "listening on HOST:PORT" and answers one client after another
until it is killed. A client asks for one COUNT after another in one connection,
and ends with status 1 and a sentence if an answer is not as it has to be.
"""

import socket
import struct
import sys


def blob(count):
    return struct.pack("!Q", count) + bytes(
        (i * 7 + 3) % 251 for i in range(count))


def serve(host, port):
    listener = socket.create_server((host, int(port)))
    print("listening on %s:%d" % listener.getsockname(), flush=True)
    while True:
        client, _ = listener.accept()
        with client, client.makefile("rb") as requests:
            while request := requests.read(8):
                client.sendall(blob(*struct.unpack("!Q", request)))


def ask(host, port, *counts):
    with socket.create_connection((host, int(port))) as server, \
            server.makefile("rb") as answers:
        for count in map(int, counts):
            server.sendall(struct.pack("!Q", count))
            if answers.read(8 + count) != blob(count):
                sys.exit("blob_peer.py: a wrong answer to %d" % count)
        server.shutdown(socket.SHUT_WR)
        if answers.read():
            sys.exit("blob_peer.py: more than was asked for")


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("serve", "ask"):
        sys.exit(__doc__)
    {"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
