// Grading tests for lesson 11: what multiconn_server promises, check by
// check. How it learns of readiness is its own affair: select, poll, epoll
// and threads are all right.

#include "grader/grade.h"

#include "multiconn.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/server_checks.h"
#include "words/weathers.h"

LESSON("11-select-server", "Any number of clients at once, in one thread",
       PROTOCOL_ECHO)

enum { BACKLOG_LIMIT = 1024 * 1024 }; // what may be kept for one client

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "The line is there only once clients can connect. Which steps of yours "
       "come before it?")
{
    server_announces_itself(PROGRAM);
}

GRADED(echoes_a_message, 2, "sends a message back, and then the next one",
       "Whom does select() wake you for: is the new client in the set, and "
       "its descriptor below the first argument?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    expect_quiet(server);
    talk(client, "Hello");
    expect_quiet(server);
    talk(client, ", world");
}

GRADED(serves_several_at_once, 2, "serves three clients at once, in any order",
       "One of them says nothing for a while. Which of your calls waits for "
       "that one, while the others want to be served?")
{
    struct program *server = start_here();
    struct peer *first = connect_to(server);
    expect_quiet(server);
    struct peer *second = connect_to(server);
    expect_quiet(server);
    struct peer *third = connect_to(server);
    expect_quiet(server);
    talk(third, "third");
    talk(second, "second");
    expect_quiet(server);
    talk(third, "third again");
    talk(first, "first, at last");
    finish(first);
    finish(third);
    finish(second);
}

GRADED(goes_on_when_a_client_leaves, 2,
       "serves the others on, and new ones, when a client has left",
       "What do you do with a client's descriptor and its place in the sets "
       "when it has finished?")
{
    struct program *server = start_here();
    struct peer *leaves = connect_to(server);
    talk(leaves, "I leave");
    struct peer *stays = connect_to(server);
    talk(stays, "I stay");
    finish(leaves);
    peer_close(leaves);
    expect_quiet(server);
    talk(stays, "I am still here");
    struct peer *comes = connect_to(server);
    talk(comes, "I am new");
    talk(stays, "Hello, new one");
    finish(stays);
    finish(comes);
}

GRADED(echoes_every_byte, 1,
       "sends back all 256 values of a byte, and \"%s%n\" unchanged",
       "Where does the data of a peer end up as a string, or as a format of "
       "printf()?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    send_every_byte(client);
    expect_echo(client);
    talk(client, "%s%s%s%n%n%n%d%x\n");
    peer_send_in_pieces(client, 1, false); // each by itself
    send_every_byte(client);
    finish(client);
}

GRADED(echoes_in_any_pieces, 1,
       "sends back a stream that arrives in pieces of any size",
       "What do you know about the sizes that recv() returns?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_in_pieces(client, 3000, true);
    peer_send_random(client, KIB(16));
    finish(client);
}

GRADED(echoes_a_long_stream, 1,
       "sends back a stream that is longer than any buffer",
       "Which part of your buffer is free again once its bytes have been sent, "
       "and where do the next ones go?")
{
    struct peer *client = echo_a_long_stream(start_here);
    finish(client);
    expect_service(client->program);
}

GRADED(echoes_after_half_close, 2,
       "sends all back to a client that has finished, and rests meanwhile",
       "After the end of the stream, a socket is readable for ever. Which set "
       "is it in while its echo is still to be sent?")
{
    struct program *server = start_here();
    struct peer *client = connect_choked(server);
    peer_finish_sending(client);
    expect_idle(server);
    peer_resume_reading(client);
    peer_read_slowly(client, KIB(64));
    finish(client);
    expect_service(server);
}

GRADED(echoes_what_came_before_accept, 1,
       "serves a client whose data and end are there before it is accepted",
       "recv() may bring the data first and say 0 the next time. What is left "
       "to do then?")
{
    hold(CALLS_ACCEPT);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_random(client, KIB(2));
    peer_finish_sending(client);
    expect_held(server);
    program_release(server);
    finish(client);
}

GRADED(serves_others_beside_a_stuck_client, 2,
       "serves others while one client sends, but does not read its echo",
       "The kernel takes no more for that client. Does your send() wait for "
       "it, and everybody else with it?")
{
    struct program *server = start_here();
    struct peer *before = connect_to(server);
    talk(before, "I was here first");
    connect_to(server); // and says nothing
    // One whose whole echo is with the kernel, and goes no further.
    struct peer *leaves = connect_to(server);
    peer_stop_reading(leaves);
    peer_send_random(leaves, KIB(512));
    peer_finish_sending(leaves);
    expect_quiet(server);
    talk(before, "And I am still here");
    peer_resume_reading(leaves);
    expect_end_of_stream(leaves);
    struct peer *stuck = connect_stuck(server, KIB(256));
    expect_quiet(server);
    peer_send_random(before, KIB(64));
    expect_echo(before);
    // Several are no more trouble than one.
    for (int i = 0; i < 3; i++)
        peer_send_random(connect_choked(server), KIB(64));
    expect_quiet(server);
    talk(before, "Now there are four of them");
    expect_service(server);
    peer_resume_reading(stuck);
    peer_read_slowly(stuck, KIB(128));
    finish(stuck);
    expect_no_wait_for_one(server);
    finish(before);
}

GRADED(keeps_what_is_not_taken, 2,
       "keeps what a client does not take yet, and appends what comes",
       "Where in the buffer do the next bytes go while others still wait "
       "there, and how many may that be?")
{
    // The first is odd, the others are even: so the room that they leave in a
    // buffer of any usual size is odd.
    enum { PIECE = 3000, PIECES = 16 };
    struct program *server = start_here();
    struct peer *client = connect_choked(server);
    for (int i = 0; i < PIECES; i++) {
        peer_send_random(client, i == 0 ? PIECE + 1 : PIECE);
        expect_quiet(server);
    }
    expect_idle(server);
    peer_resume_reading(client);
    expect_echo(client);
    expect_idle(server); // all is sent, and nothing more to be written
    finish(client);
}

GRADED(bounds_its_backlog, 2,
       "keeps at most 1 MiB for a client that does not read its echo",
       "Where do the bytes pile up that a client sends, but does not take "
       "back? How do you get the client to stop sending?")
{
    struct program *server = start_here();
    struct peer *stuck = connect_stuck(server, 2 * BACKLOG_LIMIT);
    expect_backlog(stuck, BACKLOG_LIMIT);
    expect_service(server);
}

GRADED(is_idle_when_nobody_talks, 2,
       "takes no processor time while nobody wants anything",
       "A socket is writable nearly always. When do you want to know?")
{
    struct program *server = start_here();
    expect_idle(server);
    struct peer *client = connect_to(server);
    struct peer *silent = connect_to(server);
    talk(client, "Hello");
    expect_idle(server);
    finish(client);
    peer_close(client);
    expect_idle(server);
    talk(silent, "Hello");
    // A client that does not read its echo gives nothing to do either.
    connect_stuck(server, KIB(256));
    expect_idle(server);
}

GRADED(
    waits_for_days, 1,
    "keeps clients that are silent, or don't receive, for as long as it takes",
    "Has anybody asked for a limit of time? And what does select() do, on "
    "Linux, to the limit that you gave it?")
{
    struct program *server = start_here();
    time_passes(server, HOURS(24));
    struct peer *silent = connect_to(server);
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    struct peer *stuck = connect_stuck(server, KIB(256));
    time_passes(server, HOURS(24));
    talk(client, "Hello again");
    talk(silent, "Hello, at last");
    peer_resume_reading(stuck);
    finish(stuck);
    expect_idle(server);
}

GRADED(takes_turns, 1,
       "serves a client that is ready before another's 256 KiB are through",
       "How much do you receive from one client before you look at the next? "
       "It may never run out.")
{
    hold(CALLS_RECEIVE);
    struct program *server = start_here();
    struct peer *flood = connect_to(server);
    expect_quiet(server);
    struct peer *other = connect_to(server);
    expect_quiet(server);
    peer_send_random(flood, KIB(256));
    peer_send_text(other, "Hello");
    expect_held(server);
    program_release(server);
    expect_echo(other);
    expect_turns(server, other, flood);
    expect_echo(flood);
}
