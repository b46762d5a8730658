"""Whether programs are at rest: whether they all wait for somebody else.

Of a program that prints nothing more nobody can tell by waiting that it has
said all it has to say. The kernel can: each of its threads sleeps in a call
that only others end. All processes that there are are looked at; so this is
for whoever has a namespace of processes for himself.
"""

import glob
import os
import platform
import re
from pathlib import Path

BUSY, TIMED, REST = range(3)  # it runs; time will wake it; only others will

# The calls that wait for others, by number, of x86-64 and of aarch64. For those
# that may have a limit of time: its place among the arguments.
CALLS = {
    "x86_64": {
        0: None, 1: None, 7: 2, 19: None, 20: None, 23: 4, 34: None, 40: None,
        43: None, 44: None, 45: None, 46: None, 47: None, 61: None, 72: None,
        73: None, 128: 2, 130: None, 202: 3, 232: 3, 247: None, 270: 4, 271: 2,
        275: None, 281: 3, 288: None, 299: 4, 307: None, 441: 3},
    "aarch64": {
        22: 3, 25: None, 32: None, 63: None, 64: None, 65: None, 66: None,
        71: None, 72: 4, 73: 2, 76: None, 95: None, 98: 3, 133: None, 137: 2,
        202: None, 206: None, 207: None, 211: None, 212: None, 242: None,
        243: 4, 260: None, 269: None, 441: 3},
}.get(platform.machine(), {})
# Those that count milliseconds, so that -1 is for ever; the others are given an
# address, and for ever is none.
COUNTING = {"x86_64": {7, 232, 281}, "aarch64": {22}}.get(
    platform.machine(), set())
SLEEPS = {"x86_64": {35, 230}, "aarch64": {101, 115}}.get(
    platform.machine(), set())


class Thread:
    """What the kernel tells of one thread."""

    def __init__(self, folder):
        status = (folder / "status").read_text()
        # Its name may have blanks, and brackets too.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        self.state, self.group = fields[0], int(fields[2])
        self.switches = re.findall(r"ctxt_switches:\s*(\d+)", status)
        self.sleeps = False
        try:
            call = (folder / "syscall").read_text().split()
        except PermissionError:
            call = []  # whoever has become another user is not to be looked at
        self.calm = self.judge(call)

    def judge(self, call):
        if self.state in "TZX":  # stopped, or ended
            return REST
        if self.state != "S" or call[:1] == ["running"]:
            return BUSY
        if not call:
            return REST
        number = int(call[0])  # or -1, in no call
        if number in SLEEPS:
            self.sleeps = True
            return TIMED
        if number not in CALLS:
            return BUSY
        place = CALLS[number]
        if place is None:
            return REST
        limit = int(call[1 + place], 16) & 0xffffffffffffffff
        if number in COUNTING:
            return REST if limit & 0xffffffff == 0xffffffff else TIMED
        return REST if limit == 0 else TIMED


def threads():
    """All threads but those of this process and of the first one."""
    found = {}
    for name in glob.glob("/proc/[0-9]*/task/[0-9]*"):
        folder = Path(name)
        if int(folder.parts[2]) in (1, os.getpid()):
            continue
        try:
            found[folder] = Thread(folder)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return found


class Look:
    """A look at all of them."""

    def __init__(self):
        self.threads = threads()

    def switches(self, group=None):
        """How often each of them, or of a group of processes, has slept: where
        that is as it was, none of them has been awake between."""
        return {folder: thread.switches
                for folder, thread in self.threads.items()
                if group in (None, thread.group)}

    def calm(self, group=None):
        """How calm it is: BUSY, TIMED or REST, as the least calm of them."""
        return min((thread.calm for thread in self.threads.values()
                    if group in (None, thread.group)), default=REST)

    def group_sleeps(self, group):
        """Whether one of them only lets time pass."""
        return any(thread.sleeps for thread in self.threads.values()
                   if thread.group == group)
