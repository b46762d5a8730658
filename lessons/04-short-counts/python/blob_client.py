#!/usr/bin/env python3
"""blob_client.py HOST PORT COUNT

Asks a blob server for COUNT bytes, looks at each of them, and writes them to
standard output.
"""

# Not passed: reports_a_full_stdout: the reason is said, but with status 120
# Not passed: refuses_a_bad_count: int() takes " 5", and more than 2^40
# Not passed: client_asks_for_its_arguments: a traceback, and status 1

import socket
import struct
import sys

COUNT = struct.Struct("!Q")  # unsigned, 8 bytes, in network byte order
PERIOD = 251
PIECE_SIZE = 64 * PERIOD  # each piece of the content begins alike
PIECE = bytes((i * 7 + 3) % PERIOD for i in range(PIECE_SIZE))


def receive_exactly(server, size):
    """Size bytes; fewer only at the server's end of stream."""
    received = bytearray(size)
    view, done = memoryview(received), 0
    while done < size:
        more = server.recv_into(view[done:])
        if more == 0:
            break
        done += more
    return received[:done]


def count_right(piece):
    """How many bytes of a piece are right, up to the first that is not."""
    if PIECE.startswith(piece):
        return len(piece)
    return next(i for i, byte in enumerate(piece) if byte != PIECE[i])


def fetch(server, count):
    """Writes what comes to stdout. Returns what was wrong, if anything."""
    server.sendall(COUNT.pack(count))
    server.shutdown(socket.SHUT_WR)
    header = receive_exactly(server, COUNT.size)
    if len(header) < COUNT.size:
        return f"header: {len(header)} of {COUNT.size} bytes, then the end"
    if header != COUNT.pack(count):
        return f"header: COUNT is {COUNT.unpack(header)[0]}, and not {count}"
    done = 0
    while done < count:
        piece = receive_exactly(server, min(PIECE_SIZE, count - done))
        right = count_right(piece)
        sys.stdout.buffer.write(piece[:right])
        done += right
        if right < len(piece):
            return f"byte {done} is {piece[right]}, and not {PIECE[right]}"
        if done < count and len(piece) < PIECE_SIZE:
            return f"content: {done} of {count} bytes, then the end"
    if server.recv(1):
        return f"more than {count} bytes have come"
    return None


def main():
    """Has one exchange with the server."""
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    try:
        with socket.create_connection((host, port)) as server:
            problem = fetch(server, count)
    except OSError as error:
        problem = error.strerror
    if problem:
        sys.exit(f"blob_client: {problem}")


main()
