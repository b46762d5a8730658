"""What cases are written with.

A case is a function that is given a trial, with which it starts programs. It
raises Trouble if something is not as expected. Whatever it has started is ended
after it.
"""

import contextlib
import functools
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from program import HOST, PATIENCE, Program, Trouble, close_all, \
    interruption, running

# The strangers: what each is tried with, and what that says. Other programs
# may have the same name and know other options.
STRANGERS = {
    "nc of OpenBSD's kind": (["nc", "-h"], "OpenBSD"),
    "socat": (["socat", "-V"], "socat"),
    "python3 with json": ([sys.executable, "-c",
                           "import json; print(json.__name__)"], "json"),
    "nginx": (["nginx", "-v"], "nginx"),
    "busybox with httpd": (["busybox", "--list"], "httpd"),
    "IPv6": ([sys.executable, "-c", "import socket; socket.create_server(("
              "'::1', 0), family=socket.AF_INET6); print('bound')"], "bound"),
    "localhost that is 127.0.0.1 alone": (
        [sys.executable, "-c", "import socket; print({one[4][0] for one in "
         "socket.getaddrinfo('localhost', 0)})"], "{'127.0.0.1'}"),
}
SCRATCH = Path("build/tmp")
SHOWN = 20  # lines of what each program says, below a failure


@dataclass(frozen=True)
class Ours:
    """A program of a lesson."""

    lesson: str
    name: str


class Case:
    """One case; needs is the stranger without which it is skipped, or several.
    """

    def __init__(self, name, function, *arguments, needs=None):
        self.name = name
        self.function = function
        self.arguments = arguments
        self.needs = (needs,) if isinstance(needs, str) else needs or ()


@functools.lru_cache(maxsize=None)
def missing(stranger):
    """Why there is no such stranger; nothing if there is one."""
    command, says = STRANGERS[stranger]
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                                stdout=subprocess.PIPE, timeout=PATIENCE,
                                stderr=subprocess.STDOUT)
        if says.encode() in result.stdout:
            return ""
    except (OSError, subprocess.TimeoutExpired):
        pass
    return f"there is no {stranger}"


def what_they_say():
    """What each program has said on stderr, and how it ended, if it has."""
    said = []
    for program in running:
        end = program.end_so_far()
        said += [f"$ {program.command}" + (f"    ({end})" if end else "")]
        said += program.errors.text().split("\n")[:SHOWN]
    return "\n".join(line for line in said if line)


class Trial:
    """A case as it is tried."""

    def __init__(self, name, workshop, tap):
        self.name = name
        self.workshop = workshop
        self.tap = tap

    @contextlib.contextmanager
    def result(self, name):
        """Gives a result, unless parts of it have given theirs."""
        programs, results = len(running), self.tap.results
        try:
            yield
            if self.tap.results == results:
                self.tap.ok(name)
        except Trouble as trouble:
            self.tap.not_ok(name, trouble.why,
                            f"{trouble.more}\n{what_they_say()}".strip())
        finally:
            close_all(since=programs)

    def part(self, title):
        """A part of the case that has a result of its own, come what may."""
        return self.result(f"{self.name}: {title}")

    def start(self, command, sends=b"", **streams):
        """A program whose standard input is what it sends."""
        command = [self.workshop.find(word) if isinstance(word, Ours) else word
                   for word in command]
        # A file, so that it is there as a whole and nobody has to write it. It
        # has no name, or only for a moment in which we are not interrupted.
        SCRATCH.mkdir(parents=True, exist_ok=True)
        with interruption.held(), tempfile.TemporaryFile(dir=SCRATCH) as file:
            file.write(sends)
            file.seek(0)
            return Program(command, **{"stdin": file,
                                       "stdout": subprocess.PIPE, **streams})

    def serve(self, command, logged=False, **streams):
        """A server that listens, as its first line says, or its log."""
        server = self.start(command, **streams)
        server.find_port(logged)
        return server

    def serve_ours(self, ours):
        return self.serve([ours, HOST, "0"])

    def run(self, command, sends=b""):
        """Runs a program to its end: with status 0, and no complaint.

        Returns what it has printed.
        """
        program = self.start(command, sends)
        program.succeed()
        program.complain_not()
        return program.output.text()
