"""mutant: one mutant, and what tells it from the others."""

import re
import subprocess

from changes import changes_in
from syntax import functions


class Mutant:
    """A function of the solution with one change."""

    def __init__(self, file, function, change, text):
        self.file = file
        self.function = function
        self.kind = change.kind
        self.text = text[:change.begin] + change.new + text[change.end:]
        self.line = text.count("\n", 0, change.begin) + 1
        self.old = lines_around(text, change.begin, change.end)
        self.new = lines_around(self.text, change.begin,
                                change.begin + len(change.new))
        self.which = 1  # of those that are alike in all this

    def name(self):
        """What it is known by, also when lines have moved."""
        which = f" #{self.which}" if self.which > 1 else ""
        return (f"{self.file} {self.function} {self.kind}{which}",
                squeezed(self.old), squeezed(self.new))

    def shown(self):
        """As the file of survivors has it."""
        heading, _, __ = self.name()
        return "\n".join([f"== {heading}", *signed("-", self.old),
                          *signed("+", self.new)])


def lines_around(text, begin, end):
    """The whole lines in which TEXT[begin:end] stands."""
    return text[text.rfind("\n", 0, begin) + 1:
                (text + "\n").index("\n", max(begin, end))]


def squeezed(text):
    return " ".join(text.split())


def signed(sign, text):
    return [f"{sign} {line.strip()}" for line in text.split("\n")
            if line.strip()]


def mutants_of(file, text, names, flags):
    """All mutants of the functions NAMES of a file, in their order."""
    defined = functions(file, text, flags)
    found, alike = [], {}
    for name in names:
        if name not in defined:
            raise LookupError(f"{file} has no function {name}()")
        for change in changes_in(defined[name], text):
            mutant = Mutant(file.name, name, change, text)
            same = alike.setdefault(mutant.name(), [])
            same.append(mutant)
            mutant.which = len(same)
            found.append(mutant)
    return found


def code_of(text, file, flags):
    """The code that TEXT, in the place of FILE, compiles to; None if it does
    not compile. The assembler's own labels are numbered anew: they say where a
    function has more of them, not what is done in those after it."""
    result = subprocess.run(
        [*flags, f"-I{file.parent}", "-w", "-fno-ident", "-S", "-x", "c", "-o",
         "-", "-"], input=text.encode("latin-1"), check=False,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if result.returncode != 0:
        return None
    numbers = {}
    return re.sub(rb"\.L[A-Z]*[0-9]+",
                  lambda label: b".L%d" % numbers.setdefault(
                      label[0], len(numbers)), result.stdout)
