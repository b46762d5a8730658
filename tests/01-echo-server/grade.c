// Grading tests for lesson 01: what echo_server promises, check by check, in
// the order in which the TODOs make them pass.

#include "grader/grade.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>

LESSON("01-echo-server", "One client, every byte back, then the end",
       PROTOCOL_ECHO)

#define PROGRAM "echo_server"

static struct program *start_here(void)
{
    return start_server(PROGRAM, "127.0.0.1", "0");
}

// What every conversation ends with: the client finishes, and the server is
// content.
static void finish_both(struct peer *client, struct program *server)
{
    finish(client);
    expect_exit_status(server, 0);
}

static void converse(size_t size)
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, size);
    expect_echo(client);
    finish_both(client, server);
}

static void expect_connected(struct program *server)
{
    connect_to(server);
}

static void expect_conversation(struct program *server)
{
    struct peer *client = connect_to(server);
    peer_send_text(client, "Hello");
    finish_both(client, server);
}

static void expect_echo_again(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "Hello again");
}

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "Which calls turn a socket into one that clients can connect to, and "
       "which one tells the port that the kernel chose? If the line never "
       "arrives: where does printf() put it when stdout is a pipe?")
{
    server_announces_itself(PROGRAM);
}

GRADED(listens_where_it_is_told, 1,
       "listens on the HOST and PORT it was given, and nowhere else",
       "In which byte order are sin_port and sin_addr, and which two "
       "functions bring them there?")
{
    server_listens_where_told(PROGRAM, expect_connected);
}

GRADED(echoes_a_message, 2, "sends a message back, and then the next one",
       "recv() returns how many bytes have arrived. How many of them do you "
       "send, and what do you do after that?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    // Each time it has nothing to read yet, and must wait for it.
    expect_quiet(server);
    talk(client, "Hello");
    expect_quiet(server);
    talk(client, ", world");
    // None of these is an order to the server.
    talk(client, "exit\n");
    talk(client, "quit\n");
    talk(client, "bye\n");
    talk(client, "q\n");
    talk(client, ".\n");
    expect_quiet(server);
    talk(client, "Still there?");
}

GRADED(ends_with_its_client, 1,
       "ends the stream and exits with 0 when the client has finished",
       "What does recv() return when the other side has finished sending?")
{
    converse(100);
}

GRADED(echoes_every_byte_value, 1, "sends back all 256 values of a byte",
       "Where does a C string end, and where does what recv() wrote into your "
       "buffer end?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    send_every_byte(client);
    expect_echo(client);
    peer_send(client, "\0\0\0", 3);
    expect_echo(client);
    finish_both(client, server);
}

GRADED(serves_an_empty_client, 1,
       "serves a client that sends nothing: no byte back, status 0",
       "The first recv() may return 0 already. Is that an error?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    finish_both(client, server);
}

GRADED(echoes_in_any_pieces, 1,
       "sends back a stream that arrives in pieces of any size",
       "TCP carries bytes, not messages. What do you know about the sizes "
       "that recv() returns?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "1"); // nor is one byte too few to be answered
    peer_send_in_pieces(client, 3000, true);
    peer_send_random(client, KIB(16));
    finish_both(client, server);
}

GRADED(echoes_after_half_close, 2,
       "still sends everything back to a client that has finished sending",
       "The client's end of stream says that it sends no more. Can it still "
       "receive?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_stop_reading(client);
    peer_send_random(client, KIB(256));
    peer_finish_sending(client);
    expect_quiet(server);
    peer_read_slowly(client, KIB(64));
    peer_resume_reading(client);
    finish_both(client, server);
}

GRADED(echoes_to_a_slow_reader, 2,
       "sends 1 MiB back to a client that reads slowly",
       "send() may take fewer bytes than you offered, or make you wait. What "
       "happens to the rest?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_read_slowly(client, KIB(128));
    peer_send_random(client, MIB(1));
    finish_both(client, server);
}

GRADED(echoes_a_long_stream, 1,
       "sends back a stream that is longer than any buffer",
       "Which part of your buffer is free again once its bytes have been sent, "
       "and where do the next ones go?")
{
    struct peer *client = echo_a_long_stream(start_here);
    finish_both(client, client->program);
}

GRADED(echoes_what_came_before_accept, 1,
       "serves a client that has finished before it is accepted",
       "What can a client already do while its connection waits in the "
       "backlog?")
{
    hold(CALLS_ACCEPT);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(2));
    peer_finish_sending(client);
    expect_held(server);
    program_release(server);
    finish_both(client, server);
}

GRADED(waits_for_days, 1,
       "waits as long as it takes: for a client, its bytes, its receiving",
       "Which of your calls has a limit of time, and who has asked for one? "
       "SO_RCVTIMEO, poll() and alarm() know some.")
{
    struct program *server = start_here();
    shrink_buffers(server, KIB(16));
    time_passes(server, HOURS(24));
    struct peer *client = connect_to(server);
    time_passes(server, HOURS(24));
    talk(client, "Hello");
    time_passes(server, HOURS(24));
    peer_stop_reading(client);
    peer_send_random(client, KIB(256));
    peer_finish_sending(client);
    time_passes(server, HOURS(24));
    peer_resume_reading(client);
    finish_both(client, server);
}

GRADED(survives_short_receives, 1,
       "echoes all, however few bytes each receive brings",
       "recv() may bring one byte when you have room for thousands. Which "
       "number do you go by?")
{
    cut_each(CALLS_RECEIVE, 7);
    converse(300);
    // More pieces than a stack has room for, if each takes some of it.
    begin_timeline_anew();
    end_weather();
    cut_each(CALLS_RECEIVE, 1);
    converse(700);
}

GRADED(survives_short_sends, 2, "echoes all, however few bytes each send takes",
       "send() returns how many bytes it has taken. Where do the others "
       "begin?")
{
    cut_each(CALLS_SEND, 100);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(4));
    finish_both(client, server);
}

// Some wait by poll() and its kin before they call.
static void with_signals_in(unsigned calls)
{
    fail_every_second(calls | CALLS_WAIT, EINTR);
    converse(KIB(1));
}

GRADED(survives_signals_in_accept, 1,
       "waits on for a client when a signal interrupts accept()",
       "errno is EINTR: did anything fail? What would you do if you were "
       "called to the door while waiting for a letter?")
{
    with_signals_in(CALLS_ACCEPT);
}

GRADED(reports_a_failed_accept, 1,
       "ends with status 1 and the reason when accept() fails for good",
       "EINTR is the one failure after which you call again. What does your "
       "loop ask errno about?")
{
    fail_always(CALLS_ACCEPT, EMFILE);
    struct program *server = start_here();
    begin_to_connect(server); // it may not even wait for that
    expect_error(server, 1, EMFILE);
}

GRADED(survives_signals_in_recv, 1,
       "goes on receiving when a signal interrupts it",
       "recv() returned -1. Which values of errno mean that nothing is lost?")
{
    with_signals_in(CALLS_RECEIVE);
}

GRADED(survives_signals_in_send, 1,
       "goes on sending when a signal interrupts it",
       "send() returned -1. If you add that to a count of bytes sent, where "
       "do you go on?")
{
    with_signals_in(CALLS_SEND);
}

GRADED(survives_bad_weather, 2,
       "echoes all in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    fail_some(MOVING_CALLS | CALLS_ACCEPT, EINTR, 30);
    cut_most(500);
    converse(KIB(16));
}

GRADED(reports_a_reset, 1,
       "ends with status 1 and the reason when its client resets",
       "recv() may fail while a client is connected. What should whoever "
       "started your server find on stderr, and in its exit status?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    expect_quiet(server);
    peer_reset(client);
    expect_error(server, 1, ECONNRESET);
    begin_timeline_anew();
    // It may be lost in other ways, too.
    fail_always(CALLS_RECEIVE, ETIMEDOUT);
    server = start_here();
    client = connect_to(server);
    peer_send_text(client, "Hello");
    expect_error(server, 1, ETIMEDOUT);
}

// The client is gone when the server, held at one of its sends, makes that.
static void report_a_vanished_client(void)
{
    begin_timeline_anew();
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(4));
    vanish_before_it_sends(client, server);
    expect_error(server, 1, EPIPE);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when its client is gone while it sends",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which flag of send() asks for an "
       "error instead?")
{
    hold(CALLS_SEND);
    report_a_vanished_client();
    // Nor by what it sends of the rest.
    end_weather();
    hold_behind_a_short_one(CALLS_SEND);
    report_a_vanished_client();
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "For each malloc() there is a free(), on every way out. A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    struct program *server = start_server_for_leaks(PROGRAM);
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    peer_send_random(client, KIB(64));
    finish(client);
    expect_no_leak(server);
    // Also where the conversation ends badly.
    server = start_server_for_leaks(PROGRAM);
    client = connect_to(server);
    talk(client, "Hello");
    peer_reset(client);
    expect_end(server);
}

GRADED(restarts_at_once, 1, "can be started again at once on the same port",
       "After a server that closed first, its port stays reserved for a "
       "minute. Which socket option says that this is all right?")
{
    server_restarts_at_once(PROGRAM, expect_echo_again);
}

GRADED(reports_no_socket, 1,
       "ends with status 1 and the reason when it can't come to listen",
       "socket(), bind() and listen() may fail, each of them. Who asks?")
{
    server_reports_no_socket(PROGRAM);
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when its port is taken",
       "Which call fails when two servers want the same port? Is its result "
       "looked at?")
{
    server_reports_a_busy_port(PROGRAM);
}

GRADED(listens_on_every_interface, 1,
       "listens on every interface when HOST is \"\"",
       "Which address stands for all of this machine's addresses?")
{
    server_listens_everywhere(PROGRAM, expect_conversation);
}

GRADED(refuses_a_bad_port, 1,
       "refuses a PORT that can't be right, with status 2 and its usage",
       "What does atoi() make of \"12ab\", and what do 65536 and -1 become in "
       "16 bits?")
{
    refuses_bad_ports(PROGRAM);
}

GRADED(refuses_a_bad_host, 1,
       "refuses a HOST that can't be right, with status 2 and its usage",
       "How does inet_pton() tell you that it did not understand an address?")
{
    refuses_bad_hosts(PROGRAM, "0");
}

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument is missing",
       "How many elements must argv have before you may read argv[2]?")
{
    asks_for_host_and_port(PROGRAM);
}
