"""Requests and responses behind their lengths, as Python's library has them.

    rpc_peer.py serve HOST            at a port of its own
    rpc_peer.py serve HOST PORT       at one that it shares with others
    rpc_peer.py ask HOST PORT         sends requests of many lengths, one by one,
                                      and then all of them at once; and prints
                                      how many came back as they were
    rpc_peer.py ask HOST PORT COUNT   by so many connections, a request each
"""

import os
import socket
import struct
import sys
import threading

LENGTHS = (0, 1, 32, 255, 256, 1460, 16384, 65535, 65536)
PATIENCE = 30  # seconds; only what hangs takes as long as this


def receive(stream):
    header = stream.read(4)
    if not header:
        return None
    (length,) = struct.unpack("!I", header)
    message = stream.read(length)
    return message if len(message) == length else None


def send(connection, message):
    connection.sendall(struct.pack("!I", len(message)) + message)


def answer(connection):
    with connection, connection.makefile("rb") as stream:
        while (message := receive(stream)) is not None:
            send(connection, message)


def serve(host, port="0"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    name = f"[{host}]" if family == socket.AF_INET6 else host
    with socket.create_server((host, int(port)), family=family,
                              reuse_port=port != "0") as server:
        print(f"listening on {name}:{server.getsockname()[1]}", flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(target=answer, args=[connection],
                             daemon=True).start()


def connect(host, port):
    return socket.create_connection((host, int(port)), PATIENCE)


def ask_lengths(host, port):
    messages = [os.urandom(length) for length in LENGTHS]
    same = 0
    with connect(host, port) as server, server.makefile("rb") as stream:
        for message in messages:
            send(server, message)
            same += receive(stream) == message
        threading.Thread(target=lambda: [send(server, message)
                                         for message in messages]).start()
        same += sum(receive(stream) == message for message in messages)
        server.shutdown(socket.SHUT_WR)
        same += receive(stream) is None
    print(f"{same} of {2 * len(LENGTHS) + 1}")


def ask_each(host, port, count):
    servers = [connect(host, port) for _ in range(int(count))]
    same = 0
    for i, server in enumerate(servers):
        send(server, b"%d" % i)
    for i, server in enumerate(servers):
        with server, server.makefile("rb") as stream:
            same += receive(stream) == b"%d" % i
    print(f"{same} of {count}")


if sys.argv[1] == "serve":
    serve(*sys.argv[2:])
elif len(sys.argv) == 4:
    ask_lengths(*sys.argv[2:])
else:
    ask_each(*sys.argv[2:])
