"""Whether an output is of the kind that a text shows.

Words have to be the same. A number stands for any other, a blank for any white
space, `…` for anything in its line, or for any lines if it stands alone there.
"""

import difflib
import itertools
import re

LINE, LINES = "anything in the line", "any lines"
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORD = re.compile(r"""
    (?P<address> (?<![\w.]) \d{1,3} (?:\.\d{1,3}){3} (?!\d) ) |
    0x(?P<hex> [0-9a-fA-F]+ ) |
    (?P<digits> \d\w* (?:[.,]\d\w*)* ) |
    (?P<letters> \w+ ) |
    (?P<blank> \s+ ) |
    (?P<other> . )""", re.X)
# Those of a hexadecimal number that begins with a digit, or is long enough to
# be no word.
PLAIN_HEX = re.compile(r"(?=.*[0-9])(?:[0-9][0-9a-f]*[a-f][0-9a-f]*|"
                       r"[a-f][0-9a-f]{3,})")


def pattern_of(found):
    """The regular expression for a word, or a sign, of what is shown."""
    text = found[0]
    if found["blank"]:
        return r"\s+"
    if found["hex"]:
        return "0x[0-9a-fA-F]+"
    if (found["digits"] or found["letters"]) and PLAIN_HEX.fullmatch(text):
        return "[0-9a-f]+"
    if found["digits"]:
        rest = map(re.escape, NUMBER.split(text))
        return NUMBER.pattern.join(rest)
    return re.escape(text)


def compiled(shown):
    """What is shown: a list of regular expressions, LINE and LINES."""
    parts = []
    for line in shown:
        pieces = [" ".join(piece.split()) for piece in line.split("…")]
        if pieces == ["", ""]:
            parts.append(LINES)
            continue
        for number, piece in enumerate(pieces):
            if number:
                parts.append(LINE)
            if piece:
                parts.append(re.compile("".join(
                    map(pattern_of, WORD.finditer(piece)))))
        parts.append(re.compile(r"\s+"))
    return parts


def tidy(lines):
    """Without what is only space."""
    lines = (" ".join(line.split()) for line in lines)
    return [line for line in lines if line]


def matches(shown, came):
    """Whether the lines that came are of the kind of those that are shown.

    All places of the text are kept that may have been come to so far.
    """
    shown, text = tidy(shown), "".join(line + "\n" for line in tidy(came))
    starts = [0] + [place + 1 for place, sign in enumerate(text)
                    if sign == "\n"]
    places = {0}
    for part in compiled(shown):
        if part is LINE:
            places = {further for place in places for further in
                      range(place, text.find("\n", place) + 1)}
        elif part is LINES:
            first = min((place for place in places if place in starts),
                        default=len(text) + 1)
            places = {start for start in starts if start >= first}
        else:
            ends = (part.match(text, place) for place in places)
            places = {found.end() for found in ends if found}
    return len(text) in places


def difference(shown, came):
    """What is shown (-) and what came (+), line by line."""
    shown, came = tidy(shown), tidy(came)
    left = list(shown)
    alike = []
    for line in came:
        same = next((other for other in left
                     if other != "…" and matches([other], [line])), None)
        if same:
            left.remove(same)
        alike.append(same or line)
    lines = [line for line in difflib.ndiff(shown, alike) if line[0] != "?"]
    return "\n".join(without_any(lines))


def without_any(lines):
    """The lines of a difference, without those that `…` stands for."""
    kept = []
    for same, group in itertools.groupby(lines, lambda line: line[0] == " "):
        group = list(group)
        only = [line for line in group if line[0] == "-"] == ["- …"]
        kept += ["  …"] if only and not same else group
    return kept
