// The grader's end of an exchange of datagrams. The other end is a child.

#include "stage/datagrams.h"
#include "stage/passing.h"
#include "stage/peer.h"
#include "stage/ports.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const ways[] = {"recvfrom", "recvmsg"};

// Starts a child that returns COUNT datagrams. *address is its own.
static struct program *returns(const char *way, const char *count,
                               union endpoint *address)
{
    struct program *program = start_child("returns", way, count);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_MET);
    endpoint_make("127.0.0.1", htons((uint16_t)atoi(program->out.bytes)),
                  address);
    return program;
}

static bool has_two(void *subject)
{
    return ((struct peer *)subject)->datagrams->count == 2;
}

// _i: by which call, and whether the child is traced.
START_TEST(sends_and_receives)
{
    union endpoint server;
    stage_begin(1, _i >= 2);
    struct program *program = returns(ways[_i % 2], "2", &server);
    struct peer *peer = datagrams_open("127.0.0.1");
    datagrams_send(peer, &server, "hello", 5);
    datagrams_send(peer, &server, "", 0);
    ck_assert_int_eq(stage_wait(has_two, peer), WAIT_MET);
    const struct datagram *got = peer->datagrams->got;
    ck_assert_uint_eq(got[0].size, 5);
    ck_assert_uint_eq(got[1].size, 0);
    ck_assert_int_eq(memcmp(datagrams_bytes(peer, 0), "hello", 5), 0);
    ck_assert_uint_eq(got[0].from.v4.sin_port, server.v4.sin_port);
    ck_assert_uint_eq(peer->datagrams->sent, 2);
    run_to_end(program);
    stage_end();
}
END_TEST

// That it waits, and nothing is under way, is known at once; and whose calls
// they are.
START_TEST(knows_a_hang)
{
    union endpoint server;
    stage_begin(1, _i >= 2);
    struct program *program = returns(ways[_i % 2], "2", &server);
    struct peer *peer = datagrams_open("127.0.0.1");
    datagrams_send(peer, &server, "hello", 5);
    ck_assert_int_eq(stage_wait(has_two, peer), WAIT_HANGS);
    ck_assert_uint_eq(peer->datagrams->count, 1);
    ck_assert(!program->ended);
    if (_i >= 2) {
        struct trace *trace = stage_current()->trace;
        size_t at = trace->count;
        const struct call *call;
        do
            call = trace_last_call(trace, &at);
        while (call != NULL && !(call->group == CALLS_RECEIVE &&
                                 call->finished && call->on_socket));
        ck_assert_ptr_nonnull(call);
        ck_assert(call->on_datagrams);
        ck_assert_ptr_eq(peer_of_call(stage_current(), call), peer);
    }
    stage_end();
}
END_TEST

// What it does not receive is not on its way.
START_TEST(does_not_wait_for_what_nobody_reads)
{
    union endpoint server;
    stage_begin(1, _i);
    returns(ways[0], "2", &server);
    struct peer *peer = datagrams_open("127.0.0.1");
    peer_stop_reading(peer);
    datagrams_send(peer, &server, "hello", 5);
    ck_assert(stage_settle());
    ck_assert_uint_eq(peer->datagrams->count, 0);
    peer_resume_reading(peer);
    ck_assert(stage_settle());
    ck_assert_uint_eq(peer->datagrams->count, 1);
    stage_end();
}
END_TEST

START_TEST(tells_peers_of_one_port_apart)
{
    stage_begin(1, false);
    struct peer *one = datagrams_open("127.0.0.1");
    struct peer *another =
        datagrams_open_at(peer_own_host(), one->local.v4.sin_port);
    ck_assert_ptr_nonnull(another);
    ck_assert_ptr_null(datagrams_open_at("127.0.0.1", one->local.v4.sin_port));
    struct call call = {.on_datagrams = true, .port = one->local.v4.sin_port};
    endpoint_text(&another->local, call.note);
    call.note_size = strlen(call.note);
    ck_assert_ptr_eq(peer_of_call(stage_current(), &call), another);
    endpoint_text(&one->local, call.note);
    call.note_size = strlen(call.note);
    ck_assert_ptr_eq(peer_of_call(stage_current(), &call), one);
    datagrams_send(one, &another->local, "x", 1);
    ck_assert(stage_settle());
    ck_assert_uint_eq(another->datagrams->count, 1);
    ck_assert_uint_eq(another->datagrams->got[0].from.v4.sin_port,
                      one->local.v4.sin_port);
    stage_end();
}
END_TEST

// An IPv6 socket has IPv4's addresses in a form of its own.
START_TEST(receives_over_both_families)
{
    if (!peer_has_ipv6())
        return;
    stage_begin(1, false);
    struct peer *six = datagrams_open("::1"), *other = datagrams_open("::1");
    datagrams_send(other, &six->local, "x", 1);
    ck_assert(stage_settle());
    ck_assert_uint_eq(six->datagrams->count, 1);
    ck_assert_int_eq(six->datagrams->got[0].from.any.sa_family, AF_INET6);
    stage_end();
}
END_TEST

START_TEST(survives_who_is_gone)
{
    stage_begin(1, false);
    struct peer *peer = datagrams_open("127.0.0.1");
    struct peer *gone = datagrams_open("127.0.0.1");
    const union endpoint address = gone->local;
    peer_close(gone);
    for (int i = 0; i < 3; i++)
        datagrams_send(peer, &address, "x", 1);
    ck_assert(stage_settle());
    ck_assert_ptr_null(stage_fault());
    peer_forget(gone);
    ck_assert_ptr_eq(stage_current()->peers, peer);
    stage_end();
}
END_TEST

START_TEST(knows_a_flood)
{
    stage_begin(1, false);
    struct peer *peer = datagrams_open("127.0.0.1");
    ck_assert(!datagrams_flood(peer));
    peer->datagrams->count = 4096;
    ck_assert(!datagrams_flood(peer));
    peer->datagrams->count++;
    ck_assert(datagrams_flood(peer));
    peer->datagrams->sent++;
    ck_assert(!datagrams_flood(peer));
    peer->datagrams->count = 7;
    datagrams_want_only(peer, 7);
    ck_assert(!datagrams_flood(peer));
    peer->datagrams->count++;
    ck_assert(datagrams_flood(peer));
    peer->datagrams->count = 0;
    stage_end();
}
END_TEST

Suite *datagrams_suite(void)
{
    Suite *suite = suite_create("datagrams");
    TCase *tcase = tcase_create("datagrams");
    tcase_add_loop_test(tcase, sends_and_receives, 0, 2 * traced_end());
    tcase_add_loop_test(tcase, knows_a_hang, 0, 2 * traced_end());
    tcase_add_loop_test(tcase, does_not_wait_for_what_nobody_reads, 0,
                        traced_end());
    tcase_add_test(tcase, tells_peers_of_one_port_apart);
    tcase_add_test(tcase, receives_over_both_families);
    tcase_add_test(tcase, survives_who_is_gone);
    tcase_add_test(tcase, knows_a_flood);
    suite_add_tcase(suite, tcase);
    return suite;
}
