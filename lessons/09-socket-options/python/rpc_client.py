#!/usr/bin/env python3
"""rpc_client.py HOST PORT ROUNDS

Sends a request of 32 bytes to an rpc_server and waits for its response, ROUNDS
times, one after the other; and prints how long that took.
"""

# Not passed: client_reports_a_full_stdout: the reason is said, but status 120

import re
import socket
import struct
import sys
import time

REQUEST_SIZE = 32
RPC_MAX = 65536


def receive(server, size):
    """So many bytes, however they come; fewer only before an end."""
    received = b""
    while len(received) < size:
        part = server.recv(size - len(received))
        if not part:
            break
        received += part
    return received


def make_round(server, number):
    """Sends a request; returns what is wrong with its response, if anything."""
    request = bytes((number * 7 + i) % 256 for i in range(REQUEST_SIZE))
    server.sendall(struct.pack("!I", len(request)))
    server.sendall(request)
    header = receive(server, 4)
    if len(header) < 4:
        return "the end in place of a response"
    size, = struct.unpack("!I", header)
    if size > RPC_MAX or receive(server, size) != request:
        return "the response is not what was sent"
    return ""


def usage(problem):
    """Says what is wrong with the arguments, and ends."""
    print(f"rpc_client: {problem}\nusage: rpc_client HOST PORT ROUNDS",
          file=sys.stderr)
    sys.exit(2)


def connect(host, port):
    """A connection to the first of the addresses that answers."""
    if port.isdigit() and int(port) > 65535 or not port[:1].isalnum():
        sys.exit(f"rpc_client: no port: '{port}'")
    try:
        return socket.create_connection((host or None, port))
    except socket.gaierror as error:
        sys.exit(f"rpc_client: HOST '{host}', PORT '{port}': {error.strerror}")
    except OSError as error:
        sys.exit(f"rpc_client: connect to HOST '{host}', PORT '{port}': "
                 f"{error.strerror}")


def main():
    """Makes the rounds that the arguments ask for."""
    if len(sys.argv) != 4:
        usage(f"one argument too many: '{sys.argv[4]}'" if len(sys.argv) > 4
              else "missing argument: "
              + ("HOST", "PORT", "ROUNDS")[len(sys.argv) - 1])
    host, port, rounds = sys.argv[1:]
    if not re.fullmatch("[0-9]{1,5}", rounds) or not 0 < int(rounds) <= 65535:
        usage(f"ROUNDS is not a number from 1 to 65535: '{rounds}'")
    with connect(host, port) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.monotonic()
        for number in range(1, int(rounds) + 1):
            try:
                problem = make_round(server, number)
            except OSError as error:
                problem = error.strerror
            if problem:
                sys.exit(f"rpc_client: round {number}: {problem}")
        took = 1000 * (time.monotonic() - begin)
    print(f"{rounds} rounds in {took:.1f} ms")


main()
