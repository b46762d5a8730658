#!/usr/bin/env python3
"""fetch.py HOST PORT PATH [SECONDS]

Asks an HTTP/1.1 server for PATH, and prints its response as it comes. All of
it, connecting, sending and receiving, has to be done within SECONDS.
"""

# Not passed: reports_a_full_stdout: the reason is said, but status 120

import os
import re
import socket
import sys
import time

HEADER_MAX = 65536
PIECE_SIZE = 16384


class Late(Exception):
    """The time is over."""


class Wrong(Exception):
    """What has come is no whole response."""


class Deadline:
    """A point in time. Each call gets what is left until then."""

    def __init__(self, seconds):
        self.at = time.monotonic() + seconds

    def limit(self, sock):
        """Has the next call on the socket last until then, and no longer.

        settimeout() makes the socket non-blocking; Python polls before each
        call, and goes on after a signal for what is left (PEP 475).
        """
        left = self.at - time.monotonic()
        if left <= 0:  # 0 would mean: don't wait; None: wait for ever
            raise Late
        # More than that, poll() can't wait; and who waits so long asks again.
        sock.settimeout(min(left, 1_000_000))

    def wait(self, sock, call, *arguments):
        """What the call on the socket returns, within the time."""
        while True:
            self.limit(sock)
            try:
                return call(*arguments)
            except socket.timeout as error:
                if error.errno is not None:  # the kernel's own: it is lost
                    raise
                # limit() says whether it is over.


def text_of(address):
    """HOST:PORT in numbers, an IPv6 host in brackets."""
    host, port = socket.getnameinfo(
        address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connect(found, deadline):
    """A socket that is connected to the first address that answers."""
    for family, kind, protocol, _, address in found:
        phase = f"connect {text_of(address)}"
        try:
            server = socket.socket(family, kind, protocol)
            try:
                deadline.limit(server)
                server.connect(address)
                return server
            except BaseException:
                server.close()
                raise
        except Late:
            raise Late(phase) from None
        except OSError as error:
            # The kernel may give up, too, and has an errno for that.
            if isinstance(error, socket.timeout) and error.errno is None:
                raise Late(phase) from None
            reason = f"{phase}: {error.strerror}"
    raise Wrong(reason)


def send(server, request, deadline):
    """Sends all of the request."""
    while request:
        request = request[deadline.wait(server, server.send, request):]


def content_length(header):
    """How many bytes the content has; None: up to the end of the stream."""
    status = int(header[9:12])
    if status in (204, 304):
        return 0
    lengths = {value.strip(b" \t\r") for value in
               re.findall(rb"(?im)^content-length:(.*)$", header)}
    if len(lengths) > 1 or any(not re.fullmatch(rb"\d+", length)
                               for length in lengths):
        raise Wrong("the response has no right Content-Length")
    return int(lengths.pop()) if lengths else None


def take_header(data):
    """The header that the bytes begin with, or nothing if it is not whole."""
    form = b"HTTP/0.0 000"
    if (re.sub(rb"\d", b"0", data[:len(form)]) != form[:len(data)]
            or data[len(form):len(form) + 1] not in b" \r\n"):
        raise Wrong("the response is no HTTP")
    header, whole, _ = data.partition(b"\r\n\r\n")
    if len(header) > HEADER_MAX:
        raise Wrong("the response's header does not end")
    return header + whole if whole else b""


def receive(server, deadline):
    """Prints the response, until it is over."""
    data, header, length = b"", b"", None
    while length is None or len(data) < length:
        while not header and (found := take_header(data)):
            data = data[len(found):]
            sys.stdout.buffer.write(found)
            if found[9:10] != b"1":
                header, length = found, content_length(found)
        if header and length is not None and len(data) >= length:
            break
        if header and length is None:
            sys.stdout.buffer.write(data)
            data = b""
        more = deadline.wait(server, server.recv, PIECE_SIZE)
        if not more and header and length is None:
            return
        if not more:
            raise Wrong(f"the response ended after {len(data)} of "
                        f"{length} bytes" if header else
                        "the response ended within its header")
        data += more
    sys.stdout.buffer.write(data[:length])


def usage(problem):
    """Says what is wrong with the arguments, and ends."""
    print(f"fetch: {problem}\nusage: {__doc__.splitlines()[0]}",
          file=sys.stderr)
    sys.exit(2)


def main():
    """Fetches what the arguments say."""
    if not 4 <= len(sys.argv) <= 5:
        usage("HOST, PORT and PATH are needed, and perhaps SECONDS")
    host, port, path = sys.argv[1:4]
    seconds = sys.argv[4] if len(sys.argv) > 4 else "5"
    if not re.fullmatch(r"/[^\x00-\x20\x7f]*", path):
        usage(f"PATH can't be right: {path!r}")
    if not re.fullmatch(r"[0-9]+(\.[0-9]*)?", seconds):
        usage(f"SECONDS is no number of seconds: {seconds!r}")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        sys.exit(f"fetch: HOST '{host}', PORT '{port}': {error.strerror}")
    name = f"[{host.partition('%')[0]}]" if ":" in host else host
    request = (f"GET {path} HTTP/1.1\r\nHost: {name}:{found[0][4][1]}\r\n"
               "Connection: close\r\n\r\n")
    deadline, phase = Deadline(float(seconds)), ""
    try:
        with connect(found, deadline) as server:
            phase = "send"
            send(server, os.fsencode(request), deadline)
            phase = "receive"
            receive(server, deadline)
    except Late as late:
        sys.exit(f"fetch: {late.args[0] if late.args else phase}: "
                 f"no answer within {seconds} s")
    except Wrong as wrong:
        sys.exit(f"fetch: {wrong}")
    except OSError as error:
        sys.exit(f"fetch: {phase}: {error.strerror}")


main()
