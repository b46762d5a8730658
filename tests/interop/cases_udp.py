"""Lesson 08: a server and a client over UDP, and others that speak it."""

import os
import sys

from case import PATIENCE, Case, Ours, Trouble

SERVER = Ours("08-udp", "udp_echo_server")
CLIENT = Ours("08-udp", "udp_echo_client")
SOCAT, IPV6 = "socat", "IPv6"
PYTHON = [sys.executable, "tests/interop/udp_peer.py"]
SENT = os.urandom(1000)
# Tries of a second: as many as there is patience for.
TRIES = str(PATIENCE)


# --- our server --------------------------------------------------------------

def serve_python(trial, host, asked):
    """Twice, as it is to serve the next one, too."""
    server = trial.serve([SERVER, host, "0"])
    for _ in range(2):
        said = trial.run([*PYTHON, "ask", asked, server.port])
        if said != "7 of 7\n":
            raise Trouble("7 of 7 datagrams back", f'"{said}"', server)
    server.end_in_order()


def serve_socat(trial, host, address):
    """socat sends what it reads as one datagram, and knows how much comes."""
    server = trial.serve([SERVER, host, "0"])
    for _ in range(2):
        asking = trial.start(
            server.addressed(["socat", "-t", str(PATIENCE), "-",
                              f"{address}:PORT,readbytes={len(SENT)}"]), SENT)
        asking.succeed()
        if asking.output.whole() != SENT:
            raise Trouble("the bytes back that were sent",
                          f"{len(asking.output.whole())} others", asking)
    server.end_in_order()


# --- our client --------------------------------------------------------------

def ask(trial, host, server, logged=False):
    """Our client at that host, where the server is."""
    server = trial.serve(server, logged)
    for message in ("Hello", "", "another one"):
        said = trial.run(server.addressed([CLIENT, host, "PORT", message,
                                           TRIES]))
        if said != f"received: {message}\n":
            raise Trouble(f'"received: {message}"', f'"{said}"')


def ask_once(trial, host, server):
    """Of a server that has a child for each client, and logs where it is."""
    server = trial.serve(server, logged=True)
    said = trial.run(server.addressed([CLIENT, host, "PORT", "Hello", TRIES]))
    if said != "received: Hello\n":
        raise Trouble('"received: Hello"', f'"{said}"')


CASES = [
    Case("our udp_echo_server, Python by IPv4", serve_python, "127.0.0.1",
         "127.0.0.1"),
    Case("our udp_echo_server at every interface, Python by IPv4",
         serve_python, "", "127.0.0.2"),
    Case("our udp_echo_server at every interface, Python by IPv6",
         serve_python, "", "::1", needs=IPV6),
    Case("our udp_echo_server, socat UDP4", serve_socat, "127.0.0.1",
         "UDP4:127.0.0.1", needs=SOCAT),
    Case("our udp_echo_server at every interface, socat UDP6", serve_socat,
         "", "UDP6:[::1]", needs=(SOCAT, IPV6)),
    Case("our udp_echo_client, Python for IPv4", ask, "127.0.0.1",
         [*PYTHON, "serve", "127.0.0.1"]),
    Case("our udp_echo_client, Python for IPv6", ask, "::1",
         [*PYTHON, "serve", "::1"], needs=IPV6),
    Case("our udp_echo_client, socat UDP4-LISTEN", ask_once, "127.0.0.1",
         ["socat", "-d", "-d", "UDP4-LISTEN:0,bind=127.0.0.1,fork",
          "EXEC:cat"], needs=SOCAT),
    Case("our udp_echo_client by IPv6, socat UDP6-LISTEN", ask_once, "::1",
         ["socat", "-d", "-d", "UDP6-LISTEN:0,bind=[::1],fork", "EXEC:cat"],
         needs=(SOCAT, IPV6)),
    Case("our udp_echo_client by name, our udp_echo_server by name", ask,
         "localhost", [SERVER, "localhost", "0"]),
    Case("our udp_echo_client, our udp_echo_server at every interface", ask,
         "127.0.0.1", [SERVER, "", "0"]),
]
