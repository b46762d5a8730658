#!/usr/bin/env python3
"""wire encode TYPE ENCODING < content > message
wire decode < message

Lesson 14 in Python, without most of what a wrong message needs.
"""

# Not passed: reports_a_cut_message: it names no offset
# Not passed: refuses_a_bad_header: it names no offset
# Not passed: refuses_wrong_members: a member that is there twice is taken
# Not passed: refuses_a_bad_length: -5 is taken, and no number is too large
# Not passed: refuses_at_once: a length that is too large is waited for
# Not passed: refuses_bad_json: it names no offset
# Not passed: refuses_to_encode: names that are not UTF-8 are written escaped
# Not passed: reports_a_full_stdout: Python's own status for that is 120
# Not passed: keeps_to_64_mib: more is encoded, too

import json
import struct
import sys

NAMES = "byteorder", "content-type", "content-encoding", "content-length"


def encode(content_type, encoding, content):
    """The message with that content. JSON comes in UTF-8."""
    if content_type == "text/json":
        text = content.decode("utf-8")
        json.loads(text)
        content = text.encode(encoding)
    header = json.dumps({
        "byteorder": sys.byteorder,
        "content-type": content_type,
        "content-encoding": encoding,
        "content-length": len(content),
    }).encode("utf-8")
    return struct.pack(">H", len(header)) + header + content


def decode(data):
    """The first message of data, and what follows it; None: need more."""
    if len(data) < 2:
        return None
    start = 2 + struct.unpack_from(">H", data)[0]
    if len(data) < start:
        return None
    header = json.loads(data[2:start].decode("utf-8"))
    end = start + header["content-length"]
    if len(data) < end:
        return None
    content = data[start:end]
    if header["content-type"] == "text/json":
        text = content.decode(header["content-encoding"])
        json.loads(text)
        content = text.encode("utf-8")
    return header, content, data[end:]


def show_all(source, out):
    """Prints each message of source as soon as it is complete."""
    data = b""
    while piece := source.read1():
        data += piece
        while message := decode(data):
            header, content, data = message
            for name in NAMES:
                out.write(f"{name}: {header[name]}\n".encode())
            out.write(b"\n" + content + b"\n")
            out.flush()
    if data:
        raise EOFError("the input ends within a message")


def main(arguments):
    """Returns the exit status."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    try:
        if arguments[:1] == ["encode"] and len(arguments) == 3:
            out.write(encode(*arguments[1:], source.read()))
            out.flush()
        elif arguments == ["decode"]:
            show_all(source, out)
        else:
            print("usage:", __doc__.split("\n\n")[0], file=sys.stderr)
            return 2
    except (EOFError, LookupError, OSError, TypeError, ValueError) as problem:
        print(f"wire: {problem!r}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
