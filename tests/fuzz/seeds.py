#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: tests/fuzz/fuzz.sh --make-seeds.

usage: seeds.py FOLDER      writes FOLDER/codec/NAME, and so on

A seed of codec is what a peer sends. A seed of message or client is a script
and what the other end sends (tests/fuzz/wire.h says what a script is): all
messages that the codec gets, whole, and what can go wrong on the way. Those of
frames are in seeds_frames.py.
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # nothing is written outside build/
from seeds_frames import FRAMES  # noqa: E402  pylint: disable=C0413

# The script: one byte is one step.
def arrive(count): return bytes([0 << 5 | count - 1])
def arrive_64(count): return bytes([1 << 5 | count - 1])
def take(count): return bytes([2 << 5 | count - 1])
def take_64(count): return bytes([3 << 5 | count - 1])
def interrupt(count): return bytes([4 << 5 | count - 1])
SPURIOUS, ALL_EVENTS = bytes([5 << 5]), bytes([5 << 5 | 1])
FINISH, RESET, GIVE_UP, ALL_AND_FINISH, DEAF = (
    bytes([6 << 5 | n]) for n in range(5))
ALL_ARRIVES, ALL_TAKEN = bytes([7 << 5]), bytes([7 << 5 | 1])


def framed(header, content=b""):
    if isinstance(header, str):
        header = header.encode()
    return len(header).to_bytes(2, "big") + header + content


def header_of(length, kind="text/json", encoding="utf-8", order="little"):
    return {"byteorder": order, "content-type": kind,
            "content-encoding": encoding, "content-length": length}


def message(content, kind="text/json", encoding="utf-8", **more):
    header = header_of(len(content), kind, encoding, **more)
    return framed(json.dumps(header, ensure_ascii=False), content)


def request(value, encoding="utf-8", action="search"):
    text = json.dumps({"action": action, "value": value}, ensure_ascii=False)
    return message(text.encode(encoding), encoding=encoding)


def changed(member, value):
    """A request of which one member of the header is another."""
    content = b'{"action": "search", "value": "ring"}'
    header = header_of(len(content))
    header[member] = value
    return framed(json.dumps(header), content)


def with_text(member, text):
    """The same, for what is no value of Python."""
    return framed(json.dumps(header_of(2)).replace(
        json.dumps(header_of(2)[member]), text), b"{}")


def lacking(member):
    header = header_of(2)
    del header[member]
    return framed(json.dumps(header), b"{}")


MORPHEUS = request("morpheus")
BINARY = message(b"double the trouble", "binary/custom-client-binary-type",
                 "binary")

MESSAGES = {
    "search_morpheus": MORPHEUS,
    "search_ring": request("ring"),
    "search_dog": request("\U0001F436"),
    "search_dog_escaped": message(
        b'{"action": "search", "value": "\\ud83d\\udc36"}'),
    "search_other": request("na\u00efvet\u00e9 \u4e2d"),
    "search_number": request(41),
    "search_nested": request({"a": [1, 2.5, None, True, {"b": "c"}]}),
    "search_without_value": message(b'{"action": "search"}'),
    "action_unknown": request("x", action="destroy"),
    "action_number": request("x", action=7),
    "action_with_zero": message(
        b'{"action": "search\\u0000", "value": "morpheus\\u0000"}'),
    "json_of_other_kinds": b"".join(
        message(text) for text in (b"{}", b"[]", b'""', b"0", b"null")),
    "json_empty": message(b""),
    "json_malformed": message(b'{"action": "search", "value": '),
    "json_twice_a_member": message(b'{"action": "search", "action": "x"}'),
    "json_not_utf8": message(b'{"action": "search", "value": "\xff\xc0\x80"}'),
    "json_surrogate_alone": message(b'{"action": "x", "value": "\\ud83d"}'),
    "json_controls": request("\x7f\u0085\u009b1m\u2028"),
    "deep_nesting": message(b"[" * 2048 + b"]" * 2048),
    "too_deep_nesting": message(b"[" * 2049),
    "deep_value": message(b'{"value": ' * 800 + b"1" + b"}" * 800),
    "binary": BINARY,
    "binary_empty": message(b"", "binary/x", "binary"),
    "binary_9_bytes": message(b"123456789", "binary/x", "binary"),
    "binary_10_bytes": message(b"1234567890", "binary/x", "binary"),
    "binary_11_bytes": message(b"12345678901", "binary/x", "binary"),
    "big_endian": message(b"{}", order="big"),
    "utf16_bom": request("morpheus", "utf-16"),
    "utf16_little": request("morpheus", "utf-16-le"),
    "utf16_big": request("morpheus", "utf-16-be"),
    "utf16_half_a_character": message(b"[\0]\0\0", encoding="utf-16-le"),
    "utf16_surrogate_alone": message(b'"\0\x3d\xd8"\0', encoding="utf-16-le"),
    "utf32": request("ring", "utf-32"),
    "utf7": request("\U0001F436", "utf-7"),
    "utf7_unfinished": message(b'{"value": "+2D3', encoding="utf-7"),
    "utf8_bom": message(b"\xef\xbb\xbf{}"),
    "utf8_spelled_otherwise": message(b"{}", encoding="UTF_8"),
    "latin1": request("caf\u00e9", "latin1"),
    "latin1_with_hyphen": request("caf\u00e9", "latin-1"),
    "cp1252_undefined": message(b'"\x81"', encoding="cp1252"),
    "shift_jis": request("\u8868\u793a", "shift_jis"),
    "iso2022jp": request("\u65e5\u672c", "iso2022_jp"),
    "encoding_unknown": message(b"{}", encoding="klingon"),
    "encoding_empty": message(b"{}", encoding=""),
    "encoding_of_hyphens": message(b"{}", encoding="-_-"),
    "encoding_of_odd_characters": message(b"{}", encoding="@!"),
    "encoding_with_options": message(b"{}", encoding="utf-16//IGNORE"),
    "encoding_of_json_is_binary": message(b"{}", encoding="binary"),
    "header_length_0": b"\0\0" + MORPHEUS,
    "header_length_1": framed("{"),
    "header_length_65535": b"\xff\xff" + MORPHEUS[2:],
    "header_with_escapes": framed(
        '{"byteorder":"lit\\u0074le","content\\u002dtype":"text\\/json",'
        '"content-encoding":"utf-8","content-length":2}', b"{}"),
    "header_with_spaces": framed(
        ' {\r\n\t"content-length" : 2 , "x" : [ { } ] , "byteorder" : "big",'
        '"content-encoding" : "utf-8", "content-type" : "text/json" }\n',
        b"{}"),
    "header_array": framed("[1, 2, 3]"),
    "header_not_json": framed("GET / HTTP/1.1\r\n\r\n"),
    "header_not_utf8": framed(b'{"byteorder": "\xff"}'),
    "header_behind_json": framed(json.dumps(header_of(0)) + "x"),
    "header_twice_a_member": framed(
        json.dumps(header_of(2))[:-1] + ', "content-length": 3}', b"{}"),
    "header_nested": framed('{"a":' * 2049 + "1" + "}" * 2049),
    "no_byteorder": lacking("byteorder"),
    "no_content_type": lacking("content-type"),
    "no_content_encoding": lacking("content-encoding"),
    "no_content_length": lacking("content-length"),
    "byteorder_middle": changed("byteorder", "middle"),
    "byteorder_number": changed("byteorder", 1),
    "type_null": changed("content-type", None),
    "type_127_bytes": changed("content-type", "t" * 127),
    "type_128_bytes": changed("content-type", "t" * 128),
    "type_unprintable": changed("content-type", "a\u0085\u2028\U0001F436\\"),
    "type_with_newline": changed("content-type", "text\n/json"),
    "encoding_127_bytes": changed("content-encoding", "-" * 126 + "_"),
    "content_length_0": changed("content-length", 0),
    "content_length_minus_0": with_text("content-length", "-0"),
    "content_length_minus_1": changed("content-length", -1),
    "content_length_fraction": changed("content-length", 36.5),
    "content_length_exponent": with_text("content-length", "2e0"),
    "content_length_string": changed("content-length", "37"),
    "content_length_true": changed("content-length", True),
    "content_length_one_too_many": changed("content-length", 38),
    "content_length_one_too_few": changed("content-length", 36),
    "content_length_greatest": changed("content-length", 64 << 20),
    "content_length_too_great": changed("content-length", (64 << 20) + 1),
    "content_length_2_to_63": with_text("content-length", str(1 << 63)),
    "content_length_2_to_64": with_text("content-length", str(1 << 64)),
    "two_messages": MORPHEUS + request("ring"),
    "two_of_different_kinds": BINARY + MORPHEUS,
    "message_and_zeros": MORPHEUS + b"\0\0",
    "message_and_half": MORPHEUS + BINARY[:50],
    "nothing": b"",
    "one_byte": b"\0",
    "cut_in_header": MORPHEUS[:40],
    "cut_behind_header": MORPHEUS[:2 + int.from_bytes(MORPHEUS[:2], "big")],
    "cut_in_content": MORPHEUS[:-1],
}

TEXTS = {  # no messages: for printable()
    "text_control_of_two_bytes": b"\xc2\x9b1m \xc2\xa0",
    "text_of_latin1": "\u00c2A\u00c2\u00a0\u00c2".encode("latin1"),
    "text_escapes": b"\\x41 \\\r\n\t\x7f\x1b[2J ...",
    "text_wide": "\U0001F430".encode() * 60,
}

RESULT = message('{"result": "Follow the white rabbit. \U0001F430"}'.encode())
RESPONSE = message(b"First 10 bytes of request: double the", "binary/x",
                   "binary")
RESPONSES = {
    "result": RESULT,
    "result_with_controls": message(b'{"result": "\\u0085\\n\\u0000\\u001b"}'),
    "result_not_a_string": message(b'{"result": [1, {"a": null}]}'),
    "result_null": message(b'{"result": null}'),
    "result_lacking": message(b'{"results": 1}'),
    "result_not_an_object": message(b'["result"]'),
    "result_in_utf16": message('{"result": "\u00e9"}'.encode("utf-16"),
                               encoding="utf-16"),
    "response_of_bytes": RESPONSE,
    "response_and_more": RESPONSE + b"x",
}

def arrive_all_of(message):
    left = len(message) % 64
    return (arrive_64(len(message) // 64) + arrive(1) * left)


HEADER_END = 2 + int.from_bytes(MORPHEUS[:2], "big")
SCRIPTS = {
    "byte_by_byte": (ALL_TAKEN + arrive(1) * 180, MORPHEUS),
    "split_in_length": (ALL_TAKEN + arrive(1), MORPHEUS),
    "split_behind_length": (ALL_TAKEN + arrive(2), MORPHEUS),
    "split_in_header": (ALL_TAKEN + arrive(30) + arrive(30), MORPHEUS),
    "split_behind_header": (
        ALL_TAKEN + arrive_64(HEADER_END // 64) + arrive(HEADER_END % 64),
        MORPHEUS),
    "split_in_content": (ALL_TAKEN + arrive_64(2), MORPHEUS),
    "split_in_second": (ALL_TAKEN + arrive_64(3) + arrive(7),
                        MORPHEUS + BINARY),
    "taken_byte_by_byte": (ALL_ARRIVES + take(1) * 200, MORPHEUS),
    "taken_in_pieces": (ALL_ARRIVES + take(32) + take_64(1) + take(3),
                        BINARY + MORPHEUS),
    "taken_while_more_arrives": (
        arrive_64(3) + take(20) + ALL_ARRIVES + take(20) + SPURIOUS + take(20),
        MORPHEUS + BINARY + MORPHEUS),
    "second_arrives_while_first_is_answered": (
        arrive_all_of(MORPHEUS) + take(20) + ALL_ARRIVES + ALL_TAKEN,
        MORPHEUS + MORPHEUS),
    "both_in_pieces": ((arrive(20) + take(9)) * 40, MORPHEUS + BINARY),
    "interrupted": (interrupt(2) + arrive_64(3) + interrupt(2) + take(5) +
                    interrupt(1) + SPURIOUS, MORPHEUS),
    "interrupted_at_the_peek": (
        ALL_TAKEN + arrive_64(2) + arrive(31) + interrupt(1) + ALL_ARRIVES,
        MORPHEUS + MORPHEUS),
    "spurious": (SPURIOUS + arrive_64(1) + SPURIOUS + ALL_ARRIVES + SPURIOUS +
                 take(3) + SPURIOUS, MORPHEUS),
    "all_events": (ALL_EVENTS + arrive_64(4) + ALL_EVENTS + take(3) +
                   ALL_EVENTS + take(3) + ALL_EVENTS, MORPHEUS + BINARY),
    "finishes_at_once": (FINISH, MORPHEUS),
    "finishes_in_header": (ALL_TAKEN + arrive_64(1) + FINISH, MORPHEUS),
    "finishes_in_content": (ALL_TAKEN + arrive_64(2) + FINISH, MORPHEUS),
    "finishes_with_the_last_byte": (ALL_TAKEN + ALL_AND_FINISH, MORPHEUS),
    "finishes_before_it_is_answered": (
        ALL_AND_FINISH + take(3) + take(32) + ALL_TAKEN, MORPHEUS + MORPHEUS),
    "finishes_in_second": (arrive_64(4) + FINISH + take(9), MORPHEUS + BINARY),
    "reset_at_once": (RESET, MORPHEUS),
    "reset_in_header": (arrive_64(1) + RESET, MORPHEUS),
    "reset_before_it_is_answered": (ALL_ARRIVES + RESET, MORPHEUS),
    "reset_while_it_is_answered": (ALL_ARRIVES + take(9) + RESET, MORPHEUS),
    "reset_behind_the_answer": (
        ALL_ARRIVES + take_64(4) + RESET, MORPHEUS + MORPHEUS),
    "given_up_at_once": (GIVE_UP, MORPHEUS),
    "given_up_in_content": (arrive_64(2) + GIVE_UP, MORPHEUS),
    "given_up_while_it_is_answered": (
        ALL_ARRIVES + take(9) + GIVE_UP, MORPHEUS + BINARY),
    "malformed_behind_good": (ALL_ARRIVES + take(9) + SPURIOUS,
                              MORPHEUS + b"\0\0" + MORPHEUS),
    "malformed_behind_good_all_events": (
        ALL_ARRIVES + take(9) + ALL_EVENTS, MORPHEUS + b"\0\0" + MORPHEUS),
    "twelve_messages": (ALL_TAKEN + arrive_64(5) * 20,
                        (MORPHEUS + BINARY) * 6),
    "long_and_then_short": (
        ALL_TAKEN + arrive_64(32) + arrive_64(20),
        message(b"x" * 3000, "binary/x", "binary") +
        message(b"yy", "binary/x", "binary")),
    "json_then_binary_empty": (
        ALL_TAKEN, MORPHEUS + message(b"", "binary/x", "binary") + MORPHEUS),
}


CLIENT_SCRIPTS = {
    "byte_by_byte": (ALL_TAKEN + arrive(1) * 180, RESULT),
    "split_in_header": (ALL_TAKEN + arrive(30), RESULT),
    "sent_byte_by_byte": (take(1) * 180, RESULT),
    "sent_in_pieces": (take(7) + take(32) + take_64(1), RESPONSE),
    "answers_before_all_is_sent": (take(20) + ALL_ARRIVES, RESULT),
    "malformed_before_all_is_sent": (take(20) + ALL_ARRIVES, b"\0\0"),
    "takes_no_more_and_answers": (take(20) + DEAF + arrive_64(2), RESULT),
    "takes_no_more_and_finishes": (take(20) + DEAF + FINISH, RESULT),
    "interrupted": (take(5) + interrupt(2) + take(5) + interrupt(2) +
                    arrive_64(1) + interrupt(1) + SPURIOUS, RESULT),
    "spurious": (SPURIOUS + take(9) + SPURIOUS + ALL_EVENTS + arrive(9) +
                 ALL_EVENTS, RESULT),
    "refused": (RESET, RESULT),
    "reset_in_request": (take(9) + RESET, RESULT),
    "reset_in_response": (ALL_TAKEN + arrive_64(1) + RESET, RESULT),
    "finishes_at_once": (ALL_TAKEN + FINISH, RESULT),
    "finishes_in_header": (ALL_TAKEN + arrive_64(1) + FINISH, RESULT),
    "finishes_with_the_last_byte": (ALL_TAKEN + ALL_AND_FINISH, RESPONSE),
    "one_byte_more_later": (ALL_TAKEN + arrive_64(2) + ALL_ARRIVES,
                            RESULT + b"x"),
    "given_up": (ALL_TAKEN + arrive_64(2) + GIVE_UP, RESULT),
}


def scripted(script, stream):
    return bytes([len(script)]) + script + stream


def scripted_all(whole, scripts):
    return {**{name: scripted(b"", stream) for name, stream in whole.items()},
            **{name: scripted(*both) for name, both in scripts.items()}}


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)
    print(f"{folder}: {len(seeds)} seeds")


def main():
    folder = pathlib.Path(sys.argv[1])
    write(folder / "frames", FRAMES)
    write(folder / "codec", {**MESSAGES, **TEXTS})
    write(folder / "message", scripted_all(MESSAGES, SCRIPTS))
    write(folder / "client",
          scripted_all({**MESSAGES, **RESPONSES}, CLIENT_SCRIPTS))


main()
