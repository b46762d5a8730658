#!/usr/bin/env python3
"""udp_echo_client.py HOST PORT MESSAGE [TRIES [SECONDS]]

Sends MESSAGE as a datagram to an echo server, and prints its answer. When none
has come within SECONDS, it asks again; TRIES times in all.
"""

# Not passed: reports_a_full_stdout: the reason is said, but status 120

import os
import re
import socket
import sys
import time

DATAGRAM_MAX = 65527


def text_of(address):
    """HOST:PORT in numbers, an IPv6 host in brackets."""
    host, port = socket.getnameinfo(
        address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connect(host, port):
    """A socket for the first address that can be sent to, and that address."""
    if port.isdigit() and int(port) > 65535 or not port[:1].isalnum():
        sys.exit(f"udp_echo_client: no port: '{port}'")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_DGRAM)
    except socket.gaierror as error:
        sys.exit(f"udp_echo_client: HOST '{host}', PORT '{port}': "
                 f"{error.strerror}")
    for family, kind, protocol, _, address in found:
        server = None
        try:
            server = socket.socket(family, kind, protocol)
            server.connect(address)
            return server, address
        except OSError as error:
            if server is not None:
                server.close()
            reason = f"connect {text_of(address)}: {error.strerror}"
    sys.exit(f"udp_echo_client: {reason}")


def await_answer(server, message, seconds):
    """Whether the answer has come in that time, whatever else has."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        # Python polls before it receives, and goes on after a signal, and
        # where there was nothing after all, for what is left.
        server.settimeout(min(left, 1_000_000))
        try:
            if server.recv(DATAGRAM_MAX) == message:
                return True
        except socket.timeout:
            pass
    return False


def ask(server, message, tries, seconds):
    """Whether there is an answer to one of the tries."""
    for _ in range(tries):
        server.settimeout(None)
        server.send(message)
        if await_answer(server, message, seconds):
            return True
    return False


def usage(problem):
    """Says what is wrong with the arguments, and ends."""
    print(f"udp_echo_client: {problem}\n"
          "usage: udp_echo_client HOST PORT MESSAGE [TRIES [SECONDS]]",
          file=sys.stderr)
    sys.exit(2)


def main():
    """Asks what the arguments say."""
    if not 4 <= len(sys.argv) <= 6:
        usage(f"one argument too many: '{sys.argv[6]}'" if len(sys.argv) > 6
              else "missing argument: "
              + ("HOST", "PORT", "MESSAGE")[len(sys.argv) - 1])
    host, port, message = sys.argv[1:4]
    tries, seconds = (sys.argv[4:] + ["5", "1.0"][len(sys.argv) - 4:])
    if not re.fullmatch("[0-9]{1,5}", tries) or not 0 < int(tries) <= 65535:
        usage(f"TRIES is not a number from 1 to 65535: '{tries}'")
    if not re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", seconds):
        usage(f"SECONDS is no number of seconds: '{seconds}'")
    server, address = connect(host, port)
    with server:
        try:
            answered = ask(server, os.fsencode(message), int(tries),
                           float(seconds))
            reason = (f"no answer after {tries} "
                      f"{'try' if int(tries) == 1 else 'tries'}")
        except OSError as error:
            answered, reason = False, error.strerror
    if not answered:
        sys.exit(f"udp_echo_client: exchange with {text_of(address)}: "
                 f"{reason}")
    sys.stdout.buffer.write(b"received: " + os.fsencode(message) + b"\n")


main()
