#!/usr/bin/env python3
"""udp_echo_server.py HOST PORT

Sends each datagram back to where it came from, from the address that it was
sent to, over IPv4 and IPv6. SIGINT or SIGTERM ends it.
"""

import errno
import os
import signal
import socket
import sys

DATAGRAM_MAX = 65527
CONTROL_SIZE = 64
IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)  # not every Python has its name

# Failures of what was sent before: the socket is none the worse.
ABOUT_ANOTHER = {errno.ECONNREFUSED, errno.EHOSTDOWN, errno.EHOSTUNREACH,
                 errno.EMSGSIZE, errno.ENETDOWN, errno.ENETUNREACH,
                 errno.ENOPROTOOPT, errno.EPROTO}


def text_of(address):
    """HOST:PORT in numbers, an IPv6 host in brackets."""
    host, port = socket.getnameinfo(
        address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind_to(family, address):
    """A socket that tells to which of our addresses a datagram was sent."""
    one = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            one.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        one.bind(address)
        return one
    except OSError:
        one.close()
        raise


def bind(host, port):
    """A socket on the first address that can be had."""
    if port.isdigit() and int(port) > 65535 or not port[:1].isalnum():
        sys.exit(f"udp_echo_server: no port: '{port}'")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_DGRAM,
                                   flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        sys.exit(f"udp_echo_server: HOST '{host}', PORT '{port}': "
                 f"{error.strerror}")
    # For HOST "", only :: serves both families.
    found.sort(key=lambda one: one[4][0] != "::")
    for family, _, _, _, address in found:
        try:
            return bind_to(family, address)
        except OSError as error:
            reason = error
    sys.exit(f"udp_echo_server: bind HOST '{host}', PORT '{port}': "
             f"{os.strerror(reason.errno)}")


def without_interface(control):
    """Where a datagram came in by need not be where the answer goes out."""
    notes = []
    for level, kind, data in control:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            data = bytes(4) + data[4:]
        elif data[:1] != b"\xfe":  # a link-local address needs it
            data = data[:16] + bytes(4)
        notes.append((level, kind, data))
    return notes


def serve(server):
    """Sends back datagram after datagram."""
    while True:
        try:
            datagram, control, _, client = server.recvmsg(DATAGRAM_MAX,
                                                          CONTROL_SIZE)
        except OSError as error:
            if error.errno in ABOUT_ANOTHER:
                continue
            raise
        try:
            server.sendmsg([datagram], without_interface(control), 0, client)
        except OSError as error:
            print(f"udp_echo_server: send {text_of(client)}: "
                  f"{error.strerror}", file=sys.stderr)


def stop(*_):
    """All that was printed has been written out."""
    os._exit(0)


def main():
    """Serves at the address that the arguments name."""
    if len(sys.argv) != 3:
        print("udp_echo_server: "
              + (f"one argument too many: '{sys.argv[3]}'"
                 if len(sys.argv) > 3 else "missing argument: "
                 + ("HOST" if len(sys.argv) < 2 else "PORT"))
              + "\nusage: udp_echo_server HOST PORT", file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with bind(*sys.argv[1:3]) as server:
        print("listening on", text_of(server.getsockname()), flush=True)
        serve(server)


main()
