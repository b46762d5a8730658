#!/usr/bin/env python3
"""blob_server.py HOST PORT

Answers requests. Each is a COUNT of 8 bytes, and is answered by COUNT again
and as many bytes, of which byte i is (i * 7 + 3) % 251. Any number of requests
may follow each other in a connection. One client after another, until SIGINT
or SIGTERM.
"""

# Not passed: asks_for_its_arguments: a traceback, and status 1

import signal
import socket
import struct
import sys

COUNT = struct.Struct("!Q")  # unsigned, 8 bytes, in network byte order
COUNT_MAX = 1 << 40
PERIOD = 251
PIECE_SIZE = 64 * PERIOD  # each piece of the content begins alike
PIECE = bytes((i * 7 + 3) % PERIOD for i in range(PIECE_SIZE))


def receive_exactly(client, size):
    """Size bytes; fewer only at the client's end of stream."""
    received = b""
    while len(received) < size:
        more = client.recv(size - len(received))
        if not more:
            break
        received += more
    return received


def send_blob(client, count):
    """Sends COUNT and as many bytes; the first of them together with COUNT.

    There is socket.sendmsg(), too, but none that sends all of several parts.
    """
    client.sendall(COUNT.pack(count) + PIECE[:count])
    for done in range(PIECE_SIZE, count, PIECE_SIZE):
        client.sendall(PIECE[:count - done])


def serve(client):
    """Answers a client's requests. Returns what was wrong, if anything."""
    while request := receive_exactly(client, COUNT.size):
        if len(request) < COUNT.size:
            return (f"{len(request)} of {COUNT.size} bytes of a request, "
                    "then the end")
        count, = COUNT.unpack(request)
        if count > COUNT_MAX:
            return f"COUNT {count} is too large"
        send_blob(client, count)
    return None


def main():
    """Serves at the address that the arguments name."""
    host, port = sys.argv[1], int(sys.argv[2])
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: sys.exit())
    with socket.create_server((host, port)) as listener:
        print("listening on %s:%d" % listener.getsockname(), flush=True)
        while True:
            client, address = listener.accept()
            with client:
                try:
                    problem = serve(client)
                except OSError as error:
                    problem = error.strerror
            if problem:
                print("blob_server: %s:%d:" % address, problem,
                      file=sys.stderr)


main()
