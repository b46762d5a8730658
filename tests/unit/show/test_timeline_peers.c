// The timeline of a program with several clients.

#include "stage/peer.h"
#include "base/style.h"
#include "show/timeline.h"
#include "unit.h"
#include "stage/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static void add_deed(int peer, enum peer_action action, size_t bytes)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = peer;
    event.deed.action = action;
    event.deed.bytes = bytes;
    trace_add(stage_current()->trace, &event);
}

// What the program answers to that peer: a call on its connection.
static void add_call(int peer, long number, uint64_t asked, int64_t result)
{
    struct trace *trace = stage_current()->trace;
    struct event event = {.kind = EVENT_CALL};
    event.call = (struct call){.info = call_find(number),
                               .fd = 3 + peer,
                               .port = htons((uint16_t)(50000 + peer)),
                               .on_socket = true,
                               .finished = true,
                               .result = result,
                               .asked = asked,
                               .site = -1};
    event.call.group = event.call.info->group;
    size_t added = trace_add(trace, &event);
    trace_event(trace, added)->call.ended_us = trace_now_us(trace);
}

// A peer that is known by its port, as one that has connected. With a SERVER
// it was accepted by that.
static struct peer *add_peer(int number, struct peer *server)
{
    struct stage *stage = stage_current();
    struct peer *peer = calloc(1, sizeof *peer);
    ck_assert_ptr_nonnull(peer);
    peer->socket.fd = -1;
    peer->number = number;
    peer->connected = true;
    peer->server = server;
    peer->accepts = server != NULL;
    (server != NULL ? &peer->remote : &peer->local)->v4.sin_port =
        htons((uint16_t)(50000 + number));
    peer->next = stage->peers;
    stage->peers = peer;
    return peer;
}

static void begin(int peers)
{
    style_set(&(struct style){.unicode = false});
    stage_begin(1, false);
    for (int i = 1; i <= peers; i++)
        add_peer(i, NULL);
}

// Returns the timeline, which the caller frees. No line is over 80 columns.
static char *print(int focus, const char *waits_for)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    timeline_print(out, stage_current(),
                   &(struct view){.waits_for = waits_for, .focus = focus});
    fclose(out);
    expect_narrow(text);
    return text;
}

// Prints, and expects that head and those parts; the list ends with NULL.
static void expect_parts(int focus, const char *head, const char *const *parts)
{
    char *text = print(focus, NULL);
    ck_assert_msg(strncmp(text, head, strlen(head)) == 0, "no \"%s\" in:\n%s",
                  head, text);
    for (; *parts != NULL; parts++)
        expect_part(text, *parts);
    free(text);
    stage_end();
}

START_TEST(gives_one_peer_all_the_room)
{
    begin(2);
    add_deed(2, PEER_CONNECTS, 0);
    add_deed(2, PEER_SENDS, 5);
    expect_parts(2, "      ms  grader                 your program\n",
                 (const char *const[]){"  send 5 B ------------>\n", NULL});
}
END_TEST

// Each deed in its column, beside the call that answers it; dots for a call
// about a peer that does nothing itself at the moment.
START_TEST(gives_two_peers_a_column_each)
{
    begin(2);
    add_deed(2, PEER_CONNECTS, 0);
    add_call(2, SYS_accept, 0, 5);
    add_deed(1, PEER_SENDS, 5);
    add_call(1, SYS_recvfrom, 4096, 5);
    add_call(1, SYS_recvfrom, 4096, -EAGAIN);
    add_call(2, SYS_sendto, 7, 7);
    add_deed(2, PEER_RECEIVES, 7);
    add_call(0, SYS_socket, 0, 9);
    expect_parts(0, "      ms  client 1   client 2   your program\n",
                 (const char *const[]){
                     "             connect -> accept(5) = 5\n",
                     "  5 B ----->            recv(4, 4096) = 5\n",
                     "  ..........            recv(4, 4096) = -1 EAGAIN\n",
                     "             <----- 7 B send(5, 7) = 7\n",
                     "                        socket() = 9\n", NULL});
}
END_TEST

// What another peer does is no answer.
START_TEST(keeps_two_peers_apart)
{
    begin(2);
    add_deed(1, PEER_SENDS, 5);
    add_call(2, SYS_recvfrom, 4096, 6);
    add_call(1, SYS_sendto, 7, 7);
    add_deed(2, PEER_RECEIVES, 8);
    expect_parts(
        0, "      ms  client 1   client 2   your program\n",
        (const char *const[]){"  5 B ----->\n",
                              "             .......... recv(5, 4096) = 6\n",
                              "  ..........            send(4, 7) = 7\n",
                              "             <----- 8 B\n", NULL});
}
END_TEST

// In the order of their numbers, though they come in another.
START_TEST(gives_three_peers_a_column_each)
{
    static const int order[] = {3, 1, 2};
    begin(3);
    for (int i = 0; i < 3; i++) {
        add_deed(order[i], PEER_SENDS, (size_t)order[i]);
        add_call(order[i], SYS_recvfrom, 9, order[i]);
    }
    expect_parts(2, "      ms  client 1   client 2   client 3   your program\n",
                 (const char *const[]){
                     "                        3 B -----> recv(6, 9) = 3\n",
                     "  1 B ----->                       recv(4, 9) = 1\n",
                     "             2 B ----->            recv(5, 9) = 2\n",
                     NULL});
}
END_TEST

// Where the program is the client, to which the grader has connections.
START_TEST(calls_accepted_peers_connections)
{
    begin(0);
    struct peer *server = add_peer(9, NULL);
    add_peer(1, server);
    add_peer(2, server);
    add_deed(1, PEER_SENDS, 5);
    add_call(1, SYS_recvfrom, 4096, 5);
    add_call(1, SYS_recvfrom, 4096, -EAGAIN);
    add_call(2, SYS_sendto, 6, 6);
    add_deed(2, PEER_RECEIVES, 6);
    expect_parts(0, "      ms  conn. 1    conn. 2    your program\n",
                 (const char *const[]){
                     "  5 B ----->            recv(4, 4096) = 5\n",
                     "  ..........            recv(4, 4096) = -1 EAGAIN\n",
                     "             <----- 6 B send(5, 6) = 6\n", NULL});
}
END_TEST

// Each of COUNT peers sends two bytes more than the one before.
static void add_crowd(int count)
{
    for (int i = 1; i <= count; i++) {
        add_deed(i, PEER_SENDS, (size_t)i * 2);
        add_call(i, SYS_recvfrom, 99, i * 2);
        add_call(i, SYS_recvfrom, 99, -i);
    }
}

START_TEST(puts_the_one_in_focus_beside_the_others)
{
    begin(4);
    add_crowd(4);
    expect_parts(3, "      ms  client 3        the others      your program\n",
                 (const char *const[]){
                     "                  1: 2 B -------> recv(4, 99) = 2\n",
                     "                  1:              recv(4, 99) = -1",
                     "                  2: 4 B -------> recv(5, 99) = 4\n",
                     "  6 B ---------->                 recv(6, 99) = 6\n",
                     "  ...............                 recv(6, 99) = -1",
                     "                  4: 8 B -------> recv(7, 99) = 8\n",
                     NULL});
}
END_TEST

// Nobody is in focus: then it is the first.
START_TEST(puts_the_first_beside_the_others)
{
    begin(4);
    add_crowd(4);
    expect_parts(0, "      ms  client 1        the others      your program\n",
                 (const char *const[]){
                     "  2 B ---------->                 recv(4, 99) = 2\n",
                     "                  4: 8 B -------> recv(7, 99) = 8\n",
                     NULL});
}
END_TEST

// Five rounds with one peer and then five with another are not alike where
// each has a column.
START_TEST(folds_rounds_of_one_peer_only)
{
    begin(2);
    for (int i = 0; i < 10; i++) {
        add_deed(1 + i / 5, PEER_SENDS, 5);
        add_call(1 + i / 5, SYS_recvfrom, 4096, 5);
    }
    char *text = print(0, NULL);
    ck_assert_int_eq(count_parts(text, "... 4 more rounds like this\n"), 2);
    free(text);
    stage_end();
    begin(5);
    for (int i = 0; i < 10; i++) {
        add_deed(1 + i / 2, PEER_SENDS, 5);
        add_call(1 + i / 2, SYS_recvfrom, 4096, 5);
    }
    text = print(0, NULL);
    ck_assert_int_eq(count_parts(text, "... 9 more rounds like this\n"), 1);
    free(text);
    stage_end();
}
END_TEST

START_TEST(says_what_it_waits_for_across_all_columns)
{
    begin(3);
    add_crowd(3);
    // The columns of clients 1 to 3 are 33 wide: nothing is cut before that.
    char *text = print(1, "7654321 of 9999999 B");
    expect_part(text, "  waits for 7654321 of 9999999 B\n");
    free(text);
    stage_end();
}
END_TEST

Suite *timeline_peers_suite(void)
{
    Suite *suite = suite_create("timeline_peers");
    TCase *tcase = tcase_create("timeline_peers");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, gives_one_peer_all_the_room);
    tcase_add_test(tcase, gives_two_peers_a_column_each);
    tcase_add_test(tcase, keeps_two_peers_apart);
    tcase_add_test(tcase, gives_three_peers_a_column_each);
    tcase_add_test(tcase, calls_accepted_peers_connections);
    tcase_add_test(tcase, puts_the_one_in_focus_beside_the_others);
    tcase_add_test(tcase, puts_the_first_beside_the_others);
    tcase_add_test(tcase, folds_rounds_of_one_peer_only);
    tcase_add_test(tcase, says_what_it_waits_for_across_all_columns);
    suite_add_tcase(suite, tcase);
    return suite;
}
