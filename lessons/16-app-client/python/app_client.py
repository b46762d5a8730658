#!/usr/bin/env python3
"""app_client HOST PORT ACTION VALUE

Lesson 16 in Python: sends one request and prints what comes back. It waits in
each call, and is done when as many bytes have come as the lengths say.
"""

import json
import socket
import struct
import sys

# Not passed: refuses_wrong_members: it looks at those that it uses
# Not passed: refuses_wrong_lengths: none is too large, and -5 is like 0
# Not passed: tells_failures_apart: what -5 bytes of content are is no JSON
# Not passed: takes_an_answer_after_a_failed_send: it gives up then
# Not passed: reports_a_full_stdout: Python's own status for that is 120
# Not passed: refuses_bad_arguments: 70000 is taken for a port

SILENCE_LIMIT_S = 30


def message(kind, encoding, content):
    """A message, as lesson 14 has it."""
    header = json.dumps({"byteorder": sys.byteorder, "content-type": kind,
                         "content-encoding": encoding,
                         "content-length": len(content)}).encode()
    return struct.pack(">H", len(header)) + header + content


def request(action, value):
    """A search as JSON; any other action as bytes, its value behind it."""
    if action == "search":
        content = json.dumps({"action": action, "value": value},
                             ensure_ascii=False).encode()
        return message("text/json", "utf-8", content)
    return message("binary/custom-client-binary-type", "binary",
                   (action + value).encode("utf-8", "surrogateescape"))


def printable(data):
    """Bytes as text that does no harm to a terminal."""
    return repr(data)[2:-1]


def receive(server, size):
    """So many bytes, however they come."""
    received = b""
    while len(received) < size:
        piece = server.recv(size - len(received))
        if not piece:
            raise EOFError(f"it ended: {len(received)} of {size} bytes")
        received += piece
    return received


def exchange(server, peer, data):
    """Sends the request, receives the response, and prints what it says."""
    print(f"sending {printable(data)} to {peer}")
    server.sendall(data)
    (length,) = struct.unpack(">H", receive(server, 2))
    header = json.loads(receive(server, length))
    content = receive(server, header["content-length"])
    kind = header["content-type"]
    print(f"received a response of type {kind} from {peer}")
    if kind == "text/json":
        response = json.loads(content.decode(header["content-encoding"]))
        print("got result:", response["result"])
    else:
        print("got response:", printable(content))


def main(arguments):
    """Returns the exit status."""
    if len(arguments) != 4:
        print("usage:", __doc__.split("\n", maxsplit=1)[0], file=sys.stderr)
        return 2
    host, port, action, value = arguments
    peer = f"{host}:{port}"
    sys.stdout.reconfigure(line_buffering=True)
    print(f"starting connection to {peer}")
    status = 0
    try:
        with socket.create_connection((host, int(port)),
                                      SILENCE_LIMIT_S) as server:
            exchange(server, peer, request(action, value))
    except (EOFError, LookupError, OSError, TypeError, ValueError) as problem:
        print(f"app_client: {peer}: {problem!r}", file=sys.stderr)
        status = 1
    print(f"closing connection to {peer}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
