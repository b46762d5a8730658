// Peers that serve. Their clients are children, or sockets of the test's own.

#include "peers.h"
#include "kernel/procfs.h"
#include "unit.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// AddressSanitizer, which this is linked with, knows what has been freed.
int __asan_address_is_poisoned(void const volatile *address);

static struct peer *find_peer(int number)
{
    struct peer *peer = stage_current()->peers;
    while (peer != NULL && (peer->server == NULL || peer->number != number))
        peer = peer->next;
    return peer;
}

static struct program *start_client(const char *name, const struct peer *server,
                                    const char *argument)
{
    static char port[8];
    snprintf(port, sizeof port, "%d", ntohs(server->local.v4.sin_port));
    return start_child(name, port, argument);
}

// Told beforehand what to do: the first echoes, the second talks. The third
// comes unexpected, and gets nothing but an end once the peer is closed.
START_TEST(accepts_in_the_order_awaited)
{
    stage_begin(1, _i);
    struct peer *server = peer_serve("127.0.0.1");
    struct peer *first = peer_await(server), *second = peer_await(server);
    peer_echo(first);
    peer_send_text(second, "something");
    peer_finish_sending(second);
    ck_assert(!first->connected && !second->connected);
    struct program *program = start_client("dials", server, "3");
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
    struct peer *third = find_peer(3);
    ck_assert_ptr_nonnull(third);
    ck_assert_ptr_null(find_peer(4));
    ck_assert_uint_eq(server->accepted, 3);
    ck_assert(server->listening && !server->connected);
    peers_expect_in(first, "connection 1");
    peers_expect_in(second, "connection 2");
    peers_expect_in(third, "connection 3");
    ck_assert(third->saw_end && third->connected && !third->closed);
    ck_assert_uint_eq(third->out.size, 0);
    ck_assert_int_eq(first->number, 1);
    ck_assert_int_eq(second->number, 2);
    peer_close(third);
    expect_program_result(program, 0, "connection 1\nsomething\n\n");
    stage_end();
}
END_TEST

// Each server counts its own.
START_TEST(serves_two_programs_at_a_time)
{
    stage_begin(1, _i);
    struct peer *servers[2], *peers[2];
    struct program *programs[2];
    for (int i = 0; i < 2; i++) {
        servers[i] = peer_serve("127.0.0.1");
        peers[i] = peer_await(servers[i]);
        ck_assert_int_eq(peers[i]->number, 1);
        peer_echo(peers[i]);
        programs[i] = start_client("dials", servers[i], "1");
        servers[i]->program = programs[i];
    }
    for (int i = 0; i < 2; i++) {
        expect_program_result(programs[i], 0, "connection 1\n");
        ck_assert_uint_eq(servers[i]->accepted, 1);
        ck_assert_ptr_eq(peers[i]->server, servers[i]);
        ck_assert_ptr_eq(peers[i]->program, programs[i]);
    }
    stage_end();
}
END_TEST

// What is awaited comes after what has come already.
START_TEST(awaits_what_comes_next)
{
    stage_begin(1, false);
    struct peer *server = peer_serve("127.0.0.1");
    int early = peers_dial(server);
    ck_assert_uint_eq(server->accepted, 0);
    peers_await(peers_have_accepted, server, 1);
    struct peer *unexpected = find_peer(1), *next = peer_await(server);
    ck_assert_ptr_nonnull(unexpected);
    ck_assert_int_eq(next->number, 2);
    int late = peers_dial(server);
    peers_await(peers_have_accepted, server, 2);
    peers_tell(early, "early", unexpected);
    peers_tell(late, "late", next);
    peers_expect_in(unexpected, "early");
    ck_assert_uint_eq(next->remote.v4.sin_port, local_of(late).v4.sin_port);
    ck_assert_uint_eq(next->local.v4.sin_port, server->local.v4.sin_port);
    peers_expect_back(early, "", false);
    stage_end();
}
END_TEST

// One that was closed before it came is not waited for any more.
START_TEST(passes_over_what_was_closed)
{
    stage_begin(1, false);
    struct peer *server = peer_serve("127.0.0.1");
    struct peer *closed = peer_await(server), *open = peer_await(server);
    peer_close(closed);
    int fd = peers_dial(server);
    peers_await(peers_have_accepted, server, 1);
    ck_assert(!closed->connected && open->connected);
    peers_tell(fd, "hello", open);
    stage_end();
}
END_TEST

static int count_closes(int number)
{
    struct trace *trace = stage_current()->trace;
    int count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        count += event->kind == EVENT_PEER && event->deed.peer == number &&
                 event->deed.action == PEER_CLOSES;
    }
    return count;
}

// Of three, the _i-th is forgotten; it may have been closed before.
START_TEST(forgets)
{
    int fds[3];
    struct peer *peers[3];
    stage_begin(1, false);
    struct peer *server = peer_serve("127.0.0.1");
    for (int i = 0; i < 3; i++) {
        peers[i] = peers_accept(server, &fds[i]);
        peers_tell(fds[i], "hello", peers[i]);
    }
    int which = _i % 3, before = procfs_count_descriptors(getpid());
    if (_i >= 3)
        peer_close(peers[which]);
    peer_forget(peers[which]);
    ck_assert(__asan_address_is_poisoned(peers[which]));
    ck_assert_int_eq(procfs_count_descriptors(getpid()), before - 1);
    ck_assert_int_eq(count_closes(which + 1), 1);
    peers_expect_back(fds[which], "", true);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_eq(find_peer(i + 1), i == which ? NULL : peers[i]);
        if (i != which)
            peers_tell(fds[i], "again", peers[i]);
    }
    ck_assert_uint_eq(server->accepted, 3);
    stage_end();
}
END_TEST

// A program that reads _i % 3 of three parts of what it gets, and gives 1000
// bytes back.
START_TEST(knows_a_backlog)
{
    enum { SIZE = 100000 };
    static const struct {
        const char *takes;
        size_t backlog;
    } parts[] = {{"0", 0}, {"60000", 59000}, {"100000", 99000}};
    stage_begin(1, _i >= 3);
    struct peer *server = peer_serve("127.0.0.1");
    struct peer *peer = peer_await(server);
    ck_assert_uint_eq(peer_backlog(peer), 0);
    start_client("takes", server, parts[_i % 3].takes);
    peers_await(peers_have_accepted, server, 1);
    peer_send_random(peer, SIZE);
    size_t gives = parts[_i % 3].backlog > 0 ? 1000 : 0;
    peers_await(peers_have_received, peer, gives);
    peers_await(peers_have_backlog, peer, parts[_i % 3].backlog);
    ck_assert(stage_settle());
    ck_assert_uint_eq(peer_backlog(peer), parts[_i % 3].backlog);
    peer_close(peer);
    ck_assert_uint_eq(peer_backlog(peer), 0);
    stage_end();
}
END_TEST

Suite *peer_suite(void)
{
    Suite *suite = suite_create("peer");
    TCase *tcase = tcase_create("peer");
    int end = traced_end();
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, accepts_in_the_order_awaited, 0, end);
    tcase_add_loop_test(tcase, serves_two_programs_at_a_time, 0, end);
    tcase_add_test(tcase, awaits_what_comes_next);
    tcase_add_test(tcase, passes_over_what_was_closed);
    tcase_add_loop_test(tcase, forgets, 0, 6);
    tcase_add_loop_test(tcase, knows_a_backlog, 0, 3 * end);
    suite_add_tcase(suite, tcase);
    return suite;
}
