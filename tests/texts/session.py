"""A text, typed by somebody who sits at all of its terminals.

Nothing here waits for time to pass, but where something is wrong. A command has
ended when the next prompt comes. A program that goes on, like a server, has
said what it has to say when it is what the text shows and all programs are at
rest. Before anything is typed, all of them are.
"""

import select
import time

from kind import difference
from rest import BUSY, REST, Look
from terminal import Terminal

PATIENCE = 20  # seconds; only what differs from the text takes as long as this
# Seconds for programs that wake up by themselves, again and again: their
# commands are taken for such that don't return.
RESTLESS = 2
GLANCE = 0.02  # seconds, until it is looked again whether all are at rest
# Seconds in which nobody moves, until that is believed: what is typed, printed
# or sent may be in the hands of the kernel, which wakes those whom it concerns
# when it comes to it.
STILLNESS = 0.1


class Trouble(Exception):
    """What is wrong, and more that is to be shown."""

    def __init__(self, why, more=""):
        super().__init__(why)
        self.why = why
        self.more = more


class Session:
    """All terminals of a text."""

    def __init__(self, folder, environment, patience=PATIENCE):
        self.folder = folder
        self.environment = environment
        self.patience = patience
        self.terminals = {}
        self.look = Look()
        self.since = time.monotonic()  # nobody has moved
        self.before = {}  # how often who would be told has slept before that

    def terminal(self, name):
        old = self.terminals.get(name)
        if not old or old.ended:
            new = Terminal(name, self.folder, self.environment)
            self.terminals[name] = new
            self.until(lambda: not new.running, self.patience)
            new.forget()
        return self.terminals[name]

    def pump(self):
        """Reads what all terminals say; waits for a moment if that is none."""
        some = [one.pump() for one in self.terminals.values()]
        if not any(some):
            open_ones = [one.child.child_fd for one in self.terminals.values()
                         if not one.ended]
            select.select(open_ones, [], [], GLANCE)

    def until(self, condition, seconds):
        """Whether the condition has come true in that time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.pump()
        return True

    def calm(self):
        """How calm it is, where all has been read that was said."""
        look, now = Look(), time.monotonic()
        said = [one.pump() for one in self.terminals.values()]
        if any(said) or look.switches() != self.look.switches():
            self.since = now
        self.look = look
        return look.calm() if now - self.since > STILLNESS else BUSY

    def settle(self):
        """Waits until nobody does anything."""
        self.until(lambda: self.calm() != BUSY, self.patience)

    def come_back(self, terminal):
        """The shell's prompt, where a command is to be typed."""
        # It may be about to end by itself.
        self.until(lambda: not terminal.running or
                   self.calm() == REST, RESTLESS)
        if terminal.running:
            terminal.press("^C")
        if not self.until(lambda: not terminal.running, self.patience):
            terminal.kill()
            self.until(lambda: not terminal.running, self.patience)
            raise Trouble("the program before it does not end by Ctrl-C")

    def goes_on(self, terminal, alike):
        """Whether the program is one that goes on, and has said it all; alike
        is for how many seconds that is what the text shows."""
        calm, group = self.calm(), terminal.group()
        patient = alike > RESTLESS
        # Whoever has not been awake since may not know yet.
        if calm == BUSY or not patient and \
                self.look.switches(group) == self.before:
            return False
        return self.look.calm(group) == REST or \
            patient and not self.look.group_sleeps(group)

    def watch(self, terminal, shown):
        """Waits until the terminal has said what is shown, and no more.

        Returns nothing, or what is wrong.
        """
        end = time.monotonic() + self.patience
        since = None
        while time.monotonic() < end:
            self.pump()
            alike = terminal.has_said(shown)
            if terminal.ended:
                return "" if alike else "the shell has ended"
            since = (since or time.monotonic()) if alike else None
            if not terminal.running:
                calm = self.calm() != BUSY
                if alike and calm and terminal.has_said(shown):
                    return ""
                if not alike and calm and not terminal.jobs:
                    break
            elif alike and self.goes_on(terminal, time.monotonic() - since) \
                    and terminal.running and terminal.has_said(shown):
                return ""
        if not terminal.has_said(shown):
            return "something else came"
        return "the command does not end" if terminal.running else ""

    def do(self, terminal, step):
        """Does what is typed or pressed."""
        if step.kind == "command":
            self.come_back(terminal)
            self.settle()
        self.before = {} if step.kind == "output" else \
            self.look.switches(terminal.group())
        if step.kind == "command":
            terminal.enter(step.typed)
        elif step.kind != "output" and not terminal.running:
            raise Trouble("no program runs here any more")
        elif step.kind == "input":
            terminal.answer(step.typed)
        elif step.kind == "key":
            terminal.press(step.typed)

    def try_step(self, terminal, step):
        """Raises Trouble if something else comes of it than the text shows."""
        self.settle()
        self.do(terminal, step)
        why = self.watch(terminal, step.shown)
        missing = terminal.status == 127 and not terminal.running and \
            step.kind == "command" and "not found" not in str(step.shown)
        if why or missing:
            more = difference(step.shown, terminal.lines())
            terminal.forget()
            raise Trouble(why or "there is no such command", more)
        terminal.forget()

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()
