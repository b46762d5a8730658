"""Lesson 05: a server and a client of messages in three framings."""

import string
import sys

from case import HOST, PATIENCE, Case, Ours, Trouble

SERVER = Ours("05-framing", "frame_server")
CLIENT = Ours("05-framing", "frame_client")
PEER = [sys.executable, "tests/interop/frame_peer.py"]
FRAMINGS = ("length", "line", "fixed")
NC, SOCAT = "nc of OpenBSD's kind", "socat"

# Arguments can hold no zero. The longest that each framing carries; a "\r"
# within a line; what is not ASCII.
COMMON = [b"hello", b"", b"Caf\xc3\xa9", b"a\r\rb", b"-", b"x y"]
ARGUMENTS = {"length": [*COMMON, b"a\nb\n", b"\r", b"\r\n", b"z" * 65536],
             "line": [*COMMON, b"z" * 4095],
             "crlf": [*COMMON, b"z" * 4094],
             "fixed": [*COMMON, b"a\nb\n", b"\r", b"z" * 32]}

# A server of lines that is one command: sed(1), which writes each line out.
SED = "sed -u y/%s/%s/" % (string.ascii_lowercase, string.ascii_uppercase)


def expect(wanted, got):
    if got != wanted:
        raise Trouble(f"{wanted[:60]!r}, {len(wanted)} bytes",
                      f"{got[:60]!r}, {len(got)} bytes")


def run(trial, command, sends=b""):
    """What a program prints that ends well, and says nothing on stderr."""
    program = trial.start(command, sends)
    program.succeed()
    program.complain_not()
    return program.output.whole()


def serve(trial, framing, client):
    """A client that sees for itself whether its answers are right; twice."""
    server = trial.serve([SERVER, HOST, "0", framing])
    for _ in range(2):
        trial.run(server.addressed(client))
    server.end_in_order()


def serve_typed(trial, framing, text, answer, client):
    """A client that sends what printf(1) makes of the text, and finishes."""
    server = trial.serve([SERVER, HOST, "0", framing])
    typed = run(trial, ["printf", text])
    expect(answer, run(trial, server.addressed(client), typed))
    server.end_in_order()


def ask(trial, server, framing, messages):
    """Our client, with all messages, and with each alone."""
    alone = [[message] for message in messages]
    for sent in [messages, *alone]:
        words = [message.decode(errors="surrogateescape") for message in sent]
        command = server.addressed([CLIENT, "HOST", "PORT", framing])
        expect(b"".join(message.upper() + b"\n" for message in sent),
               run(trial, command + words))


def ask_ours(trial, framing):
    server = trial.serve([SERVER, HOST, "0", framing])
    ask(trial, server, framing, ARGUMENTS[framing])
    server.end_in_order()


def ask_peer(trial, framing, spoken):
    server = trial.serve([*PEER, "serve", HOST, "0", spoken])
    ask(trial, server, framing, ARGUMENTS[spoken])


def ask_socat(trial):
    # What sed makes of bytes beyond ASCII depends on its locale.
    server = trial.serve(["socat", "-d", "-d",
                          f"TCP-LISTEN:0,bind={HOST},fork", f"EXEC:{SED}"],
                         logged=True)
    ask(trial, server, "line", [b"hello", b"", b"x y", b"z" * 4095])


def ask_nc(trial):
    """A server that has said all its answers before it is asked."""
    answers = trial.start(["printf", r"HELLO\r\nWORLD\n\n"])
    answers.succeed()
    server = trial.start(["nc", "-lvnN", HOST, "0"], answers.output.whole())
    server.find_port(logged=True)
    command = server.addressed([CLIENT, "HOST", "PORT", "line"])
    expect(b"HELLO\nWORLD\n\n", run(trial, [*command, "hello", "world", ""]))
    server.succeed()
    expect(b"hello\nworld\n\n", server.output.whole())


WITH_NC = ["nc", "-N", "HOST", "PORT"]
WITH_CRLF = ["nc", "-C", "-N", "HOST", "PORT"]
WITH_SOCAT = ["socat", "-t", str(PATIENCE), "-", "TCP:HOST:PORT"]
LINES = (r"hello\n\nWorld 1\n", b"HELLO\n\nWORLD 1\n")

CASES = [
    *(Case(f"our frame_server, our frame_client, {framing}", ask_ours, framing)
      for framing in FRAMINGS),
    *(Case(f"our frame_server, a client in Python, {spoken}", serve, framing,
           [*PEER, "ask", "HOST", "PORT", spoken])
      for framing, spoken in (*zip(FRAMINGS, FRAMINGS), ("line", "crlf"))),
    *(Case(f"our frame_client, a server in Python, {spoken}", ask_peer,
           framing, spoken)
      for framing, spoken in (*zip(FRAMINGS, FRAMINGS), ("line", "crlf"))),
    Case("our frame_server, lines of a client nc", serve_typed, "line",
         *LINES, WITH_NC, needs=NC),
    Case("our frame_server, lines of a client nc -C", serve_typed, "line",
         *LINES, WITH_CRLF, needs=NC),
    Case("our frame_server, printf's \\r\\n and a client nc", serve_typed,
         "line", r"hello\r\n\r\nWorld\r 1\r\n", b"HELLO\n\nWORLD\r 1\n",
         WITH_NC, needs=NC),
    Case("our frame_server, printf's lengths and a client nc", serve_typed,
         "length", r"\0\0\0\5hello\0\0\0\0\0\0\0\2\0\n",
         b"\0\0\0\5HELLO\0\0\0\0\0\0\0\2\0\n", WITH_NC, needs=NC),
    Case("our frame_server, printf's padding and a client nc", serve_typed,
         "fixed", "hello" + r"\0" * 27, b"HELLO" + bytes(27), WITH_NC,
         needs=NC),
    Case("our frame_server, lines of a client socat", serve_typed, "line",
         *LINES, WITH_SOCAT, needs=SOCAT),
    Case("our frame_client, a server of lines socat and sed", ask_socat,
         needs=SOCAT),
    Case("our frame_client, a server of lines nc", ask_nc, needs=NC),
]
