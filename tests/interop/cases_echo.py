"""Lessons 11 and 12: an echo server and its client, for many connections."""

import os
import sys

from case import HOST, PATIENCE, Case, Ours, Trouble

SERVER = Ours("11-select-server", "multiconn_server")
CLIENT = Ours("12-select-client", "multiconn_client")
NC = "nc of OpenBSD's kind"
SENT = os.urandom(100_000)  # more than the server's buffer for a client holds


# --- our server --------------------------------------------------------------

def serve(trial, client, sends=b""):
    """A client that sees for itself that it gets back what it has sent."""
    server = trial.serve_ours(SERVER)
    trial.run(server.addressed(client), sends)
    server.end_in_order()


def expect_same(sent, got, name):
    if got != sent:
        length = min(len(sent), len(got))
        first = next((i for i in range(length) if sent[i] != got[i]), length)
        raise Trouble(f"the {len(sent)} bytes back that {name} sent",
                      f"{len(got)}, the first {first} of them as sent")


def serve_several(trial, server, count, client):
    """That many clients at once; each sends all, and is to get it back."""
    clients = [trial.start(server.addressed(client), SENT)
               for _ in range(count)]
    for each in clients:
        each.succeed()
        expect_same(SENT, each.output.whole(), each.name)


def serve_socat(trial, count):
    server = trial.serve_ours(SERVER)
    serve_several(trial, server, count,
                  ["socat", "-t", str(PATIENCE), "-", "TCP:HOST:PORT"])
    server.end_in_order()


def serve_nc(trial, count):
    """The silent one is there first, and stays until the others are done."""
    server = trial.serve_ours(SERVER)
    silent = trial.start(server.addressed(["nc", "-d", "HOST", "PORT"]))
    line = server.next_line()
    if line is None or not line.startswith("accepted"):
        raise Trouble('"accepted ..." for the silent nc',
                      server.end_of_output() if line is None else f'"{line}"',
                      server)
    serve_several(trial, server, count, ["nc", "-N", "HOST", "PORT"])
    if silent.end_so_far():
        raise Trouble("that the silent nc outlasts the others", silent.wait(),
                      silent)
    server.end_in_order()
    silent.wait()
    if silent.output.whole():
        raise Trouble("nothing for the silent nc",
                      f"{len(silent.output.whole())} bytes")


# --- our client --------------------------------------------------------------

def ask(trial, count, server, logged=False, **streams):
    """Our client with that many connections, to the end."""
    server = trial.serve(server, logged, **streams)
    trial.run(server.addressed([CLIENT, "HOST", "PORT", str(count)]))


def ask_socat(trial, count):
    ask(trial, count, ["socat", "-d", "-d",
                       f"TCP-LISTEN:0,bind={HOST},backlog=200,fork",
                       "EXEC:cat"], logged=True)


def ask_nc(trial):
    """What nc receives goes into a pipe, and out of it back to nc."""
    out_of, into = os.pipe()
    with open(out_of, "rb") as stdin, open(into, "wb") as stdout:
        ask(trial, 1, ["nc", "-lvn", HOST, "0"], logged=True, stdin=stdin,
            stdout=stdout)


CASES = [
    Case("our server, our client with 3 connections", serve,
         [CLIENT, "HOST", "PORT", "3"]),
    Case("our server, our client with 200 connections", serve,
         [CLIENT, "HOST", "PORT", "200"]),
    Case("our server, 5 clients nc and a silent one", serve_nc, 5, needs=NC),
    Case("our server, 5 clients socat", serve_socat, 5, needs="socat"),
    Case("our server, a client in Python with 50 connections", serve,
         [sys.executable, "tests/interop/echo_client.py", "HOST", "PORT",
          "50"], SENT),
    Case("our client with 1 connection, a server socat", ask_socat, 1,
         needs="socat"),
    Case("our client with 50 connections, a server socat", ask_socat, 50,
         needs="socat"),
    Case("our client with 1 connection, a server nc", ask_nc, needs=NC),
    Case("our client with 200 connections, a server in Python", ask, 200,
         [sys.executable, "tests/interop/echo_server.py", HOST, "0"]),
]
