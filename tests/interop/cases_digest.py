"""Lesson 06: a server and a client of digests."""

import random
import shlex
import sys
import zlib

from case import HOST, PATIENCE, Case, Ours, Trouble

SERVER = Ours("06-half-close", "digest_server")
CLIENT = Ours("06-half-close", "digest_client")
PEER = [sys.executable, "tests/interop/digest_peer.py"]
NC, SOCAT = "nc of OpenBSD's kind", "socat"
WITH_OURS = [CLIENT, "HOST", "PORT"]
WITH_NC = ["nc", "-N", "HOST", "PORT"]
WITH_SOCAT = ["socat", "-t", str(PATIENCE), "-", "TCP:HOST:PORT"]

LARGEST = 16 << 20
DRAINED = 64 << 20
TOO_LARGE = b"too large\n"
# What is as text begins, ends or is empty; all bytes; more than the buffers
# have room for; and the largest.
CONTENTS = [b"hello\n", b"", b"\0", bytes(range(256)) * 400,
            random.Random(6).randbytes(LARGEST)]


def digest(content):
    return b"%d %08x\n" % (len(content), zlib.crc32(content))


def expect(trial, command, sends, wanted, statuses=("status 0",)):
    """What a program prints that is given an input, and how it ends."""
    program = trial.start(command, sends)
    end = program.wait()
    program.complain_not()
    got = program.output.whole()
    if got != wanted:
        raise Trouble(f"{wanted!r} of {program.name}", f"{got!r}", program)
    if end not in statuses:
        raise Trouble(" or ".join(statuses) + f" of {program.name}", end,
                      program)


def serve(trial, client, refused=("status 0",)):
    """A client that prints our server's answers, too large a content's too."""
    server = trial.serve_ours(SERVER)
    for content in CONTENTS:
        expect(trial, server.addressed(client), content, digest(content))
    server.end_in_order()
    server = trial.serve_ours(SERVER)  # which may tell of what it refuses
    for more in 1, DRAINED // 2:
        expect(trial, server.addressed(client), bytes(LARGEST + more),
               TOO_LARGE, refused)
    expect(trial, server.addressed(client), b"hello\n", digest(b"hello\n"))


def serve_peer(trial):
    """A client that sends all of it before it looks for an answer."""
    server = trial.serve_ours(SERVER)
    sizes = [*map(len, CONTENTS), LARGEST + 1, LARGEST + DRAINED // 2, 6]
    trial.run(server.addressed([*PEER, "ask", "HOST", "PORT",
                                *map(str, sizes)]))


def ask(trial, server):
    """Our client, which has an answer before it has sent the last two."""
    command = server.addressed(WITH_OURS)
    for content in CONTENTS:
        expect(trial, command, content, digest(content))
    for more in 1, DRAINED:
        expect(trial, command, bytes(LARGEST + more), TOO_LARGE,
               ("status 1",))


def ask_peer(trial):
    ask(trial, trial.serve([*PEER, "serve", HOST, "0"]))


def ask_socat(trial):
    ask(trial, trial.serve(
        ["socat", "-d", "-d", "-t", str(PATIENCE),
         f"TCP-LISTEN:0,bind={HOST},fork",
         "EXEC:" + shlex.join([*PEER, "answer"])], logged=True))


def ask_nc(trial):
    """A server that has said its answer before it has received anything."""
    either = "status 0", "status 1"
    for answer, statuses in (digest(b"hello\n"), either), \
            (TOO_LARGE, ("status 1",)):
        for content in CONTENTS[0], CONTENTS[-1]:
            server = trial.start(["nc", "-lvnN", HOST, "0"], answer)
            server.find_port(logged=True)
            expect(trial, server.addressed(WITH_OURS), content, answer,
                   statuses)


CASES = [
    Case("our digest_server, our digest_client", serve, WITH_OURS,
         ("status 1",)),
    Case("our digest_server, a client in Python that sends all first",
         serve_peer),
    Case("our digest_server, a client nc", serve, WITH_NC, needs=NC),
    Case("our digest_server, a client socat", serve, WITH_SOCAT, needs=SOCAT),
    Case("our digest_client, a server in Python", ask_peer),
    Case("our digest_client, a server socat", ask_socat, needs=SOCAT),
    Case("our digest_client, a server nc that answers first", ask_nc, needs=NC),
]
