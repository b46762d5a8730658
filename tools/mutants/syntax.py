"""syntax: the functions of a C file as clang has read them.

clang, which `make test` needs anyway, writes its syntax tree as JSON. Of that
this keeps what a change to the text needs: where each node begins and ends.
"""

import json
import subprocess


class Node:
    """A node of the tree. TEXT[begin:end] is what it was made of.

    What a macro has made is one node without any below it: only its use stands
    in the text."""

    def __init__(self, raw, text):
        begin, end = raw["range"]["begin"], raw["range"]["end"]
        self.raw = raw
        self.kind = raw["kind"]
        self.begin = place(begin)["offset"]
        self.end = end_of(end, text)
        self.text = text[self.begin:self.end]
        self.is_macro = "expansionLoc" in begin and \
            "expansionLoc" in end and place(end)["offset"] == self.begin
        # What is missing, as the parts of for (;;), is None.
        self.inner = [] if self.is_macro else [
            Node(inner, text) if has_place(inner) else None
            for inner in raw.get("inner", [])]

    @property
    def operator(self):
        return self.raw.get("opcode")

    @property
    def type(self):
        return self.raw.get("type", {}).get("qualType", "")

    def below(self):
        """This node and all below it, with the parent of each."""
        todo = [(None, self)]
        while todo:
            parent, node = todo.pop(0)
            yield parent, node
            todo[:0] = [(node, inner) for inner in node.inner if inner]

    def bare(self):
        """The node, without the conversions that nobody has written."""
        node = self
        while node.kind == "ImplicitCastExpr" and node.inner:
            node = node.inner[0]
        return node


def place(location):
    return location.get("expansionLoc", location)


def has_place(raw):
    found = raw.get("range")
    return bool(found and all(
        "offset" in place(found[side]) and
        "includedFrom" not in place(found[side])
        for side in ("begin", "end")))


def end_of(location, text):
    """Behind the last token; of a macro, behind its arguments."""
    end = place(location)["offset"] + place(location)["tokLen"]
    if "expansionLoc" not in location or text[end:end + 1] != "(":
        return end
    depth = 0
    for end in range(end, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            break
    return end + 1


def functions(file, text, flags=()):
    """The functions that are defined in FILE, by name."""
    tree = json.loads(subprocess.run(
        ["clang", *flags, "-w", "-fsyntax-only", "-Xclang", "-ast-dump=json",
         str(file)], check=True, stdout=subprocess.PIPE).stdout)
    return {raw["name"]: Node(raw, text) for raw in tree["inner"]
            if raw["kind"] == "FunctionDecl" and has_place(raw) and
            any(inner["kind"] == "CompoundStmt"
                for inner in raw.get("inner", []))}
