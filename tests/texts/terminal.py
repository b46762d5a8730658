"""A terminal with a shell, for somebody who types what a text says."""

import os
import re
import secrets
import signal
import termios

import pexpect

from kind import matches

# Nobody else prints it: the number of jobs, and the last command's status.
TOKEN = secrets.token_hex(8)
PROMPT = re.compile(rf"<{TOKEN} (\d+) (\d+)>")
# What a terminal is told that is no text: colours, titles, modes.
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|"
                    r"[@-Z\\^_=>])")
# What the shell says of its jobs. They are told of at odd moments.
JOB = re.compile(r"\[\d+\]([ +-] {1,2}\S.*| \d+)$")
# Whoever reads its file has a prompt that can't be mistaken, no editor that
# would print what is typed, and a shell that keeps its jobs to itself.
STARTED_WITH = f"""\
PS1='<{TOKEN} \\j $?>' PS2= PROMPT_COMMAND='jobs >/dev/null'
set +o emacs +o vi
unset HISTFILE
"""


def quoted(more, lines):
    """Whether the lines begin with these; the last may break off."""
    return len(lines) >= len(more) and lines[:len(more) - 1] == more[:-1] and \
        more[-1].startswith(lines[len(more) - 1].rstrip())


def without_jobs(lines, quotable):
    """The lines without what the shell says of its jobs.

    It quotes the command. Of commands of several lines these are the further
    ones.
    """
    lines, kept = list(lines), []
    while lines:
        line = lines.pop(0)
        if not JOB.match(line.strip()):
            kept.append(line)
            continue
        more = next((more for more in quotable if quoted(more, lines)), [])
        del lines[:len(more)]
    return kept


def as_in_a_shell():
    """Gives the signals that Python ignores their usual effect."""
    for name in signal.SIGPIPE, signal.SIGXFSZ:
        signal.signal(name, signal.SIG_DFL)


class Terminal:
    """A terminal of 80 columns."""

    def __init__(self, name, folder, environment):
        self.name = name
        self.child = pexpect.spawn(
            "bash", ["-i"], cwd=folder, env=environment, echo=False,
            dimensions=(24, 80), encoding="utf-8", codec_errors="replace",
            timeout=None, preexec_fn=as_in_a_shell)
        self.child.delaybeforesend = None
        self.ended = False  # the shell has
        self.running = True  # a program, or the shell that begins
        self.said = ""  # since the last step
        self.echoed = ""  # what a program that edits its lines has printed
        self.further = []  # for commands of several lines, those further lines
        self.jobs = self.status = 0  # as the last prompt has it

    def pump(self):
        """Reads what there is. Returns whether there was anything."""
        before = len(self.said)
        while not self.ended:
            try:
                self.said += self.child.read_nonblocking(65536, timeout=0)
            except pexpect.TIMEOUT:
                break
            except pexpect.EOF:
                self.ended = True
        prompts = PROMPT.findall(self.said)
        if prompts:
            self.running = False
            self.jobs, self.status = map(int, prompts[-1])
        return len(self.said) > before

    def forget(self):
        """What has been said so far is not shown in the text."""
        self.said = self.echoed = ""

    def lines(self):
        """What has been said, as it is read."""
        text = PROMPT.sub("\n", self.said.replace("\r\n", "\n"))
        text = ESCAPE.sub("", text)
        if self.echoed:
            text = text.partition(self.echoed)[2] or text
        lines = [line.rpartition("\r")[2] for line in text.split("\n")]
        return without_jobs(lines, self.further)

    def has_said(self, shown):
        """Whether it is what the text shows; with or without the last line, if
        that is a program's that waits for an answer."""
        lines, shown = self.lines(), without_jobs(shown, self.further)
        return matches(shown, lines) or (
            self.running and matches(shown, lines[:-1]))

    def group(self):
        """The processes that are in the foreground."""
        return os.tcgetpgrp(self.child.child_fd)

    def enter(self, command):
        """Types a command."""
        self.forget()
        self.running = True
        if "\n" in command:
            self.further.append(command.split("\n")[1:])
        self.child.sendline(command)

    def answer(self, text):
        """Types something to the program that runs."""
        self.forget()
        edits = not termios.tcgetattr(self.child.child_fd)[3] & termios.ICANON
        self.echoed = text if edits else ""
        self.child.sendline(text)

    def press(self, key):
        self.forget()
        self.child.send(chr(ord(key[-1]) - 64))

    def kill(self):
        """Ends the program in the foreground, whatever it does."""
        os.killpg(self.group(), signal.SIGKILL)

    def close(self):
        self.child.close(force=True)
