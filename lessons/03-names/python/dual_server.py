#!/usr/bin/env python3
"""dual_server.py HOST PORT

Serves one client after another, over IPv4 and IPv6: sends back what each sends,
until it has finished. SIGINT or SIGTERM ends it.
"""

# Not passed: asks_for_its_arguments: a traceback, and status 1

import os
import signal
import socket
import sys

BACKLOG = 16


def text_of(address):
    """HOST:PORT in numbers; who comes by IPv4 is named by IPv4."""
    host, port = socket.getnameinfo(
        address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(host, port):
    """A socket that listens on the first address that can be had."""
    if port.isdigit() and int(port) > 65535 or not port[:1].isalnum():
        sys.exit(f"dual_server: no port: '{port}'")
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM,
                               flags=socket.AI_PASSIVE)
    # For HOST "", only :: serves both families.
    found.sort(key=lambda one: one[4][0] != "::")
    for family, _, _, _, address in found:
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        try:
            return socket.create_server(address, family=family,
                                        backlog=BACKLOG, dualstack_ipv6=both)
        except OSError as error:
            reason = error
    sys.exit(f"dual_server: listen: {os.strerror(reason.errno)}")


def echo(client):
    """Sends back what the client sends."""
    while piece := client.recv(16384):
        client.sendall(piece)


def stop(*_):
    """All that was printed has been written out."""
    os._exit(0)


def main():
    """Serves clients at the address that the arguments name."""
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    host, port = sys.argv[1:3]
    try:
        listener = listen(host, port)
    except socket.gaierror as error:
        sys.exit(f"dual_server: HOST '{host}', PORT '{port}': "
                 f"{error.strerror}")
    print("listening on", text_of(listener.getsockname()), flush=True)
    while True:
        try:
            client, address = listener.accept()
        except ConnectionAbortedError:
            continue
        with client:
            print("connected by", text_of(address), flush=True)
            try:
                echo(client)
            except OSError as error:
                print(f"dual_server: echo: {error.strerror}", file=sys.stderr)


main()
