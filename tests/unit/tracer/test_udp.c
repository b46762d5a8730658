// Datagrams on their way, as a real program sends them; children_udp.c says
// what it saw. All of it needs the tracer.

#include "stage/datagrams.h"
#include "stage/peer_wire.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "tracer/tracer.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const ways[] = {"sendto", "sendmsg", "send", "write"};
enum { WAYS = sizeof ways / sizeof *ways };

static struct program *post(const char *way, struct peer **to)
{
    static char port[8];
    *to = datagrams_open("127.0.0.1");
    snprintf(port, sizeof port, "%d", ntohs((*to)->local.v4.sin_port));
    return start_child("posts", way, port);
}

// Begins, with one rule for what is sent. Three are: of 0, 2 and 4 bytes.
static struct peer *begin(int way, enum weather_kind kind, unsigned first,
                          unsigned every)
{
    struct peer *peer;
    stage_begin(1, true);
    stage_weather(&(struct weather){
        .kind = kind, .calls = CALLS_SEND, .first = first, .every = every});
    struct program *program = post(ways[way], &peer);
    // That it was lost, is nothing that it could know of.
    expect_program_result(program, 0, "0 2 4 a port\n");
    ck_assert(stage_settle());
    return peer;
}

static void expect_sizes(const struct peer *peer, const char *sizes)
{
    char text[64] = "";
    for (size_t i = 0; i < peer->datagrams->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%zu ",
                 peer->datagrams->got[i].size);
    ck_assert_str_eq(text, sizes);
}

static int count_effects(enum weather_effect effect)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    int count = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        count += call->effect == effect;
    return count;
}

START_TEST(leaves_them_alone_in_calm_weather)
{
    struct peer *peer = begin(_i, WEATHER_FALSE_ALARM, 1, 1);
    expect_sizes(peer, "0 2 4 ");
    ck_assert_int_eq(count_effects(CALM),
                     (int)stage_current()->trace->count - 5);
    stage_end();
}
END_TEST

START_TEST(cuts_none_short)
{
    struct peer *peer;
    stage_begin(1, true);
    stage_weather(&(struct weather){
        .kind = WEATHER_CUT, .calls = CALLS_SEND, .bytes = 1, .every = 1});
    expect_program_result(post(ways[_i], &peer), 0, "0 2 4 a port\n");
    ck_assert(stage_settle());
    expect_sizes(peer, "0 2 4 ");
    ck_assert_int_eq(count_effects(CUT_SHORT), 0);
    stage_end();
}
END_TEST

START_TEST(loses_them)
{
    expect_sizes(begin(_i, WEATHER_LOSE, 2, 0), "0 4 ");
    ck_assert_int_eq(count_effects(LOST), 1);
    stage_end();
    expect_sizes(begin(_i, WEATHER_LOSE, 1, 1), "");
    ck_assert_int_eq(count_effects(LOST), 3);
    stage_end();
}
END_TEST

START_TEST(doubles_them)
{
    struct peer *peer = begin(_i, WEATHER_DOUBLE, 2, 1);
    expect_sizes(peer, "0 2 2 4 4 ");
    ck_assert_int_eq(memcmp(datagrams_bytes(peer, 2), "bb", 2), 0);
    ck_assert_int_eq(memcmp(datagrams_bytes(peer, 4), "cccc", 4), 0);
    ck_assert_uint_eq(peer->datagrams->got[1].from.v4.sin_port,
                      peer->datagrams->got[2].from.v4.sin_port);
    ck_assert_int_eq(count_effects(DOUBLED), 2);
    stage_end();
}
END_TEST

START_TEST(has_them_overtaken)
{
    struct peer *peer = begin(_i, WEATHER_HOLD_BACK, 2, 0);
    expect_sizes(peer, "0 4 ");
    // Its sender has ended, and it is under way still.
    tracer_deliver(&stage_current()->tracer);
    ck_assert(stage_settle());
    expect_sizes(peer, "0 4 2 ");
    ck_assert_int_eq(memcmp(datagrams_bytes(peer, 2), "bb", 2), 0);
    ck_assert_uint_eq(peer->datagrams->got[2].from.v4.sin_port,
                      peer->datagrams->got[1].from.v4.sin_port);
    tracer_deliver(&stage_current()->tracer); // there is no other
    ck_assert(stage_settle());
    expect_sizes(peer, "0 4 2 ");
    stage_end();
}
END_TEST

// The kernel would refuse it, and so it does.
START_TEST(loses_none_that_is_too_long)
{
    struct peer *peer;
    stage_begin(1, true);
    stage_weather(&(struct weather){
        .kind = WEATHER_LOSE, .calls = CALLS_SEND, .every = 1});
    expect_program_result(post("too long", &peer), 0,
                          "EMSGSIZE EMSGSIZE EMSGSIZE a port\n");
    ck_assert_int_eq(count_effects(LOST), 0);
    stage_end();
}
END_TEST

// Nothing else is lost: neither of a stream, nor what is printed.
START_TEST(loses_datagrams_only)
{
    stage_begin(1, true);
    stage_weather(&(struct weather){
        .kind = WEATHER_LOSE, .calls = CALLS_SEND, .every = 1});
    expect_program_result(start_child("moves", "send", "2"), 0, "100 100 \n");
    ck_assert_int_eq(count_effects(LOST), 0);
    stage_end();
}
END_TEST

// Of a refusal only who is connected is told; and of a signal, everybody.
START_TEST(tells_no_stranger_of_refusals)
{
    struct peer *peer;
    stage_begin(1, true);
    stage_weather(&(struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_SEND, .error = ECONNREFUSED});
    const bool is_connected =
        strcmp(ways[_i], "send") == 0 || strcmp(ways[_i], "write") == 0;
    expect_program_result(post(ways[_i], &peer), 0,
                          is_connected ? "ECONNREFUSED 2 4 a port\n"
                                       : "0 2 4 a port\n");
    stage_end();
    stage_begin(1, true);
    stage_weather(&(struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_SEND, .error = EINTR});
    expect_program_result(post(ways[_i], &peer), 0, "EINTR 2 4 a port\n");
    stage_end();
}
END_TEST

START_TEST(knows_where_each_goes)
{
    struct peer *peer = begin(_i, WEATHER_LOSE, 3, 0);
    struct trace *trace = stage_current()->trace;
    size_t i = 0, sent = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->group == CALLS_SEND && call->on_socket) {
            ck_assert(call->on_datagrams);
            ck_assert_uint_eq(call->port, peer->local.v4.sin_port);
            ck_assert_ptr_eq(peer_of_call(stage_current(), call), peer);
            sent++;
        }
    ck_assert_uint_eq(sent, 3);
    stage_end();
}
END_TEST

static void add_loops(TCase *tcase)
{
    tcase_add_loop_test(tcase, leaves_them_alone_in_calm_weather, 0, WAYS);
    tcase_add_loop_test(tcase, cuts_none_short, 0, WAYS);
    tcase_add_loop_test(tcase, loses_them, 0, WAYS);
    tcase_add_loop_test(tcase, doubles_them, 0, WAYS);
    tcase_add_loop_test(tcase, has_them_overtaken, 0, WAYS);
    tcase_add_loop_test(tcase, knows_where_each_goes, 0, WAYS);
    tcase_add_loop_test(tcase, tells_no_stranger_of_refusals, 0, WAYS);
}

Suite *udp_suite(void)
{
    Suite *suite = suite_create("udp");
    TCase *tcase = tcase_create("udp");
    if (traced_end() == 2) {
        add_loops(tcase);
        tcase_add_test(tcase, loses_none_that_is_too_long);
        tcase_add_test(tcase, loses_datagrams_only);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
