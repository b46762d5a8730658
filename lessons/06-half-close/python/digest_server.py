#!/usr/bin/env python3
"""digest_server.py HOST PORT

Receives what a client sends until that has finished sending, answers with one
line, "SIZE CRC32", and closes. A content of more than 16 MiB is answered by
"too large" at once. One client after another, until SIGINT or SIGTERM.
"""

# Not passed: asks_for_its_arguments: a traceback, and status 1

import signal
import socket
import sys
import time
import zlib

CONTENT_MAX = 16 << 20
PIECE_SIZE = 65536
DRAIN_SILENCE, DRAIN_ALL = 2, 10  # seconds
DRAIN_BYTES = 64 << 20


def digest(client):
    """The answer to what a client sends until it has finished, and whether it
    may still be sending."""
    size, crc = 0, 0
    while piece := client.recv(PIECE_SIZE):
        size += len(piece)
        if size > CONTENT_MAX:
            return "too large\n", True
        crc = zlib.crc32(piece, crc)
    return f"{size} {crc:08x}\n", False


def drain(client):
    """Finishes sending, and throws away what comes until the client has, too:
    so close() can't reset the connection before the answer has arrived."""
    client.shutdown(socket.SHUT_WR)
    end = time.monotonic() + DRAIN_ALL
    thrown, more = 0, True
    while more and thrown <= DRAIN_BYTES:
        left = end - time.monotonic()
        if left <= 0:
            raise OSError(f"still sending after {DRAIN_ALL} s")
        client.settimeout(min(DRAIN_SILENCE, left))  # 0 would be "don't wait"
        more = client.recv(PIECE_SIZE)
        thrown += len(more)
    if more:
        raise OSError(f"still sending after {thrown} bytes more")


def serve(client):
    """Answers a client, so that the answer arrives."""
    answer, still_sends = digest(client)
    client.sendall(answer.encode())
    if still_sends:
        drain(client)


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
                    serve(client)
                except OSError as error:
                    print("digest_server: %s:%d:" % address, error,
                          file=sys.stderr)


main()
