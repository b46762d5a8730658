"""survivors: what is known of the mutants that nobody could see.

tests/NN-name/survivors has a paragraph for each, or for several with the same
reason, between empty lines; one that begins otherwise is a remark:
    == echo_server.c open_listener off by one
    - else if (listen(listener, 1) == -1)
    + else if (listen(listener, 2) == -1)
    Why nobody could see it.
The heading has the file, the function and the kind of change; behind them "#2"
is the second of the function's mutants that are alike in all that. The lines
with - are what stands there in the solution, those with + in the mutant; how
they are broken does not matter.
"""

from pathlib import Path

from mutant import squeezed


class Unreadable(Exception):
    """What is wrong with a file of survivors."""


def read(lesson):
    """The reason for each survivor that is explained, by its name."""
    path = Path("tests") / lesson / "survivors"
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    found = {}
    for paragraph in text.split("\n\n"):
        if paragraph.lstrip().startswith("== "):
            names, reason = understood(paragraph.strip().split("\n"))
            if not names or not reason:
                raise Unreadable(f"{path}: no reason, or no mutant:\n"
                                 f"{paragraph}")
            found.update(dict.fromkeys(names, reason))
    return found


def understood(lines):
    """The mutants' names, and the reason, in a paragraph's lines."""
    names, reason = [], ""
    for line in lines:
        if line.startswith("== "):
            names.append([line[3:].strip(), "", ""])
        elif line[:1] in "+-" and not reason:
            names[-1][1 if line[0] == "-" else 2] += line[1:] + "\n"
        else:
            reason += line + "\n"
    return [(heading, squeezed(old), squeezed(new))
            for heading, old, new in names], reason.strip()
