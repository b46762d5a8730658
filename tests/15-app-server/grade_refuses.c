// What app_server does with requests that are wrong, or end too early.

#include "grader/grade.h"

#include "app.h"
#include "words/app_protocol.h"
#include "words/messages.h"
#include "words/messages_wrong.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

PART(2)

// The server ends a connection after each of these mistakes, and says why. The
// first ones, NOT_FOUND of them, may not be taken for other values either.
static void refuses_each(void (*send)(struct peer *, size_t, const char *),
                         const char *(*name)(size_t), size_t not_found)
{
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    for (size_t i = 0; name(i) != NULL; i++) {
        expect_quiet(server);
        size_t said = server->err.size;
        struct peer *client = connect_to(server);
        send(client, i, SEARCH);
        expect_refused(server, client, name(i),
                       i < not_found ? NOT_FOUND : FOUND);
        expect_refused(server, client, name(i), BEGINNING); // nor for bytes
        expect_said_why(server, said, name(i));
    }
    expect_second_half(server, bystander);
    expect_service(server);
}

GRADED(refuses_wrong_headers, 3,
       "ends a connection whose header is wrong, says why, and serves others",
       "What do you know of a member of the header before you have looked at "
       "it? Is it there, is it a number, is it one that can be?")
{
    refuses_each(message_send_wrong_header, wrong_header, 0);
    // It is wrong as soon as it is there, and no more need come.
    begin_timeline_anew();
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send(client, "\0\0", 2);
    expect_refused(server, client, "the length of a header of 0 bytes", FOUND);
    expect_service(server);
}

GRADED(refuses_wrong_contents, 2,
       "ends a connection whose content is not what its header says",
       "The header says what the content is. Is it, and do you know that kind "
       "at all?")
{
    refuses_each(message_send_wrong_content, wrong_content, WRONG_ENCODINGS);
}

// A header, or a content, of brackets that are never closed, and of some that
// are; a program may take the latter for right.
GRADED(survives_deep_nesting, 1,
       "survives JSON that is nested 30,000 levels deep",
       "Who follows the brackets: does each level take a piece of your stack, "
       "and is there a limit?")
{
    enum { DEPTH = 30000 };
    static char deep[2 * DEPTH], header[2 * DEPTH + 256];
    struct program *server = start_here();
    memset(deep, '[', sizeof deep);
    struct peer *clients[3];
    for (int i = 0; i < 3; i++)
        clients[i] = connect_to(server);
    message_send_raw(clients[0], deep, sizeof deep, "", 0);
    message_send(clients[1], "text/json", "utf-8", deep, sizeof deep);
    expect_refused(server, clients[0], "a header of brackets", FOUND);
    expect_refused(server, clients[1], "a content of brackets", FOUND);
    memset(deep + DEPTH, ']', DEPTH);
    int length = snprintf(header, sizeof header,
                          "{\"byteorder\": \"little\", \"content-type\": "
                          "\"text/json\", \"content-encoding\": \"utf-8\", "
                          "\"content-length\": 41, \"x\": %.*s}",
                          2 * DEPTH, deep);
    message_send_raw(clients[2], header, (size_t)length, SEARCH,
                     sizeof SEARCH - 1);
    expect_quiet(server);
    expect_service(server);
}

// What each of them sends first has been received, and the next wait is held.
static void hold_with_begun(struct program *server, struct peer **clients,
                            int count)
{
    int begun = 0;
    while (begun < count && comes_to_be_held(server)) {
        for (begun = 0; begun < count && received_by(clients[begun]) > 0;)
            begun++;
        if (begun < count)
            program_release(server);
    }
}

// The first and the last of several end in the same turn.
static void lose_two_at_once(void)
{
    enum { CLIENTS = 4 };
    begin_timeline_anew();
    hold_each_wait();
    struct program *server = start_here();
    struct level before = level_of(server);
    struct peer *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_halfway(server);
    hold_with_begun(server, clients, CLIENTS);
    peer_close(clients[0]);
    peer_close(clients[CLIENTS - 1]);
    expect_quiet(server);
    end_weather();
    program_release(server);
    expect_quiet(server);
    for (int i = 1; i < CLIENTS - 1; i++) {
        expect_second_half(server, clients[i]);
        peer_close(clients[i]); // whom some wait for
    }
    expect_service(server);
    expect_fewer_open(server, &before, 0);
}

GRADED(survives_an_early_end, 2,
       "says so when a client ends within its request, and serves the others",
       "recv() returned 0, and the request is not complete. Will it ever be?")
{
    // In the length, behind it, in the header, behind it, in the content.
    static const size_t lengths[] = {1, 2, 60, 105, REQUEST_SIZE - 1};
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    peer_finish_sending(connect_to(server)); // without a byte: no harm done
    expect_quiet(server);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        expect_quiet(server);
        size_t said = server->err.size;
        struct peer *whole = connect_to(server);
        peer_stop_reading(whole);
        message_send_search(whole, "morpheus");
        struct peer *client = connect_to(server);
        peer_send(client, whole->out.at, lengths[i]);
        peer_finish_sending(client);
        expect_refused(server, client, "the end within a request", FOUND);
        expect_said_why(server, said, "an end within a request");
    }
    // What is no JSON is not complete either, only because no more comes.
    size_t said = server->err.size;
    struct peer *whole = connect_to(server);
    peer_stop_reading(whole);
    send_digits(whole);
    struct peer *client = connect_to(server);
    peer_send(client, whole->out.at, whole->out.size - 1);
    peer_finish_sending(client);
    expect_refused(server, client, "the end within a request", BEGINNING);
    expect_said_why(server, said, "an end within a request");
    // Nor is a second one, because the first was complete.
    said = server->err.size;
    client = connect_to(server);
    peer_stop_reading(client);
    message_send_search(client, "ring");
    peer_send(client, whole->out.at, 1 + whole->out.size / 2);
    peer_finish_sending(client);
    expect_said_why(server, said, "an end within a second request");
    expect_second_half(server, bystander);
    expect_service(server);
    expect_idle(server);
    lose_two_at_once();
}

GRADED(survives_a_reset, 2,
       "serves on when a client resets, in its request or its response",
       "recv() and send() may fail for one client. For whom is that the end?")
{
    enum { RESETS = 3 };
    struct program *server = start_here();
    struct peer *bystander = connect_halfway(server);
    struct level before = level_of(server);
    // Several: that the bystander has gone by then may hide one.
    for (size_t i = 0; i < RESETS; i++) {
        struct peer *resets = connect_halfway(server);
        expect_quiet(server);
        peer_reset(resets);
        expect_quiet(server);
    }
    expect_service(server);
    expect_second_half(server, bystander);
    expect_service(server);
    expect_idle(server);
    expect_fewer_open(server, &before, 0);
    expect_no_bad_descriptor(server);
    // A connection may be lost in other ways, too.
    begin_timeline_anew();
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_RECEIVE, .error = ETIMEDOUT});
    server = start_here();
    message_send_search(connect_to(server), "ring");
    expect_quiet(server);
    expect_service(server);
}

GRADED(survives_a_vanished_client, 2,
       "is not killed by SIGPIPE when a client is gone before its response",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset? Which flag of send() asks for an "
       "error instead?")
{
    hold(CALLS_SEND);
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    message_send_search(client, "morpheus");
    vanish_before_it_sends(client, server);
    expect_service(server);
}
