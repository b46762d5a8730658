"""Programs that run beside each other, and are ended whatever happens."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

PATIENCE = 30  # seconds; only what hangs takes as long as this
MOST = 1 << 20  # bytes of an output that are kept; the rest is only read
# Arguments are UTF-8, and peers in Python have to take them as that.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
HOST = "127.0.0.1"
# What a server prints once it can be connected to, and what it logs.
PRINTED = re.compile(r"listening on .*:(\d+)")
LOGGED = re.compile(r".*listening on .*[ :](\d+)", re.I)


class Trouble(Exception):
    """What was expected and what came; of which program, if of one; and more
    that is to be shown."""

    def __init__(self, expected, got, program=None, more=""):
        self.why = f"expected {expected}, got {got}"
        self.more = more
        # A sanitizer's report begins with a blank line, or a row of signs.
        said = program and re.search(r".*[^\W_].*", program.errors.text())
        if said:
            self.why += f"; {program.name} says: {said[0]}"
        super().__init__(self.why)


class Interruption:
    """Ctrl-C and its kin end the driver, but not at just any moment.

    An exception between a program's start and the line that notes it would
    leave that program behind. So a signal that comes in a block
    `with interruption.held():` is obeyed at the end of that block.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self):
        self.depth = 0
        self.came = 0

    def expect(self):
        for number in self.SIGNALS:
            # What is ignored from the beginning, as by nohup, stays so.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self.come)

    def come(self, number, _frame):
        self.came = number
        if self.depth == 0:
            self.leave()

    def leave(self):
        # Only once: a second one must not keep us from ending what runs.
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        number, self.came = self.came, 0
        sys.exit(128 + number)

    @contextlib.contextmanager
    def held(self):
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            if self.came and self.depth == 0:
                self.leave()


interruption = Interruption()
running = []  # all programs that were started and not closed


def close_all(since=0):
    with interruption.held():
        for program in running[since:]:
            program.close()


class Output:
    """What comes out of a pipe.

    A thread of its own reads it to its end, so that a program is never kept
    from writing.
    """

    def __init__(self, pipe):
        self.data = bytearray()
        self.seen = 0  # how much of it next_line() has given
        self.ended = pipe is None
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, args=[pipe],
                                       daemon=True)
        if pipe:
            self.reader.start()

    def read(self, pipe):
        with pipe:
            for piece in iter(lambda: pipe.read1(65536), b""):
                with self.changed:
                    self.data += piece[:MOST - len(self.data)]
                    self.changed.notify()
        with self.changed:
            self.ended = True
            self.changed.notify()

    def next_line(self):
        """The next line, once it is there; None after the last."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.ended or b"\n" in self.data[self.seen:])
            line, end, _ = self.data[self.seen:].partition(b"\n")
            self.seen += len(line + end)
        return line.decode(errors="replace") if line + end else None

    def whole(self):
        """All of it, of a program that has ended."""
        if not self.ended:
            self.reader.join(PATIENCE)
        with self.changed:
            return bytes(self.data)

    def text(self):
        """What there is of it so far."""
        with self.changed:
            return self.data.decode(errors="replace")


class Program:
    """A program that runs until it ends or is closed.

    It leads a session of its own, so that what it starts is ended with it. When
    it has ended it stays a zombie until close(): until then, nothing else can
    have its number.
    """

    def __init__(self, command, stdin, stdout):
        script = command[0] == sys.executable
        self.name = Path(command[1 if script else 0]).name
        self.command = shlex.join(command)
        self.port = None  # where it listens, if it is a server
        self.overdue = False
        with interruption.held():
            try:
                self.process = subprocess.Popen(
                    [word.encode(errors="surrogateescape")
                     for word in command],
                    stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
                    env=ENVIRONMENT, start_new_session=True)
            except OSError as error:
                raise Trouble(f"that {self.name} starts",
                              error.strerror) from error
            self.output = Output(self.process.stdout)
            self.errors = Output(self.process.stderr)
            running.append(self)

    def kill(self):
        """Ends it and all that it has started, whatever they are doing."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def close(self):
        with interruption.held():
            self.kill()
            self.process.wait()
            self.output.whole()
            self.errors.whole()
            running.remove(self)

    @contextlib.contextmanager
    def limited(self):
        """Kills it if what is waited for takes too long."""
        def give_up():
            self.overdue = True
            self.kill()
        timer = threading.Timer(PATIENCE, give_up)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def next_line(self, logged=False):
        """What it prints or, if it is a log on stderr, what that says."""
        with self.limited():
            return (self.errors if logged else self.output).next_line()

    def find_port(self, logged):
        """Reads where it listens: in its first line, or anywhere in its log."""
        form = LOGGED if logged else PRINTED
        line = self.next_line(logged)
        while logged and line is not None and not form.fullmatch(line):
            line = self.next_line(logged)
        found = form.fullmatch(line or "")
        if not found:
            raise Trouble(f'"listening on HOST:PORT" of {self.name}',
                          self.end_of_output() if line is None else
                          f'"{line}"', self)
        self.port = found[1]

    def end_of_output(self):
        """Why no further line comes."""
        if self.overdue:
            return f"no such line within {PATIENCE} s"
        return f"no such line, but {self.wait()}"

    def addressed(self, command):
        """A client's command; HOST and PORT in its arguments are this one's."""
        return [command[0], *(
            word.replace("HOST", HOST).replace("PORT", self.port)
            for word in command[1:])]

    def end(self, options=0):
        """How it ended: "status 0" or the like; or None."""
        end = os.waitid(os.P_PID, self.process.pid,
                        os.WEXITED | os.WNOWAIT | options)
        if end is None or end.si_code == os.CLD_EXITED:
            return end and f"status {end.si_status}"
        number = end.si_status
        return f"signal {number}, {signal.strsignal(number)}"

    def end_so_far(self):
        """The same, at once; None as long as it runs."""
        return self.end(os.WNOHANG)

    def wait(self, after=""):
        """Waits for its end, and returns how that was."""
        with self.limited():
            end = self.end()
        self.kill()  # what it has left running, and might still write for it
        self.output.whole()
        self.errors.whole()
        if self.overdue:
            raise Trouble(f"that {self.name} ends{after}",
                          f"no end within {PATIENCE} s", self)
        return end

    def succeed(self, after=""):
        """Waits for its end, which must be one with status 0."""
        got = self.wait(after)
        if got != "status 0":
            raise Trouble(f"status 0 of {self.name}{after}", got, self)

    def complain_not(self):
        """It has ended, and must have said nothing on stderr."""
        if self.errors.whole():
            raise Trouble(f"no complaint of {self.name}", "one", self)

    def end_in_order(self):
        """Asks a server of ours to end: with status 0, and no complaint."""
        if self.end_so_far():
            raise Trouble(f"that {self.name} serves until SIGTERM",
                          self.wait(), self)
        # To it alone, and no SIGCONT ever: LeakSanitizer has a process of its
        # own, which stops this one to look for leaks.
        os.kill(self.process.pid, signal.SIGTERM)
        self.succeed(after=" after SIGTERM")
        self.complain_not()
