#!/usr/bin/env python3
"""rpc_server.py HOST PORT [--share] [--buffer BYTES]

Answers each request with its own bytes, for any number of clients at a time,
until SIGINT or SIGTERM. With --share, others may listen at the same port; BYTES
is how much room each connection is to have in the kernel.
"""

import errno
import os
import re
import signal
import socket
import struct
import sys
import threading
import time

RPC_MAX = 65536
BACKLOG = 128
IDLE_S, BETWEEN_S, PROBES, UNHEARD_MS = 30, 5, 3, 20000
LACKS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
CLIENTS_ERRORS = {errno.ECONNABORTED, errno.EPERM, errno.EPROTO,
                  errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN,
                  errno.EHOSTUNREACH, errno.ENONET, errno.ENOPROTOOPT}


class Broken(Exception):
    """What a client has done wrong."""


def say(problem):
    """One line on stderr."""
    print(f"rpc_server: {problem}", file=sys.stderr)


def text_of(address):
    """HOST:PORT in numbers, an IPv6 host in brackets."""
    host, port = socket.getnameinfo(
        address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def receive(client, size):
    """So many bytes, however they come; fewer only before an end."""
    received = b""
    while len(received) < size:
        part = client.recv(size - len(received))
        if not part:
            break
        received += part
    return received


def receive_request(client):
    """The bytes of a request; None at an end between two of them."""
    header = receive(client, 4)
    if not header:
        return None
    size = struct.unpack("!I", header)[0] if len(header) == 4 else 0
    if size > RPC_MAX:
        raise Broken("a length that is too great")
    request = receive(client, size)
    if len(header) < 4 or len(request) < size:
        raise Broken("a part, and then the end")
    return request


def set_up(client):
    """What is sent leaves at once; who is dead is found out."""
    for level, option, value in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, BETWEEN_S),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)):
        client.setsockopt(level, option, value)


def serve_client(client, address):
    """A thread's life: answers each request, and closes the connection."""
    with client:
        try:
            set_up(client)
            while (request := receive_request(client)) is not None:
                client.sendall(struct.pack("!I", len(request)))
                client.sendall(request)
        except Broken as problem:
            say(f"{text_of(address)}: {problem}")
        except OSError as error:
            say(f"{text_of(address)}: {error.strerror}")


def listen_at(family, address, share, size):
    """A socket that listens at this address, with what it is to have."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if size:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        listener.bind(address)
        listener.listen(BACKLOG)
        return listener
    except OSError:
        listener.close()
        raise


def open_listener(host, port, share, size):
    """A socket that listens on the first address that can be had."""
    if port.isdigit() and int(port) > 65535 or not port[:1].isalnum():
        sys.exit(f"rpc_server: no port: '{port}'")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM,
                                   flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        sys.exit(f"rpc_server: HOST '{host}', PORT '{port}': {error.strerror}")
    # For HOST "", only :: serves both families.
    found.sort(key=lambda one: one[4][0] != "::")
    for family, _, _, _, address in found:
        try:
            return listen_at(family, address, share, size)
        except OSError as error:
            reason = error
    sys.exit(f"rpc_server: listen on HOST '{host}', PORT '{port}': "
             f"{os.strerror(reason.errno)}")


def serve(listener):
    """Has a thread of its own serve each client."""
    while True:
        try:
            client, address = listener.accept()
        except OSError as error:
            say(f"accept: {error.strerror}")
            if error.errno in LACKS:
                time.sleep(0.1)
            elif error.errno not in CLIENTS_ERRORS:
                sys.exit(1)
            continue
        threading.Thread(target=serve_client, args=[client, address],
                         daemon=True).start()


def usage(problem):
    """Says what is wrong with the arguments, and ends."""
    say(f"{problem}\nusage: rpc_server HOST PORT [--share] [--buffer BYTES]")
    sys.exit(2)


def options(arguments):
    """Whether to share the port, and the size of the buffers, or 0."""
    share, size = False, 0
    while arguments:
        argument = arguments.pop(0)
        if argument == "--share":
            share = True
        elif argument != "--buffer":
            usage(f"no such option: '{argument}'")
        elif not arguments:
            usage("missing argument: BYTES")
        else:
            text = arguments.pop(0)
            size = int(text) if re.fullmatch("[0-9]{1,10}", text) else 0
            if not 0 < size <= 0x7fffffff:
                usage(f"BYTES is not a number from 1 to 2147483647: '{text}'")
    return share, size


def stop(*_):
    """All that was printed has been written out."""
    os._exit(0)


def main():
    """Serves at the address that the arguments name."""
    if len(sys.argv) < 3:
        usage("missing argument: " + ("HOST" if len(sys.argv) < 2 else "PORT"))
    share, size = options(sys.argv[3:])
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with open_listener(*sys.argv[1:3], share, size) as listener:
        if size:
            received, sent = (
                listener.getsockopt(socket.SOL_SOCKET, option)
                for option in (socket.SO_RCVBUF, socket.SO_SNDBUF))
            print(f"receive buffer {received} bytes, send buffer {sent} bytes")
        print("listening on", text_of(listener.getsockname()), flush=True)
        serve(listener)


main()
