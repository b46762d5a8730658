// Cases of the detectors for bytes: what one call was asked for and what it
// moved.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"

#include <errno.h>
#include <sys/syscall.h>

static void sends_so_many(uint64_t asked)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_call(SYS_sendto, 4, asked, -EFAULT);
}

static void sends_minus_one(void)
{
    sends_so_many(UINT64_MAX);
}

static void sends_minus_one_of_32_bits(void)
{
    sends_so_many(UINT32_MAX);
}

static void sends_less_than_minus_one(void)
{
    sends_so_many(UINT64_MAX - 99);
}

static void sends_all_of_31_bits(void)
{
    sends_so_many(INT32_MAX);
}

// The client has sent a thousand bytes, and gets others back.
static void receives_a_thousand(void)
{
    struct peer *peer = hand_server();
    hand_sends(peer, 1000);
    hand_differs(peer->out.at, 1000, "?", 1);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
}

static void sends_the_whole_buffer(void)
{
    receives_a_thousand();
    hand_call(SYS_sendto, 4, 4096, 4096);
}

static void sends_up_to_a_zero(void)
{
    receives_a_thousand();
    hand_call(SYS_sendto, 4, 5, 5);
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void sends_what_has_come(void)
{
    receives_a_thousand();
    hand_call(SYS_sendto, 4, 1000, 1000);
}

static void sends_in_small_pieces(void)
{
    receives_a_thousand();
    hand_call(SYS_sendto, 4, 100, 100);
    hand_call(SYS_sendto, 4, 900, 900)->args[1] += 100;
}

static void sends_halves(void)
{
    receives_a_thousand();
    hand_call(SYS_sendto, 4, 500, 500);
}

static void client_sends_what_it_wants(void)
{
    hand_sends(hand_client(), 10);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 4096, 4096);
    hand_differs("1234567890", 10, "1234567880", 10);
}

// The first send takes 500 of a thousand bytes.
static void takes_half(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, 500);
}

static void forgets_the_rest(void)
{
    takes_half();
    hand_call(SYS_close, 4, 0, 0);
}

static void ends_with_a_rest(void)
{
    takes_half();
    hand_ends(HAND_EXIT(0));
}

static void starts_all_over(void)
{
    takes_half();
    hand_call(SYS_sendto, 4, 1000, 1000);
}

static void sends_the_rest(void)
{
    takes_half();
    hand_call(SYS_sendto, 4, 500, 500)->args[1] += 500;
    hand_call(SYS_close, 4, 0, 0);
}

static void another_thread_receives_between(void)
{
    takes_half();
    hand_call(SYS_recvfrom, 4, 4096, 1);
    hand_call(SYS_sendto, 4, 500, -ECONNRESET)->args[1] += 500;
    hand_call(SYS_close, 4, 0, 0);
    hand_ends(HAND_EXIT(1));
}

static void may_send_the_rest_yet(void)
{
    takes_half();
}

static void loop_may_send_the_rest(void)
{
    takes_half();
    hand_selects(1, 0, HAND_SET(4));
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void gives_up_a_receive(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EINTR);
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_close, 3, 0, 0);
}

static void gives_up_a_send(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 100);
    hand_call(SYS_sendto, 4, 100, -EINTR);
    hand_ends(HAND_EXIT(1));
}

static void gives_up_a_connect(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINTR);
    hand_call(SYS_close, 4, 0, 0);
}

static void receives_again(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EINTR);
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void waits_for_the_outcome(void)
{
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINTR);
    hand_call(SYS_getsockopt, 4, 0, 0);
}

static void receives_the_end_again(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_recvfrom, 4, 4096, 0);
}

static void receives_the_end_once(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
}

static void sends_none_of_it(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_ends(HAND_EXIT(0));
}

static void is_misled_by_an_old_errno(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -EINTR);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
}

static void may_only_be_collecting(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_recvfrom, 4, 4096, 1000);
}

// 512, in one byte, is 0.
static void counts_in_a_byte(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 512);
    hand_call(SYS_recvfrom, 4, 4096, 1);
}

static void appends_pages(void)
{
    counts_in_a_byte();
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.args[1] += 512;
}

static void sends_some_of_it(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, 1000);
    hand_ends(HAND_EXIT(0));
}

static void greets(void)
{
    struct peer *peer = hand_server();
    hand_gets(peer, 7);
    hand_differs(NULL, 0, peer->in.at, 7);
    hand_call(SYS_sendto, 4, 7, 7);
}

// Its bytes are here, and the call has not returned.
static void is_greeting(void)
{
    greets();
    stage_current()->trace->count = 0;
    hand_blocks(SYS_sendto, 4, 7);
}

static void greets_when_asked(void)
{
    greets();
    stage_current()->trace->count = 0;
    hand_call(SYS_recvfrom, 4, 4096, 7);
    hand_call(SYS_sendto, 4, 7, 7);
}

static void goes_on_after_a_signal(uint64_t from, uint64_t asked)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, -EINTR);
    hand_call(SYS_sendto, 4, asked, (int64_t)asked)->args[1] = from;
}

static void counts_the_minus_one(void)
{
    goes_on_after_a_signal(0xfff, 1001);
}

static void counts_nothing(void)
{
    goes_on_after_a_signal(0x1000, 1000);
}

static void begins_anew_after_a_signal(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 300);
    hand_call(SYS_sendto, 4, 300, 100);
    hand_call(SYS_sendto, 4, 200, -EINTR)->args[1] += 100;
    hand_call(SYS_sendto, 4, 300, 300);
}

const struct hand_case bytes_cases[] = {
    SPEAKS(begins_anew_after_a_signal, "short_send",
           "offered not the same again, but also the 100 bytes before it"),

    SPEAKS(sends_minus_one, "minus_one_as_length", "was given the length -1:"),
    SPEAKS(sends_minus_one_of_32_bits, "minus_one_as_length",
           "was given the length -1:"),
    SPEAKS(sends_less_than_minus_one, "minus_one_as_length",
           "was given the length -100:"),
    SILENT(sends_all_of_31_bits, "minus_one_as_length", "bad_buffer",
           "no memory of your program"),
    SPEAKS(
        sends_the_whole_buffer, "wrong_amount",
        "recv() returned 1000 bytes, but send() was given 4096. Send as many "
        "bytes as have arrived"),
    SPEAKS(
        sends_up_to_a_zero, "wrong_amount",
        "recv() returned 1000 bytes, but send() was given 5. Bytes are not a "
        "string"),
    SILENT(sends_what_has_come, "wrong_amount", "last_call",
           "send(4, 1000) = 1000"),
    SILENT(sends_in_small_pieces, "wrong_amount", "last_call",
           "send(4, 900) = 900"),
    SILENT(sends_halves, "wrong_amount", "last_call", "send(4, 500) = 500"),
    SILENT(client_sends_what_it_wants, "wrong_amount", "last_call",
           "send(4, 4096) = 4096"),
    SPEAKS(forgets_the_rest, "short_send",
           "send() took 500 of the 1000 bytes it was offered; the other 500 "
           "were never offered again."),
    SPEAKS(ends_with_a_rest, "short_send", "the other 500 were never offered"),
    SPEAKS(starts_all_over, "short_send",
           "then the same buffer was offered again from its beginning"),
    SILENT(sends_the_rest, "short_send", "last_call", "close(4)"),
    SILENT(another_thread_receives_between, "short_send", "status",
           "Connection reset by peer"),
    SILENT(may_send_the_rest_yet, "short_send", "last_call",
           "send(4, 1000) = 500"),
    SILENT(loop_may_send_the_rest, "short_send", "last_call",
           "recv(4, 4096) = 0"),
    SPEAKS(gives_up_a_receive, "interrupted",
           "A signal arrived while recv() waited, so it returned -1 with errno "
           "EINTR: nothing has failed, and nothing was received. Call it "
           "again."),
    SPEAKS(gives_up_a_send, "interrupted", "and nothing was sent. Call it"),
    SPEAKS(gives_up_a_connect, "interrupted",
           "connect() waited, so it returned -1 with errno EINTR. The attempt "
           "goes on all the same"),
    SILENT(receives_again, "interrupted", "last_call", "recv(4, 4096) = 0"),
    SILENT(waits_for_the_outcome, "interrupted", "last_call", "getsockopt(4, "),
    SPEAKS(receives_the_end_again, "end_ignored",
           "Your program asked again, and got 0 again"),
    SILENT(receives_the_end_once, "end_ignored", "last_call",
           "recv(4, 4096) = -1 ECONNRESET"),
    SPEAKS(sends_none_of_it, "nothing_sent",
           "recv() returned 1000 bytes, and none of them was sent."),
    SPEAKS(is_misled_by_an_old_errno, "nothing_sent", "none of them was sent"),
    SILENT(may_only_be_collecting, "nothing_sent", "last_call",
           "recv(4, 4096) = 1000"),
    SPEAKS(counts_in_a_byte, "nothing_sent",
           "recv() returned 512 bytes, and none of them was sent."),
    SILENT(appends_pages, "nothing_sent", "last_call", "recv(4, 4096) = 1"),
    SILENT(sends_some_of_it, "nothing_sent", "last_call",
           "It ended with exit status 0."),
    SPEAKS(greets, "sent_unasked",
           "send() sends 7 bytes before any has been received"),
    SPEAKS(is_greeting, "sent_unasked",
           " sends 7 bytes before any has been received"),
    SILENT(greets_when_asked, "sent_unasked", "last_call", "send(4, 7) = 7"),
    SPEAKS(counts_the_minus_one, "minus_one_as_length",
           "send() returned -1 (EINTR), and that -1 was added to the count"),
    SILENT(counts_nothing, "minus_one_as_length", "last_call",
           "send(4, 1000) = 1000"),
    {.happened = NULL},
};
