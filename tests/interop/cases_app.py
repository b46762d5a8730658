"""Lessons 15 and 16: a server and a client that speak in messages.

In each case a server is asked one thing after the other, and each answer is a
result of its own.
"""

import sys

from case import HOST, Case, Ours, Trouble

SERVER = Ours("15-app-server", "app_server")
CLIENT = [Ours("16-app-client", "app_client"), "HOST", "PORT"]
PEER = [sys.executable, "tests/interop/app_peer.py"]
PYTHON = "python3 with json"


def result(text):
    """The lines that a client may print for a result: there is one way."""
    return [f"got result: {text}"]


def response(content):
    """The same for bytes: as they are, or as Python shows them."""
    return [f"got response: {content.decode()}", f"got response: {content!r}"]


# What is asked: its title, the client's further arguments, and what is to come.
COMMON = [  # what every client can ask
    ("search morpheus", ["search", "morpheus"],
     result("Follow the white rabbit. 🐰")),
    ("search ring", ["search", "ring"],
     result("In the caves beneath the Misty Mountains. 💍")),
    ("search 🐶", ["search", "🐶"], result("🐾 Playing ball! 🏐")),
    ("search for an unknown word", ["search", r'no "such" \word'],
     result(r"""No match for 'no "such" \word'.""")),
    ("search for a word that is not ASCII", ["search", "naïveté"],
     result("No match for 'naïveté'.")),
    ("a binary request", ["double", "gizmos"],
     response(b"First 10 bytes of request: doublegizm")),
    ("a binary request of 2 bytes", ["a", "b"],
     response(b"First 10 bytes of request: ab")),
]
PEERS_ONLY = [  # what ours can't ask
    *((f"search for a word in {encoding}", ["search", "naïveté", encoding],
       result("No match for 'naïveté'."))
      for encoding in ("utf-8", "utf-16", "latin-1")),
    ("an unknown action", ["jump", "naïveté", "utf-8"],
     result("Error: invalid action 'jump'.")),
]


def in_encoding(encoding):
    """What ours asks a server that answers in this encoding."""
    return [(f"a result in {encoding}", ["search", "naïveté"],
             result("No match for 'naïveté'."))]


def ask_all(trial, server, client, requests):
    for title, arguments, lines in requests:
        with trial.part(title):
            printed = trial.run([*server.addressed(client), *arguments])
            printed = printed.split("\n")
            if not set(lines) & set(printed):
                got = [line for line in printed if line.startswith("got ")]
                raise Trouble(f'"{lines[0]}"', f'"{(got or printed)[0]}"')


def ask_ours(trial, client, requests):
    server = trial.serve_ours(SERVER)
    ask_all(trial, server, client, requests)
    with trial.part("SIGTERM ends the server"):
        server.end_in_order()


def ask_peer(trial, encoding, requests):
    server = trial.serve([*PEER, "serve", HOST, "0", encoding])
    ask_all(trial, server, CLIENT, requests)


CASES = [
    Case("our server, our client", ask_ours, CLIENT, COMMON),
    Case("our server, a client in Python", ask_ours,
         [*PEER, "ask", "HOST", "PORT"], COMMON + PEERS_ONLY, needs=PYTHON),
    *(Case("our client, a server in Python", ask_peer, encoding, requests,
           needs=PYTHON)
      for encoding, requests in (("utf-8", COMMON),
                                 ("utf-16", in_encoding("utf-16")),
                                 ("latin-1", in_encoding("latin-1")))),
]
