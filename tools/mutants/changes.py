"""changes: what can be changed in a function, so that it is a mutant."""

import re
from collections import namedtuple

# TEXT[begin:end] becomes NEW.
Change = namedtuple("Change", "kind begin end new")

SHIFTED = {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"],
           "==": ["!="], "!=": ["=="]}
OTHER_SIGN = {"+": "-", "-": "+"}
AND_OR = {"&&": "||", "||": "&&"}
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{3,}[A-Z0-9]*")


def changes_in(function, text):
    """All changes in a function, in the order of the text, none twice."""
    returns_truth = function.type.startswith(("bool", "_Bool"))
    found = []
    for parent, node in function.below():
        for finder in OF_MACROS if node.is_macro else FINDERS:
            found += finder(parent, node, text)
        if node.kind == "ReturnStmt" and returns_truth:
            found += truths(node.inner[0])
    found.sort(key=lambda change: change.begin)
    first = {change[1:]: change for change in reversed(found)}
    return list(first.values())[::-1]


# --- statements

# The places of statements below a node; the others are conditions and the like.
BODIES = {"CompoundStmt": slice(None), "IfStmt": slice(1, None),
          "WhileStmt": slice(1, None), "DoStmt": slice(0, 1),
          "ForStmt": slice(3, None), "CaseStmt": slice(1, None),
          "DefaultStmt": slice(None), "LabelStmt": slice(None)}
NEVER_LEFT_OUT = ("DeclStmt", "NullStmt", "CaseStmt", "DefaultStmt",
                  "LabelStmt")


def statements(parent, node, text):
    """One left out. Its semicolon, which is no part of it, stays."""
    if parent is None or node not in parent.inner[
            BODIES.get(parent.kind, slice(0, 0))] or \
            node.kind in NEVER_LEFT_OUT:
        return []
    ends_itself = text[node.end:].lstrip()[0] not in ";)"
    return [Change("left out", node.begin, node.end,
                   "{}" if ends_itself else "")]


def values(_, node, text):
    """A variable without the value that it begins with."""
    if node.kind != "VarDecl" or node.raw.get("init") != "c" or \
            node.raw.get("storageClass") == "static":
        return []
    value = node.inner[-1]
    name = re.search(r"\s*=\s*$", text[node.begin:value.begin])
    if not name:
        return []
    return [Change("no value", node.begin + name.start(), node.end, "")]


def members(parent, node, text):
    """A member left out of what a structure begins with."""
    if parent is None or parent.kind != "InitListExpr":
        return []
    name = re.search(r"\.[\w.]+\s*=\s*$", text[:node.begin])
    if not name:
        return []
    comma = re.match(r",\s*", text[node.end:])
    return [Change("left out", name.start(),
                   node.end + (comma.end() if comma else 0), "")]


# --- conditions

CONDITIONS = {"IfStmt": 0, "WhileStmt": 0, "DoStmt": 1, "ForStmt": 2,
              "ConditionalOperator": 0}


def truths(node):
    if node is None:
        return []
    return [Change("negated", node.begin, node.end, f"!({node.text})"),
            Change("always true", node.begin, node.end, "1"),
            Change("never true", node.begin, node.end, "0")]


def conditions(_, node, __):
    if node.kind in CONDITIONS:
        return truths(node.inner[CONDITIONS[node.kind]])
    if node.kind == "BinaryOperator" and node.operator in AND_OR:
        return [change for side in node.inner for change in truths(side)]
    return []


# --- operators

def replaced(kind, node, text, new):
    """The operator between a node's two sides replaced."""
    left, right = node.inner
    begin = text.index(node.operator, left.end, right.begin)
    return Change(kind, begin, begin + len(node.operator), new)


def operators(_, node, text):
    found = []
    if node.kind == "BinaryOperator":
        found += [replaced("shifted", node, text, other)
                  for other in SHIFTED.get(node.operator, [])]
        for others, kind in ((AND_OR, "and, or"), (OTHER_SIGN, "sign")):
            if node.operator in others:
                found.append(replaced(kind, node, text,
                                      others[node.operator]))
    if node.kind == "CompoundAssignOperator":
        found.append(replaced("assigned", node, text, "="))
        sign = OTHER_SIGN.get(node.operator[0])
        if sign:
            found.append(replaced("sign", node, text, sign + "="))
    if node.kind == "UnaryOperator" and node.operator in ("++", "--"):
        new = node.text.replace(node.operator,
                                "--" if node.operator == "++" else "++")
        found.append(Change("sign", node.begin, node.end, new))
    return found


# --- constants

def is_constant(node):
    return node.kind in ("DeclRefExpr", "IntegerLiteral", "ParenExpr",
                         "UnaryOperator", "ConstantExpr") and \
        CONSTANT.fullmatch(node.text) and node.text != "NULL"


def flags(parent, node, _):
    """A flag left out: of several, or the only one."""
    if node.kind == "BinaryOperator" and node.operator == "|":
        left, right = node.inner
        return [Change("flag left out", node.begin, right.begin, ""),
                Change("flag left out", left.end, node.end, "")]
    if parent is None or parent.kind == "CaseStmt" or \
            parent.operator in ("|", *SHIFTED) or not is_constant(node.bare()):
        return []
    return [Change("flag left out", node.begin, node.end, "0")]


def numbers(parent, node, _):
    """A number off by one; true as false. Of -1 only 0 is made: -2 is no other
    mistake than a condition that is never true."""
    if node.text in ("true", "false"):
        new = "false" if node.text == "true" else "true"
        return [Change("negated", node.begin, node.end, new)]
    if node.kind != "IntegerLiteral" or not re.fullmatch("[0-9]+", node.text):
        return []
    number = int(node.text, 8 if node.text.startswith("0") else 10)
    negative = parent.kind == "UnaryOperator" and parent.operator == "-"
    others = [number - 1] if negative else [number - 1, number + 1]
    return [Change("off by one", node.begin, node.end, str(other))
            for other in others if other >= 0]


OF_MACROS = [statements, members, flags, numbers]
FINDERS = [*OF_MACROS, values, conditions, operators]
