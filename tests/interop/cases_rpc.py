"""Lesson 09: requests and responses, and who else speaks them."""

import re
import sys

from case import HOST, Case, Ours, Trouble

SERVER = Ours("09-socket-options", "rpc_server")
CLIENT = Ours("09-socket-options", "rpc_client")
PYTHON = [sys.executable, "tests/interop/rpc_peer.py"]
NC, IPV6 = "nc of OpenBSD's kind", "IPv6"
ROUNDS, CLIENTS = "300", "100"


def expect(wanted, got, server=None):
    if got != wanted:
        raise Trouble(f'"{wanted}"', f'"{got}"', server)


def ask_python(trial, server, host, *more):
    said = trial.run([*PYTHON, "ask", host, server.port, *more])
    count = more[0] if more else "19"
    expect(f"{count} of {count}\n", said, server)


def make_rounds(trial, server, host):
    said = trial.run([CLIENT, host, server.port, ROUNDS])
    if not re.fullmatch(rf"{ROUNDS} rounds in \d+(\.\d+)? ms\n", said):
        raise Trouble(f'"{ROUNDS} rounds in MS ms"', f'"{said}"', server)


# --- our server --------------------------------------------------------------

def serve_python(trial, host, asked):
    """Twice, as it is to serve the next one, too; and many at a time."""
    server = trial.serve([SERVER, host, "0"])
    for _ in range(2):
        ask_python(trial, server, asked)
    ask_python(trial, server, asked, CLIENTS)
    server.end_in_order()


def serve_nc(trial):
    """What nc sends are two requests, of which the second is empty."""
    server = trial.serve([SERVER, HOST, "0"])
    asking = trial.start(["nc", "-N", HOST, server.port],
                         b"\0\0\0\5hello\0\0\0\0")
    asking.succeed()
    expect(b"\0\0\0\5hello\0\0\0\0", asking.output.whole(), asking)
    server.end_in_order()


def share_with_python(trial):
    """Its port is Python's, too, and none of the clients is left alone."""
    ours = trial.serve([SERVER, HOST, "0", "--share"])
    trial.serve([*PYTHON, "serve", HOST, ours.port])
    for _ in range(2):
        ask_python(trial, ours, HOST, CLIENTS)
    ours.end_in_order()


# --- our client --------------------------------------------------------------

def ask(trial, server, host):
    server = trial.serve(server)
    for _ in range(2):
        make_rounds(trial, server, host)


CASES = [
    Case("our rpc_server, Python by IPv4", serve_python, HOST, HOST),
    Case("our rpc_server at every interface, Python by IPv6", serve_python,
         "", "::1", needs=IPV6),
    Case("our rpc_server, nc", serve_nc, needs=NC),
    Case("our rpc_server and Python's share a port", share_with_python),
    Case("our rpc_client, Python for IPv4", ask, [*PYTHON, "serve", HOST],
         HOST),
    Case("our rpc_client, Python for IPv6", ask, [*PYTHON, "serve", "::1"],
         "::1", needs=IPV6),
    Case("our rpc_client by name, our rpc_server by name", ask,
         [SERVER, "localhost", "0"], "localhost"),
]
