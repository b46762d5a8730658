"""What a text has in its fenced blocks of the kind "console".

    ```console [TERMINAL] [norun]

Such a block is typed in a terminal, "main" if none is named. In it

    $ COMMAND       is typed at the shell's prompt, with the lines below it as
                    long as they belong to the command
    > LINE          is typed to the program that runs
    ^C  ^D          is pressed

and all other lines are what came of it. Those at the beginning of a block have
been added since the last block of that terminal.
"""

import re
import subprocess
from dataclasses import dataclass, field

# What bash says of a command that goes on in the next line.
GOES_ON = re.compile("unexpected EOF|unexpected end of file|"
                     "delimited by end-of-file")
KEY = re.compile(r"\^([A-Z\\])$")


@dataclass
class Step:
    """Something that is done, and the lines that the text shows of it."""

    line: int
    kind: str  # "command", "input", "key", or "output": then nothing is done
    typed: str = ""
    shown: list = field(default_factory=list)

    def __str__(self):
        return {"command": "$ ", "input": "> ", "key": ""}.get(
            self.kind, "what has been added") + self.typed


@dataclass
class Block:
    """One fenced block; line is that of its fence."""

    line: int
    terminal: str
    run: bool
    steps: list = field(default_factory=list)
    wrong: str = ""  # what can't be understood in it


def goes_on(command):
    """Whether the command is not complete yet."""
    if len(re.search(r"\\*$", command)[0]) % 2:
        return True
    said = subprocess.run(["bash", "-n"], input=command + "\n", check=False,
                          capture_output=True, encoding="utf-8",
                          env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    return bool(GOES_ON.search(said.stderr))


def fenced(text):
    """Each fenced block: the number of its first line, its info string, and the
    lines in it; None for them if it has no end."""
    start, fence, info, lines = 0, "", "", []
    for number, line in enumerate(text.splitlines(), 1):
        if not start:
            found = re.match(r"( *)(```+|~~~+)\s*([^`]*)$", line)
            if found:
                start, indent, lines = number, len(found[1]), []
                fence, info = found[2], found[3]
        elif re.fullmatch(f" *{fence}{fence[0]}*\\s*", line):
            yield start, info, lines
            start = 0
        else:
            lines.append(re.sub(f"^ {{0,{indent}}}", "", line))
    if start:
        yield start, info, None


def read_steps(block, lines):
    """Fills in the block's steps."""
    unfinished = None
    for number, line in enumerate(lines, block.line + 1):
        key = KEY.match(line)
        if unfinished:
            unfinished.typed += "\n" + line
        elif line.startswith("$ "):
            unfinished = Step(number, "command", line[2:])
            block.steps.append(unfinished)
        elif line == ">" or line.startswith("> "):
            block.steps.append(Step(number, "input", line[2:]))
        elif key:
            block.steps.append(Step(number, "key", line))
        elif line.strip():
            if not block.steps:
                block.steps.append(Step(number, "output"))
            block.steps[-1].shown.append(line)
        if unfinished and not goes_on(unfinished.typed):
            unfinished = None
    if unfinished:
        block.wrong = (f"line {unfinished.line}: a command that never ends: "
                       f"{unfinished}")


def read(text):
    """The console blocks of a text, in its order."""
    blocks = []
    for line, info, lines in fenced(text):
        words = info.split()
        if words[:1] != ["console"]:
            continue
        names = words[1:]
        run = names[-1:] != ["norun"]
        if not run:
            names.pop()
        block = Block(line, (names or ["main"])[0], run)
        blocks.append(block)
        if lines is None:
            block.wrong = "this block has no end"
        elif len(names) > 1 or "norun" in names:
            block.wrong = f"'{info}' is more than a terminal's name and norun"
        elif block.run:
            read_steps(block, lines)
    return blocks
