"""An echo server over UDP, and a client, as Python's library has them.

    udp_peer.py serve HOST      at a port of its own
    udp_peer.py ask HOST PORT   sends datagrams of many lengths, one by one, and
                                prints how many came back as they were
"""

import os
import socket
import sys

LENGTHS = (0, 1, 12, 1472, 1473, 9000, 65507)
PATIENCE = 30  # seconds; only what hangs takes as long as this


def resolve(host, port, flags=0):
    return socket.getaddrinfo(host or None, port, type=socket.SOCK_DGRAM,
                              flags=flags)[0]


def serve(host):
    family, kind, _, _, address = resolve(host, 0, socket.AI_PASSIVE)
    with socket.socket(family, kind) as server:
        server.bind(address)
        name = f"[{host}]" if family == socket.AF_INET6 else host
        print(f"listening on {name}:{server.getsockname()[1]}", flush=True)
        while True:
            message, sender = server.recvfrom(65536)
            server.sendto(message, sender)


def ask(host, port):
    family, kind, _, _, address = resolve(host, port)
    with socket.socket(family, kind) as client:
        client.settimeout(PATIENCE)
        client.connect(address)
        same = 0
        for length in LENGTHS:
            message = os.urandom(length)
            client.send(message)
            same += client.recv(65536) == message
        print(f"{same} of {len(LENGTHS)}")


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    ask(*sys.argv[2:])
