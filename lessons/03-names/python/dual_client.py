#!/usr/bin/env python3
"""dual_client.py HOST PORT [MESSAGE]

Sends MESSAGE to an echo server, waits until as many bytes have come back, and
prints them. HOST may be a name: each of its addresses is tried until one
answers. MESSAGE is "Hello, world" if left out; "-" means all of standard input.
"""

# Not passed: asks_for_its_arguments: a traceback, and status 1

import os
import socket
import sys

PIECE_SIZE = 16384


def text_of(address):
    """HOST:PORT in numbers, an IPv6 host in brackets."""
    host, port = socket.getnameinfo(
        address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connect(host, port):
    """A socket that is connected to the first address that answers.

    socket.create_connection() does the same, but doesn't say how many there
    were.
    """
    if port.isdigit() and int(port) > 65535 or not port[:1].isalnum():
        sys.exit(f"dual_client: no port: '{port}'")
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in found:
        server = None
        try:
            server = socket.socket(family, kind, protocol)
            server.connect(address)
            return server
        except OSError as error:
            if server is not None:
                server.close()
            reason = error
    sys.exit(f"dual_client: addresses tried: {len(found)}; the last: "
             f"{os.strerror(reason.errno)}")


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
    host, port = sys.argv[1:3]
    text = sys.argv[3] if len(sys.argv) > 3 else "Hello, world"
    message = sys.stdin.buffer.read() if text == "-" else os.fsencode(text)
    try:
        server = connect(host, port)
    except socket.gaierror as error:
        sys.exit(f"dual_client: HOST '{host}', PORT '{port}': "
                 f"{error.strerror}")
    with server:
        print("connected to", text_of(server.getpeername()), flush=True)
        sys.stdout.buffer.write(b"received: ")
        missing = exchange(server, message)
    sys.stdout.buffer.write(b"\n")
    if missing:
        sys.exit(f"dual_client: the reply ended early: {missing} of "
                 f"{len(message)} bytes are missing")


main()
