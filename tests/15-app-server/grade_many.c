// What app_server does for many clients, whatever they do and whatever happens.

#include "grader/grade.h"

#include "app.h"
#include "words/app_protocol.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/messages.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PART(3)

enum {
    SMALL_BUFFER = 16 * 1024,    // of the kernel's, where they should fill up,
    LONG = 192 * 1024,           // which a text of this size does
    BACKLOG_LIMIT = 1024 * 1024, // what may be kept for one client
};

GRADED(serves_others_meanwhile, 3,
       "serves others while some have stopped half-way",
       "Which of your calls waits for one client alone?")
{
    struct program *server = start_here();
    struct peer *silent = connect_to(server);
    expect_quiet(server);
    struct peer *halfway = connect_halfway(server);
    expect_quiet(server);
    struct peer *begun = connect_to(server);
    peer_send(begun, "\0", 1);
    expect_quiet(server);
    expect_service(server);
    search(server, "ring", CAVES);
    expect_second_half(server, halfway);
    expect_service(server);
    message_send_search(silent, "ring");
    expect_last_result(server, silent, CAVES);
}

static void serve_beside(bool came_first)
{
    hold_each_wait();
    struct program *server = start_here();
    struct peer *clients[] = {connect_to(server), connect_to(server)};
    struct peer *busy = clients[came_first ? 0 : 1];
    struct peer *asks = clients[came_first ? 1 : 0];
    message_send_search(asks, "ring");
    expect_served_beside(server, busy, asks);
    expect_last_result(server, asks, CAVES);
}

GRADED(takes_turns, 1,
       "serves all who are ready, though one of them is so in each turn",
       "Several are ready at once. Whom do you serve before you ask again, and "
       "who is the next?")
{
    serve_beside(true);
    begin_timeline_anew();
    serve_beside(false);
}

GRADED(is_idle_when_nobody_talks, 2,
       "takes no processor time while nobody wants anything",
       "A socket is writable nearly always, and after the end of its stream "
       "it stays readable. When do you want to know?")
{
    struct program *server = start_here();
    expect_idle(server);
    connect_to(server);
    connect_halfway(server);
    expect_idle(server);
    expect_service(server);
    expect_idle(server);
}

// A client that says a byte every eight seconds is slow, and never silent.
static void expect_slow_talker(struct program *server)
{
    enum { ALONE = 10 };
    struct peer *model = connect_to(server), *slow = connect_to(server);
    peer_stop_reading(model);
    message_send_search(model, "ring");
    for (size_t i = 0; i < ALONE; i++) {
        peer_send(slow, model->out.at + i, 1);
        time_passes(server, SECONDS(8));
    }
    peer_send(slow, model->out.at + ALONE, model->out.size - ALONE);
    expect_last_result(server, slow, CAVES);
    peer_close(model);
}

GRADED(waits_for_the_silent, 2,
       "waits 10 seconds for a silent client; and is there after a day",
       "Which of your calls has a limit of time, and whom does it concern: "
       "one client, or all of them, or the program?")
{
    struct program *server = start_here();
    time_passes(server, HOURS(24));
    struct peer *silent = connect_to(server);
    struct peer *halfway = connect_halfway(server);
    time_passes(server, SECONDS(10));
    expect_second_half(server, halfway);
    message_send_search(silent, "ring");
    expect_last_result(server, silent, CAVES);
    expect_slow_talker(server);
    // That another is silent meanwhile, and may be given up, is nothing to it.
    begin_timeline_anew();
    connect_halfway(server);
    expect_slow_talker(server);
    // Whether it has enough of them then is its own affair.
    connect_halfway(server);
    connect_to(server);
    time_passes(server, HOURS(24));
    expect_service(server);
    expect_idle(server);
}

GRADED(answers_a_slow_reader, 3,
       "sends a long response to a client that takes it in small pieces",
       "send() takes as much as the kernel has room for. Who keeps the rest, "
       "and what tells you that there is room again?")
{
    struct program *server = start_here();
    shrink_buffers(server, SMALL_BUFFER);
    connect_halfway(server); // whom nobody is to forget over the next one
    expect_quiet(server);
    const char *value = alphabet_text(LONG);
    struct peer *slow = connect_to(server);
    peer_stop_reading(slow);
    message_send_search(slow, "ring");
    message_send_search(slow, value);
    peer_finish_sending(slow); // which leaves it readable, for ever
    expect_quiet(server);
    struct peer *asks = connect_to(server);
    message_send_search(asks, "morpheus");
    expect_last_result(server, asks, RABBIT);
    expect_no_wait_for_one(server);
    expect_idle(server);
    peer_resume_reading(slow);
    peer_read_slowly(slow, KIB(8));
    expect_result(server, slow, CAVES);
    expect_last_result(server, slow, formatted("No match for '%s'.", value));
    // Byte by byte, a short one.
    struct peer *slower = connect_to(server);
    peer_read_slowly(slower, 1);
    message_send_search(slower, "ring");
    expect_last_result(server, slower, CAVES);
}

// It takes so much that the server can send more: the kernel tells of room only
// when there is much of it.
static void take_a_part(struct program *server, struct peer *slow, size_t most)
{
    size_t before = calls_made(MOVING_CALLS);
    while (calls_made(MOVING_CALLS) == before &&
           slow->in.size + SMALL_BUFFER < most)
        expect_more(server, slow, SMALL_BUFFER);
}

GRADED(waits_for_a_slow_reader, 1,
       "keeps a client that takes a part of its response every 8 seconds",
       "What is your limit of time for: for the silence, or for all of it? "
       "And is a client silent that sends nothing, but receives?")
{
    enum { PARTS = 20 };
    struct program *server = start_here();
    shrink_buffers(server, SMALL_BUFFER);
    const char *value = alphabet_text(MIB(2));
    struct peer *slow = connect_to(server);
    peer_stop_reading(slow);
    message_send_search(slow, value);
    expect_quiet(server);
    peer_resume_reading(slow);
    peer_read_slowly(slow, SMALL_BUFFER);
    // In another encoding it may have more bytes than that.
    for (int i = 0; i < PARTS && slow->in.size + SMALL_BUFFER < MIB(2); i++) {
        take_a_part(server, slow, MIB(2));
        time_passes(server, SECONDS(4));
        // Another one wakes it, and it may look who has been silent.
        expect_service(server);
        time_passes(server, SECONDS(4));
    }
    expect_last_result(server, slow, formatted("No match for '%s'.", value));
}

// Many requests of a client that reads none of the responses.
static struct peer *connect_flood(struct program *server, int requests)
{
    shrink_buffers(server, SMALL_BUFFER);
    struct peer *flood = connect_to(server);
    peer_stop_reading(flood);
    message_send_search(flood, "ring");
    // The same again, all at once: a call for each would take long.
    size_t size = flood->out.size;
    char *requests_at = malloc(size * (size_t)requests);
    if (requests_at == NULL)
        exit(EXIT_FAILURE);
    for (int i = 0; i < requests; i++)
        memcpy(requests_at + size * (size_t)i, flood->out.at, size);
    peer_send(flood, requests_at, size * (size_t)requests);
    free(requests_at);
    return flood;
}

GRADED(keeps_what_is_not_taken, 2,
       "keeps each response for a client that takes them late",
       "Where does the next response go while the one before it waits?")
{
    enum { REQUESTS = 3071 }; // with one more, a multiple of 256
    struct program *server = start_here();
    struct peer *late = connect_flood(server, REQUESTS);
    expect_quiet(server);
    expect_service(server);
    peer_resume_reading(late);
    peer_read_slowly(late, KIB(16));
    for (int i = 0; i < REQUESTS; i++)
        expect_result(server, late, CAVES);
    expect_last_result(server, late, CAVES);
}

GRADED(bounds_its_backlog, 2,
       "keeps at most 1 MiB for a client that takes none of its responses",
       "A client that asks and asks, and takes nothing: where does all of that "
       "pile up? How do you get it to stop asking?")
{
    enum { REQUESTS = 12000 };
    struct program *server = start_here();
    struct peer *flood = connect_flood(server, REQUESTS);
    expect_backlog(flood, BACKLOG_LIMIT);
    expect_service(server);
    expect_idle(server);
}

// They have begun their headers, so whoever has a thread for each has it then.
GRADED(makes_room_for_what_has_come, 1,
       "makes room for what has come, not for 64 MiB that are announced",
       "A length costs a client nothing. What does it cost you?")
{
    enum { ANNOUNCED = 64 * 1024 * 1024, CLIENTS = 20, BEGUN = 10 };
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"a/b\", "
        "\"content-encoding\": \"binary\", \"content-length\": 67108864}";
    static const char content[1000];
    struct program *server = start_here();
    struct peer *clients[CLIENTS], *model = connect_to(server);
    peer_stop_reading(model);
    message_send_raw(model, header, sizeof header - 1, content, sizeof content);
    expect_quiet(server);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = connect_to(server);
        peer_send(clients[i], model->out.at, BEGUN);
        expect_quiet(server);
    }
    struct level before = level_of(server);
    for (int i = 0; i < CLIENTS; i++)
        peer_send(clients[i], model->out.at + BEGUN, model->out.size - BEGUN);
    expect_no_room_for_announced(server, &before, CLIENTS, ANNOUNCED);
    expect_service(server);
}

GRADED(gives_up_a_stuck_reader_that_resets, 1,
       "forgets a client that resets with its response half sent",
       "What has to be given back when a client is lost while bytes still "
       "wait for it?")
{
    struct program *server = start_here();
    shrink_buffers(server, SMALL_BUFFER);
    struct level before = level_of(server);
    struct peer *stuck = connect_to(server);
    peer_stop_reading(stuck);
    message_send_search(stuck, alphabet_text(LONG));
    expect_quiet(server);
    peer_reset(stuck);
    expect_quiet(server);
    expect_service(server);
    expect_idle(server);
    expect_fewer_open(server, &before, 0);
}

static void serve_a_few(struct program *server)
{
    struct peer *first = connect_to(server);
    struct peer *second = connect_to(server);
    message_send_search(first, DOG);
    send_digits(second);
    expect_last_result(server, first, BALL);
    expect_beginning(server, second, DIGITS, strlen(DIGITS));
    expect_no_more(server, second);
    expect_service(server);
}

GRADED(survives_signals_while_it_waits, 1,
       "goes on when a signal interrupts one of its calls",
       "A call returned -1 with EINTR. Did anything fail?")
{
    fail_every_second(CALLS_WAIT | MOVING_CALLS | CALLS_ACCEPT, EINTR);
    serve_a_few(start_here());
}

GRADED(survives_a_false_alarm, 1,
       "keeps a client whose socket said readable, and then EAGAIN",
       "recv() returned -1. Which values of errno do not mean that the client "
       "is lost?")
{
    fail_every_second(MOVING_CALLS | CALLS_ACCEPT, EAGAIN);
    serve_a_few(start_here());
}

GRADED(survives_bad_weather, 2,
       "answers all in bad weather: signals, false alarms and short counts",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    bad_weather_for_a_loop(50);
    struct program *server = start_here();
    for (int i = 0; i < 4; i++)
        serve_a_few(server);
    end_weather();
    begin_timeline_anew();
    cut_each(CALLS_SEND, 1);
    serve_a_few(start_here());
}

GRADED(survives_an_aborted_connection, 1,
       "goes on when accept() reports a connection that is gone again",
       "accept() failed with ECONNABORTED. Whose end is that?")
{
    fail_every_second(CALLS_ACCEPT, ECONNABORTED);
    struct program *server = start_here();
    serve_a_few(server);
    expect_to_go_on_accepting(server);
    server_survives_lost_connections(PROGRAM, expect_service);
}

GRADED(survives_a_full_machine, 1,
       "serves who waited when all descriptors were taken, by others",
       "ENFILE: the descriptors are somebody else's, so none of your clients "
       "has to leave first. Who looks again?")
{
    server_survives_a_full_machine(PROGRAM, ENFILE, expect_service);
    // Nor is it different where memory is what others have taken.
    begin_timeline_anew();
    fail_always(CALLS_ACCEPT, ENOBUFS);
    struct program *server = start_here();
    begin_to_connect(server);
    expect_idle(server);
}

GRADED(survives_without_descriptors, 2,
       "neither ends nor spins without a descriptor for one more client",
       "accept() fails with EMFILE, and the client stays in the queue: the "
       "listener is readable, now and all the time. How do you keep from being "
       "told again and again?")
{
    server_survives_without_descriptors(&(struct crowd){
        .name = PROGRAM,
        .limit = 24,
        .clients = 32,
        .begin = connect_halfway,
        .go_on = expect_second_half,
        .expect_service = expect_service,
    });
}
