#!/usr/bin/env python3
"""digest_client.py HOST PORT < FILE

Sends standard input to a digest server, and prints its answer. An answer may
come before all is sent: then the rest is not sent.
"""

# Not passed: client_reports_what_fails: the reason is said, but status 120
# Not passed: client_asks_for_its_arguments: a traceback, and status 1

import contextlib
import os
import re
import select
import socket
import sys

STDIN = 0  # by its number: sys.stdin would read ahead
PIECE_SIZE = 65536
ANSWER_SIZE = 31  # one byte more than any answer has
DIGEST = re.compile(rb"[0-9]+ [0-9a-f]{8}\n")
TOO_LARGE = b"too large\n"


class Exchange:
    """Both directions of a connection, and what is under way in each."""

    def __init__(self, server):
        self.server = server
        self.piece = b""  # has still to be sent
        self.has_finished = self.has_ended = False
        self.answer = b""
        self.error = None  # is told of only once, by whichever call

    def finish_sending(self):
        self.has_finished = True
        # If the server is gone, what it has sent is still to be received.
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_WR)

    def receive_some(self):
        try:
            more = self.server.recv(ANSWER_SIZE - len(self.answer))
        except BlockingIOError:
            return
        except OSError as error:
            self.error, more = error, b""
        self.answer += more
        self.has_ended = not more or len(self.answer) == ANSWER_SIZE
        if not self.has_finished:
            self.finish_sending()

    def send_some(self):
        try:
            self.piece = self.piece[self.server.send(self.piece):]
        except BlockingIOError:
            pass
        except OSError as error:
            self.error = error
            self.finish_sending()

    def read_piece(self):
        self.piece = os.read(STDIN, PIECE_SIZE)
        if not self.piece:
            self.finish_sending()

    def take_step(self):
        """Waits until something can be done in either direction."""
        readable, writable = [self.server], []
        if not self.has_finished and self.piece:
            writable.append(self.server)
        elif not self.has_finished:
            readable.append(STDIN)
        readable, writable, _ = select.select(readable, writable, [])
        if self.server in readable:
            self.receive_some()
        elif writable:
            self.send_some()
        else:
            self.read_piece()


def answer_of(server):
    """What the server answers to standard input; OSError if it is none."""
    server.setblocking(False)
    exchange = Exchange(server)
    while not exchange.has_ended:
        exchange.take_step()
    answer = exchange.answer
    if DIGEST.fullmatch(answer) or answer == TOO_LARGE:
        return answer
    raise exchange.error or OSError(
        "what came is no answer" if answer else "ended without an answer")


def main():
    """Has one exchange with the server."""
    host, port = sys.argv[1], int(sys.argv[2])
    if sys.stdin is None:  # closed: the socket would get its number
        os.open(os.devnull, os.O_RDONLY)
    try:
        with socket.create_connection((host, port)) as server:
            answer = answer_of(server)
        sys.stdout.buffer.write(answer)
        sys.stdout.flush()
    except OSError as error:
        sys.exit(f"digest_client: {error}")
    sys.exit(answer == TOO_LARGE)


main()
