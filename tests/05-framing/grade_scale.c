// What frame_server keeps of its clients and their messages: nothing.

#include "grader/grade.h"

#include "frames.h"
#include "words/content.h"
#include "words/server_checks.h"

#include <signal.h>
#include <stdlib.h>

PART(4)

enum { CLIENTS = 30, CLIENTS_AT_SCALE = 1000, MESSAGES_AT_SCALE = 10000 };

// Its level without a client, but for the threads: those that it has with one,
// since each that there was costs memory for good (ASan).
static struct level level_between_clients(struct program *server,
                                          enum framing framing)
{
    expect_answered_client(server, framing);
    struct talk talk = begin_talk(server, framing);
    int threads = level_of(server).threads;
    end_talk(&talk);
    struct level level = level_of(server);
    level.threads = threads;
    return level;
}

GRADED(keeps_its_descriptors, 1,
       "has as many descriptors after thirty clients as before",
       "Who closes a client's socket, and is that on every way out?")
{
    struct program *server = start_reusing(LENGTH);
    struct level before = level_between_clients(server, LENGTH);
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = connect_to(server);
        peer_send(client, i % 2 == 0 ? "\0\0\0\1a" : "\xff\xff\xff\xff", 4);
        expect_quiet(server);
        if (i % 3 == 0)
            peer_reset(client);
        peer_close(client);
        expect_quiet(server);
        peer_forget(client);
    }
    expect_level(server, &before, CLIENTS);
}

GRADED_AT_SCALE(answers_ten_thousand_messages, 2,
                "answers ten thousand messages in one connection",
                "What does each message leave behind in the buffer?")
{
    without_tracer();
    for (enum framing framing = 0; framing < FRAMINGS; framing++) {
        begin_timeline_anew();
        struct program *server = start_reusing(framing);
        expect_answered_client(server, framing);
        struct level before = level_of(server);
        struct talk talk = begin_talk(server, framing);
        // All of them together are more than memory may grow by.
        for (size_t i = 0; i < MESSAGES_AT_SCALE; i++) {
            char *message = alphabet_text(i % (framing_max(framing) + 1) % 999);
            add_to_send(&talk, message);
            free(message);
        }
        peer_allow_more(talk.client, talk.sent.size);
        peer_send(talk.client, talk.sent.bytes, talk.sent.size);
        end_talk(&talk);
        expect_no_growth(server, &before, MIB(2),
                         "Each message leaves something behind in memory: what "
                         "has been consumed makes room for what comes.");
    }
}

GRADED_AT_SCALE(serves_a_thousand_clients, 2,
                "serves a thousand clients, and keeps nothing of them",
                "What does each client leave behind: a descriptor, memory?")
{
    without_tracer();
    struct program *server = start_reusing(LINE);
    struct level before = level_between_clients(server, LINE);
    for (int i = 0; i < CLIENTS_AT_SCALE; i++)
        expect_answered_client(server, LINE);
    expect_level(server, &before, CLIENTS_AT_SCALE);
    stop_server(server, SIGTERM);
}
