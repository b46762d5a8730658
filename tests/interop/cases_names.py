"""Lesson 03: a server and a client for IPv4, IPv6, and names."""

import os
import sys

from case import PATIENCE, Case, Ours, Trouble

SERVER = Ours("03-names", "dual_server")
CLIENT = Ours("03-names", "dual_client")
NC, SOCAT, IPV6 = "nc of OpenBSD's kind", "socat", "IPv6"
PYTHON = [sys.executable, "tests/interop/names_peer.py"]
SENT = os.urandom(100_000)
WAIT = str(PATIENCE)


# --- our server --------------------------------------------------------------

def serve(trial, host, came_by, client):
    """A client at the server; twice, as it is to serve the next one, too."""
    server = trial.serve([SERVER, host, "0"])
    for _ in range(2):
        asking = trial.start(server.addressed(client), SENT)
        line = server.next_line()
        if line is None or not line.startswith(f"connected by {came_by}:"):
            raise Trouble(f'"connected by {came_by}:PORT"',
                          server.end_of_output() if line is None else
                          f'"{line}"', server)
        asking.succeed()
        if asking.output.whole() != SENT:
            raise Trouble("the bytes back that were sent",
                          f"{len(asking.output.whole())} others", asking)
    server.end_in_order()


# --- our client --------------------------------------------------------------

def ask(trial, host, connected_to, server, logged=False, **streams):
    """Our client at that host, where the server is."""
    server = trial.serve(server, logged, **streams)
    said = trial.run(server.addressed([CLIENT, host, "PORT", "Hello"]))
    place = f"{connected_to}:{server.port}"
    if said != f"connected to {place}\nreceived: Hello\n":
        raise Trouble(f'"connected to {place}", "received: Hello"',
                      f'"{said}"')


def ask_nc(trial, host, connected_to, *options):
    """What nc receives goes into a pipe, and out of it back to nc."""
    out_of, into = os.pipe()
    with open(out_of, "rb") as stdin, open(into, "wb") as stdout:
        ask(trial, host, connected_to, ["nc", *options, "0"], logged=True,
            stdin=stdin, stdout=stdout)


def ask_by_name(trial, server):
    """By name; which family that leads to is this machine's to say."""
    server = trial.serve(server)
    said = trial.run(server.addressed([CLIENT, "localhost", "PORT", "Hello"]))
    if said not in [f"connected to {host}:{server.port}\nreceived: Hello\n"
                    for host in ("127.0.0.1", "[::1]")]:
        raise Trouble("localhost's address, and the echo", f'"{said}"')


CASES = [
    Case("our dual_server, nc -4", serve, "127.0.0.1", "127.0.0.1",
         ["nc", "-4", "-N", "127.0.0.1", "PORT"], needs=NC),
    Case("our dual_server at every interface, nc -4", serve, "", "127.0.0.1",
         ["nc", "-4", "-N", "127.0.0.1", "PORT"], needs=NC),
    Case("our dual_server, nc -6", serve, "::1", "[::1]",
         ["nc", "-6", "-N", "::1", "PORT"], needs=(NC, IPV6)),
    Case("our dual_server at every interface, nc -6", serve, "", "[::1]",
         ["nc", "-6", "-N", "::1", "PORT"], needs=(NC, IPV6)),
    Case("our dual_server, socat TCP6", serve, "", "[::1]",
         ["socat", "-t", WAIT, "-", "TCP6:[::1]:PORT"], needs=(SOCAT, IPV6)),
    Case("our dual_server, socat TCP4 by name", serve, "localhost",
         "127.0.0.1", ["socat", "-t", WAIT, "-", "TCP4:127.0.0.1:PORT"],
         needs=(SOCAT, "localhost that is 127.0.0.1 alone")),
    Case("our dual_server, Python by IPv4", serve, "", "127.0.0.1",
         [*PYTHON, "ask", "127.0.0.1", "PORT"]),
    Case("our dual_server, Python by IPv6", serve, "", "[::1]",
         [*PYTHON, "ask", "::1", "PORT"], needs=IPV6),
    Case("our dual_client by IPv4, Python for both families", ask,
         "127.0.0.1", "127.0.0.1", [*PYTHON, "serve"], needs=IPV6),
    Case("our dual_client by IPv6, Python for both families", ask,
         "::1", "[::1]", [*PYTHON, "serve"], needs=IPV6),
    Case("our dual_client by name, Python for both families", ask_by_name,
         [*PYTHON, "serve"], needs=IPV6),
    Case("our dual_client by name, our dual_server by name", ask_by_name,
         [SERVER, "localhost", "0"]),
    Case("our dual_client by IPv6, socat TCP6-LISTEN", ask, "::1", "[::1]",
         ["socat", "-d", "-d", "TCP6-LISTEN:0,bind=[::1],fork", "EXEC:cat"],
         True, needs=(SOCAT, IPV6)),
    Case("our dual_client by name, socat for IPv4", ask, "localhost",
         "127.0.0.1",
         ["socat", "-d", "-d", "TCP4-LISTEN:0,bind=127.0.0.1,fork",
          "EXEC:cat"], True, needs=SOCAT),
    Case("our dual_client by IPv6, nc -6 -l", ask_nc, "::1", "[::1]",
         "-6", "-lvn", "::1", needs=(NC, IPV6)),
    Case("our dual_client by name, nc -4 -l", ask_nc, "localhost",
         "127.0.0.1", "-4", "-lvn", "127.0.0.1", needs=NC),
]
