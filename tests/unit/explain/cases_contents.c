// Cases of the detectors for bytes that are not what they should be, where the
// calls alone don't show why.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

static void prints_into_the_socket(void)
{
    hand_client();
    hand_call(SYS_socket, -1, 0, 1);
    hand_call(SYS_write, 1, 5, 5)->on_socket = true;
}

// It has put the socket there by itself: dup2().
static void has_the_socket_as_stdout(void)
{
    hand_client();
    hand_call(SYS_socket, -1, 0, 4);
    hand_call(SYS_write, 1, 5, 5)->on_socket = true;
}

static void prints_to_stdout(void)
{
    hand_client();
    hand_call(SYS_write, 1, 5, 5);
}

// A client prints what it has received by two calls.
static void prints_a_reply(uint64_t second_at)
{
    hand_gets(hand_client(), 1000);
    hand_prints("cdef");
    hand_differs("abcdef", 6, hand.program.out.bytes, 4);
    hand_call(SYS_recvfrom, 4, 4096, 2);
    hand_call(SYS_recvfrom, 4, 4096, 4)->args[1] = second_at;
}

static void receives_over_the_first(void)
{
    prints_a_reply(0x1000);
}

static void receives_behind_the_first(void)
{
    prints_a_reply(0x1002);
}

static void something_else_differs(void)
{
    prints_a_reply(0x1000);
    hand.failure.actual = "cdef";
}

// Two clients, of which the first gets these bytes.
static void first_gets(const unsigned char *bytes, size_t size)
{
    struct peer *peer = hand.failure.peer;
    hand_sends(peer, 1000);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, 1000);
    hand_differs(peer->out.at, 1000, bytes, size);
}

static void gets_what_another_sent(void)
{
    hand_server();
    struct peer *another = hand_peer();
    hand_sends(another, 1000);
    first_gets(another->out.at + 300, 12);
}

// Too few to tell.
static void gets_a_few_of_anothers_bytes(void)
{
    hand_server();
    struct peer *another = hand_peer();
    hand_sends(another, 1000);
    first_gets(another->out.at + 300, 11);
}

static void gets_what_nobody_sent(void)
{
    hand_server();
    hand_sends(hand_peer(), 1000);
    first_gets((const unsigned char *)"0123456789012345", 16);
}

// A client was to send, or to print, the one and did the other.
static void differs(const char *expected, size_t size, const void *actual,
                    size_t actual_size)
{
    hand_client();
    hand_call(SYS_sendto, 4, actual_size, (int64_t)actual_size);
    hand_differs(expected, size, actual, actual_size);
}

static void sends_sizeof_a_pointer(void)
{
    struct peer *peer = hand_client();
    hand_gets(peer, sizeof(void *));
    hand_call(SYS_sendto, 4, sizeof(void *), sizeof(void *));
    hand_differs("a message", 9, peer->in.at, sizeof(void *));
}

static void sends_the_last_zero(void)
{
    differs("abc", 3, "abc", 4);
}

static void stops_at_a_zero(void)
{
    differs("abc\0def", 7, "abc", 3);
}

// It may be the second zero for another reason.
static void stops_at_a_later_zero(void)
{
    differs("abc\0def\0ghi", 11, "abc\0def", 7);
}

static void prints_a_format(void)
{
    differs("100 %d dogs", 11, "100 4711 do", 11);
}

static void differs_for_no_reason(void)
{
    differs("abcdef", 6, "abcxef", 6);
}

static void weather_stops_at_a_zero(void)
{
    struct peer *peer = hand_client();
    hand_gets(peer, 3);
    hand_call(SYS_sendto, 4, 7, 3)->effect = CUT_SHORT;
    memcpy(peer->in.at, "abc", 3);
    hand_differs("abc\0def", 7, peer->in.at, 3);
}

static void server_stops_at_a_zero(void)
{
    hand_server();
    hand_differs("abc\0def", 7, "abc", 3);
}

static void client_gets_what_another_sent(void)
{
    hand_client();
    struct peer *another = hand_peer();
    hand_sends(another, 1000);
    first_gets(another->out.at + 300, 12);
}

static void is_overwritten_in_a_loop(void)
{
    prints_a_reply(0x1000);
    hand_selects(1, HAND_SET(4), 0);
}

// The first call had taken all that it asked for.
static void fills_its_buffer_and_starts_again(void)
{
    hand_client();
    hand_prints("cdef");
    hand_differs("abcdef", 6, hand.program.out.bytes, 4);
    hand_call(SYS_recvfrom, 4, 2, 2);
    hand_call(SYS_recvfrom, 4, 4, 4);
}

static void receives_nothing_the_second_time(void)
{
    hand_client();
    hand_prints("cdef");
    hand_differs("abcdef", 6, hand.program.out.bytes, 4);
    hand_call(SYS_recvfrom, 4, 4096, 2);
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void receives_by_another_call(void)
{
    hand_client();
    hand_prints("cdef");
    hand_differs("abcdef", 6, hand.program.out.bytes, 4);
    hand_call(SYS_recvfrom, 4, 4096, 2);
    hand_call(SYS_read, 4, 4096, 4);
}

static void stops_at_a_zero_by_itself(void)
{
    weather_stops_at_a_zero();
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.effect = CALM;
}

static void prints_as_many_as_a_pointer_has(void)
{
    differs("a message", 9, "12345678", 8);
}

static void sends_one_more_byte(void)
{
    differs("abc", 3, "abcd", 4);
}

static void sends_two_zeros(void)
{
    differs("abc", 3, "abc\0", 5);
}

static void finds_stdout_full(int status)
{
    hand_call(SYS_write, 1, 20, -ENOSPC)->on_socket = false;
    hand_ends(HAND_EXIT(status));
}

static void ignores_that_stdout_is_full(void)
{
    finds_stdout_full(0);
}

static void fails_as_stdout_is_full(void)
{
    finds_stdout_full(1);
}

static void sends_a_newline_more(void)
{
    struct peer *peer = hand_client();
    hand_gets(peer, 6);
    memcpy(peer->in.at, "Hello\n", 6);
    hand_differs("Hello", 5, peer->in.at, 6);
}

static void sends_what_it_likes(void)
{
    struct peer *peer = hand_client();
    hand_gets(peer, 5);
    memcpy(peer->in.at, "World", 5);
    hand_differs("Hello", 5, peer->in.at, 5);
}

static void sends_behind(const char *more)
{
    struct peer *peer = hand_client();
    hand_gets(peer, 20);
    memcpy(peer->in.at, "Hello, world", 12);
    memcpy(peer->in.at + 12, more, 8);
    hand_differs("Hello, world", 12, peer->in.at, 20);
}

static void sends_it_twice(void)
{
    sends_behind("Hello, w");
}

static void sends_something_behind_it(void)
{
    sends_behind("Hello; w");
}

// All came, and what stands before byte 40 went back; it closes.
static struct peer *closes_before(int byte)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 100);
    peer->out.at[40] = (unsigned char)byte;
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 1, 1);
    hand_call(SYS_sendto, 4, 39, 39);
    hand_call(SYS_close, 4, 0, 0);
    hand_gets(peer, 40);
    memset(peer->out.at, 'x', 40);
    memset(peer->in.at, 'x', 40);
    peer->saw_end = true;
    return peer;
}

static void closes_before_all_ones(void)
{
    closes_before(0xff);
}

static void closes_before_another_byte(void)
{
    closes_before('y');
}

// It is not the first: what stopped it is something else.
static void closes_before_the_second_of_these(void)
{
    struct peer *peer = closes_before(0xff);
    peer->out.at[7] = peer->in.at[7] = 0xff;
}

const struct hand_case contents_cases[] = {
    SPEAKS(closes_before_all_ones, "char_end",
           "right before byte 40, which it had received: the first that is "
           "0xff"),
    SILENT(closes_before_another_byte, "char_end", "last_call", "close(4)"),
    SILENT(closes_before_the_second_of_these, "char_end", "last_call",
           "close(4)"),
    SPEAKS(prints_into_the_socket, "socket_as_stdout",
           "write() writes to descriptor 1, and that is the socket"),
    SILENT(has_the_socket_as_stdout, "socket_as_stdout", "last_call",
           "write(1, 5) = 5"),
    SILENT(prints_to_stdout, "socket_as_stdout", "last_call",
           "made no socket call at all"),
    SPEAKS(receives_over_the_first, "overwritten",
           "writes to the beginning of the buffer again"),
    SILENT(receives_behind_the_first, "overwritten", "printed",
           "The beginning of the line is missing"),
    SILENT(something_else_differs, "overwritten", "last_call",
           "recv(4, 4096) = 4"),
    SPEAKS(gets_what_another_sent, "mixed_up",
           "From byte 0 on, client 1 got some of what client 2 had sent."),
    SILENT(gets_a_few_of_anothers_bytes, "mixed_up", "last_call",
           "send(4, 1000) = 1000"),
    SILENT(gets_what_nobody_sent, "mixed_up", "last_call",
           "send(4, 1000) = 1000"),
    SPEAKS(sends_sizeof_a_pointer, "bytes",
           "has sent 8 bytes: that is sizeof a pointer"),
    SPEAKS(sends_it_twice, "bytes",
           "The message was sent again behind its end, from its beginning: 8 "
           "bytes of it."),
    SPEAKS(sends_something_behind_it, "bytes",
           "8 bytes were sent behind the message."),
    SPEAKS(sends_the_last_zero, "bytes",
           "The zero that ends a C string was sent too"),
    SILENT(stops_at_a_later_zero, "bytes", "last_call", ""),
    SPEAKS(stops_at_a_zero, "bytes", "It stops at the first zero byte."),
    SPEAKS(prints_a_format, "bytes", "It goes wrong at a %: the reply was"),
    SILENT(differs_for_no_reason, "bytes", "last_call", "send(4, 6) = 6"),
    SILENT(weather_stops_at_a_zero, "bytes", "last_call", "send(4, 7) = 3"),
    SILENT(server_stops_at_a_zero, "bytes", "last_call",
           "made no socket call at all"),
    SILENT(client_gets_what_another_sent, "mixed_up", "last_call", "send(4, "),
    SILENT(is_overwritten_in_a_loop, "overwritten", "printed",
           "The beginning of the line is missing"),
    SILENT(fills_its_buffer_and_starts_again, "overwritten", "printed",
           "The beginning of the line is missing"),
    SILENT(receives_nothing_the_second_time, "overwritten", "printed",
           "The beginning of the line is missing"),
    SILENT(receives_by_another_call, "overwritten", "printed",
           "The beginning of the line is missing"),
    SPEAKS(stops_at_a_zero_by_itself, "bytes", "It stops at the first zero"),
    SILENT(prints_as_many_as_a_pointer_has, "bytes", "last_call", "send(4, "),
    SILENT(sends_one_more_byte, "bytes", "last_call", "send(4, 4) = 4"),
    SILENT(sends_two_zeros, "bytes", "last_call", "send(4, 5) = 5"),
    SPEAKS(ignores_that_stdout_is_full, "output_lost",
           "write() on stdout failed with ENOSPC (No space left on device): "
           "what your program printed is lost"),
    SILENT(fails_as_stdout_is_full, "output_lost", "last_call",
           "exit status 1"),
    SPEAKS(sends_a_newline_more, "bytes",
           "A newline was sent behind the message"),
    SPEAKS(sends_what_it_likes, "bytes",
           "told to send \"Hello\", and has sent \"World\" instead."),
    {.happened = NULL},
};
