"""The seeds of the fuzz target frames: what a peer sends, how it comes, and
which framing it is; tests/fuzz/fuzz_frames.c says what each byte is."""

LENGTH, LINE, FIXED = range(3)
# How it comes: check_reader.c.
WHOLE, BYTE_BY_BYTE, IN_PIECES, INTERRUPTED, RESET = 0, 1, 2, 4, 8


def seed(framing, head=b"", repeats=0, byte=b"z", tail=b"", how=WHOLE):
    """The stream is the head, a byte so many times, and the tail."""
    return (bytes([framing, how, len(head)]) + repeats.to_bytes(3, "big") +
            byte + head + tail)


def length(size, sent, how=WHOLE, tail=b""):
    """A message of the size that is said, of which so many bytes come."""
    return seed(LENGTH, size.to_bytes(4, "big"), sent, tail=tail, how=how)


def line(size, end=b"\n", how=WHOLE, tail=b""):
    """A line of so many bytes, with its end."""
    return seed(LINE, b"", size - len(end), tail=end + tail, how=how)


def fixed(text, count=1, **more):
    return seed(FIXED, text.ljust(32, b"\0") * count, **more)


def prefixed(message):
    return len(message).to_bytes(4, "big") + message


HELLO = prefixed(b"hello")
FRAMES = {
    "length_nothing": seed(LENGTH),
    "length_hello": seed(LENGTH, HELLO),
    "length_hello_byte_by_byte": seed(LENGTH, HELLO * 3, how=BYTE_BY_BYTE),
    "length_in_pieces": seed(LENGTH, HELLO * 20, how=IN_PIECES),
    "length_interrupted": seed(LENGTH, HELLO * 9,
                               how=IN_PIECES | INTERRUPTED | 1 << 4),
    "length_reset_between": seed(LENGTH, HELLO, how=RESET),
    "length_reset_within": seed(LENGTH, HELLO + HELLO[:-1], how=RESET),
    "length_cut_in_length": seed(LENGTH, HELLO + b"\0\0\0"),
    "length_cut_behind_length": seed(LENGTH, HELLO[:4]),
    "length_cut_in_message": seed(LENGTH, HELLO[:-1]),
    "length_0": seed(LENGTH, bytes(4)),
    "length_0_many": seed(LENGTH, b"", 400, b"\0"),
    "length_0_and_half": seed(LENGTH, b"", 402, b"\0"),
    "length_1": length(1, 1),
    "length_of_any_byte": seed(LENGTH, prefixed(bytes(range(200)))),
    "length_65535": length(65535, 65535),
    "length_65536": length(65536, 65536),
    "length_65536_and_more": length(65536, 65536, IN_PIECES, HELLO),
    "length_65536_lacks_1": length(65536, 65535),
    "length_65536_behind_another": seed(
        LENGTH, HELLO + (65536).to_bytes(4, "big"), 65536, tail=HELLO),
    "length_65537": length(65537, 65537),
    "length_65537_bytes_in_all": seed(LENGTH, b"", 65537),
    "length_of_other_order": seed(LENGTH, b"\5\0\0\0hello"),
    "length_too_long_behind": seed(LENGTH, HELLO + b"\0\1\0\1" + HELLO),
    "length_greatest": seed(LENGTH, b"\xff\xff\xff\xff" + HELLO),
    "length_with_sign": seed(LENGTH, b"\x80\0\0\0" + HELLO),
    "length_greatest_less_4": seed(LENGTH, b"\xff\xff\xff\xfc" + HELLO),
    "length_of_request": seed(LENGTH, b"GET / HTTP/1.1\r\n\r\n"),
    "line_nothing": seed(LINE),
    "line_hello": seed(LINE, b"hello\n"),
    "line_hello_byte_by_byte": seed(LINE, b"hello\nx\r\n", how=BYTE_BY_BYTE),
    "line_in_pieces": seed(LINE, b"hello\r\nworld\n" * 9, how=IN_PIECES),
    "line_interrupted": seed(LINE, b"hello\n" * 9,
                             how=BYTE_BY_BYTE | INTERRUPTED),
    "line_reset_within": seed(LINE, b"hello\nhel", how=RESET),
    "line_empty": seed(LINE, b"\n"),
    "line_empty_many": seed(LINE, b"", 300, b"\n"),
    "line_cr_lf": seed(LINE, b"\r\n\r\n"),
    "line_cr_cr_lf": seed(LINE, b"a\r\r\n\r\r\n"),
    "line_cr_within": seed(LINE, b"\ra\rb\n"),
    "line_cr_at_the_end": seed(LINE, b"hello\r"),
    "line_lf_cr": seed(LINE, b"hello\n\rworld\n\r"),
    "line_with_zeros": seed(LINE, b"a\0b\n\0\n"),
    "line_of_any_byte": seed(LINE, bytes(range(10)) + bytes(range(11, 250)),
                             tail=b"\n"),
    "line_4095": line(4095),
    "line_4096": line(4096),
    "line_4096_cr": line(4096, b"\r\n"),
    "line_4096_and_more": line(4096, how=IN_PIECES, tail=b"x\n"),
    "line_4097": line(4097),
    "line_4097_cr": line(4097, b"\r\n"),
    "line_without_end": seed(LINE, b"", 9000),
    "line_4095_without_end": seed(LINE, b"", 4095),
    "line_4096_without_end": seed(LINE, b"", 4096),
    "line_4096_behind_another": seed(LINE, b"hello\n", 4095, tail=b"\nhello\n"),
    "line_4097_behind_another": seed(LINE, b"hello\n", 4096, tail=b"\nhello\n"),
    "lines_beyond_the_buffer": seed(LINE, b"", 65530, b"\n", b"hello\nworld\n",
                                    IN_PIECES),
    "fixed_nothing": seed(FIXED),
    "fixed_hello": fixed(b"hello"),
    "fixed_hello_byte_by_byte": fixed(b"hello", 3, how=BYTE_BY_BYTE),
    "fixed_in_pieces": fixed(b"hello", 7, how=IN_PIECES),
    "fixed_interrupted": fixed(b"hello", 7, how=IN_PIECES | INTERRUPTED),
    "fixed_reset_within": seed(FIXED, b"hello", how=RESET),
    "fixed_empty": fixed(b""),
    "fixed_empty_many": seed(FIXED, b"", 32 * 20, b"\0"),
    "fixed_31": fixed(b"z" * 31),
    "fixed_32": fixed(b"z" * 32),
    "fixed_33": seed(FIXED, b"z" * 33),
    "fixed_zeros_within": fixed(b"\0a\0\0b"),
    "fixed_last_byte": fixed(bytes(31) + b"a"),
    "fixed_lacks_1": seed(FIXED, b"hello".ljust(31, b"\0")),
    "fixed_beyond_the_buffer": seed(FIXED, b"x", 65550, b"a", how=IN_PIECES),
    "other_framing": seed(5, b"hello"),
    "less_than_a_start": b"\1\0\0",
}
