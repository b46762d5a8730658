"""Lesson 04: a server and a client of blobs."""

import sys

from case import HOST, Case, Ours, Trouble

SERVER = Ours("04-short-counts", "blob_server")
CLIENT = Ours("04-short-counts", "blob_client")
PEER = [sys.executable, "tests/interop/blob_peer.py"]
COUNTS = ("0", "1", "251", "100000", "16384", "3")
NC = "nc of OpenBSD's kind"


def content(count):
    return bytes((i * 7 + 3) % 251 for i in range(count))


def fetch(trial, client, sends=b""):
    """What a client prints that ends well, and says nothing on stderr."""
    program = trial.start(client, sends)
    program.succeed()
    program.complain_not()
    return program.output.whole()


def expect(wanted, got):
    if got != wanted:
        raise Trouble(f"{len(wanted)} bytes, as they have to be",
                      f"{len(got)} bytes")


def serve(trial, client):
    """A client that sees for itself whether its answers are right."""
    server = trial.serve_ours(SERVER)
    trial.run(server.addressed(client))
    server.end_in_order()


def ask(trial, server):
    """Our client, once for each COUNT."""
    for count in COUNTS:
        expect(content(int(count)),
               fetch(trial, server.addressed([CLIENT, "HOST", "PORT", count])))


def ask_ours(trial):
    server = trial.serve_ours(SERVER)
    ask(trial, server)
    server.end_in_order()


def ask_peer(trial):
    ask(trial, trial.serve([*PEER, "serve", HOST, "0"]))


def serve_nc(trial):
    """A request as printf(1) makes it; nc finishes sending behind it."""
    server = trial.serve_ours(SERVER)
    request = fetch(trial, ["printf", r"\0\0\0\0\0\0\1\2"])
    got = fetch(trial, server.addressed(["nc", "-N", "HOST", "PORT"]), request)
    expect(request + content(0x102), got)
    server.end_in_order()


CASES = [
    Case("our blob_server, our blob_client", ask_ours),
    Case("our blob_server, a client in Python with 6 requests", serve,
         [*PEER, "ask", "HOST", "PORT", *COUNTS]),
    Case("our blob_server, printf and a client nc", serve_nc, needs=NC),
    Case("our blob_client, a server in Python", ask_peer),
]
