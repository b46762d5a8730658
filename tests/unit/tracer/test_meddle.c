// Weather as a real program meets it: children_net.c says what it saw. All of
// it needs the tracer.

#include "unit.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "tracer/thread.h"
#include "trace/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void make(struct weather weather)
{
    stage_begin(1, true);
    stage_weather(&weather);
}

static const char *const receives[] = {"recv", "read", "readv", "recvmsg"};
static const char *const sends[] = {"send", "write", "writev", "sendmsg"};

START_TEST(is_calm_without_rules)
{
    stage_begin(1, true);
    expect_program_result(start_child("moves", receives[_i], "2"), 0,
                          "100 100 \n");
    expect_program_result(start_child("moves", sends[_i], "2"), 0,
                          "100 100 \n");
    stage_end();
}
END_TEST

START_TEST(cuts_receives)
{
    make((struct weather){
        .kind = WEATHER_CUT, .calls = CALLS_RECEIVE, .bytes = 7, .every = 2});
    // What was cut off is there for the next call.
    expect_program_result(start_child("moves", receives[_i], "3"), 0,
                          "7 100 7 \n");
    stage_end();
}
END_TEST

START_TEST(cuts_sends)
{
    make((struct weather){
        .kind = WEATHER_CUT, .calls = CALLS_SEND, .bytes = 7, .every = 2});
    expect_program_result(start_child("moves", sends[_i], "3"), 0,
                          "7 100 7 \n");
    stage_end();
}
END_TEST

// Each of two buffers has room for 50 bytes.
START_TEST(cuts_a_vector_within_any_part)
{
    static const struct {
        size_t bytes;
        const char *moved;
    } cuts[] = {{1, "1 100 \n"},   {49, "49 100 \n"}, {50, "50 100 \n"},
                {51, "51 100 \n"}, {99, "99 100 \n"}, {100, "100 100 \n"}};
    static const struct {
        unsigned group;
        const char *name;
    } calls[] = {{CALLS_RECEIVE, "readv"},
                 {CALLS_RECEIVE, "recvmsg"},
                 {CALLS_SEND, "writev"},
                 {CALLS_SEND, "sendmsg"}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        make((struct weather){.kind = WEATHER_CUT,
                              .calls = calls[i].group,
                              .bytes = cuts[_i].bytes,
                              .every = 2});
        expect_program_result(start_child("moves", calls[i].name, "2"), 0,
                              cuts[_i].moved);
        stage_end();
    }
}
END_TEST

START_TEST(cuts_nothing_that_is_short_already)
{
    make((struct weather){
        .kind = WEATHER_CUT, .calls = CALLS_RECEIVE, .bytes = 100, .every = 1});
    struct program *program = start_child("moves", receives[_i], "2");
    expect_program_result(program, 0, "100 100 \n");
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++)
        if (trace_call(trace, i) != NULL)
            ck_assert_int_eq(trace_call(trace, i)->effect, CALM);
    stage_end();
}
END_TEST

START_TEST(interrupts)
{
    make((struct weather){.kind = WEATHER_FAIL,
                          .calls = CALLS_RECEIVE,
                          .error = EINTR,
                          .every = 1});
    expect_program_result(start_child("moves", receives[_i], "3"), 0,
                          "EINTR 100 EINTR \n");
    stage_end();
    make((struct weather){.kind = WEATHER_FAIL,
                          .calls = CALLS_SEND,
                          .error = ECONNRESET,
                          .first = 2});
    expect_program_result(start_child("moves", sends[_i], "3"), 0,
                          "100 ECONNRESET 100 \n");
    stage_end();
}
END_TEST

START_TEST(interrupts_a_connection_that_goes_on)
{
    make((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = EINTR});
    expect_program_result(start_child("connects", NULL, NULL), 0,
                          "EINTR, connected, blocks\n");
    stage_end();
    make((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = EINTR});
    expect_program_result(start_child("connects", "refused", NULL), 0,
                          "EINTR, ECONNREFUSED, blocks\n");
    stage_end();
    stage_begin(1, true);
    expect_program_result(start_child("connects", "refused", NULL), 0,
                          "ECONNREFUSED, ECONNREFUSED, blocks\n");
    stage_end();
}
END_TEST

// What three calls of a child come to while each other one may fail so.
static void expect_again(const char *child, const char *move, const char *text)
{
    bool is_send = *move == 's' || *move == 'w';
    make((struct weather){.kind = WEATHER_FAIL,
                          .calls = is_send ? CALLS_SEND : CALLS_RECEIVE,
                          .error = EAGAIN,
                          .every = 2});
    expect_program_result(start_child(child, move, "3"), 0, text);
    stage_end();
}

// Only a call that was told not to wait can say that it would have to.
START_TEST(says_again_where_a_call_does_not_wait)
{
    expect_again("moves", receives[_i], "100 100 100 \n");
    expect_again("moves", sends[_i], "100 100 100 \n");
    expect_again("moves_on", receives[_i], "EAGAIN 100 EAGAIN \n");
    expect_again("moves_on", sends[_i], "EAGAIN 100 EAGAIN \n");
}
END_TEST

START_TEST(says_again_to_MSG_DONTWAIT)
{
    expect_again("moves", "recv now", "EAGAIN 100 EAGAIN \n");
    expect_again("moves", "send now", "EAGAIN 100 EAGAIN \n");
}
END_TEST

// The port of a socket that is bound, and does not listen.
static uint16_t silent_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return local_of(fd).v4.sin_port;
}

// The child has its address in memory that can only be read.
START_TEST(refuses_a_connection)
{
    struct weather refusal = {
        .kind = WEATHER_REFUSE, .calls = CALLS_CONNECT, .port = silent_port()};
    make(refusal);
    expect_program_result(start_child("connects", NULL, NULL), 0,
                          "ECONNREFUSED, ECONNREFUSED, blocks\n");
    // Its turn was the first attempt.
    expect_program_result(start_child("connects", NULL, NULL), 0,
                          "connected, connected, blocks\n");
    struct trace *trace = stage_current()->trace;
    int refused = 0;
    for (size_t i = 0; i < trace->count; i++)
        if (trace_call(trace, i) != NULL)
            refused += trace_call(trace, i)->effect == REFUSED;
    ck_assert_int_eq(refused, 1);
    stage_end();
}
END_TEST

static bool is_held(void *stage)
{
    return thread_held(&((const struct stage *)stage)->tracer) != NULL;
}

START_TEST(holds_until_released)
{
    make((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_RECEIVE, .first = 2});
    struct program *program = start_child("moves", receives[_i], "3");
    ck_assert_int_eq(stage_wait(is_held, stage_current()), WAIT_MET);
    ck_assert(stage_settle());
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_HANGS);
    ck_assert(is_held(stage_current()));
    program_release(program);
    expect_program_result(program, 0, "100 100 100 \n");
    stage_end();
}
END_TEST

START_TEST(holds_for_a_time)
{
    make((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_SEND, .delay_ms = 300});
    struct program *program = start_child("moves", sends[_i], "2");
    expect_program_result(program, 0, "100 100 \n");
    struct trace *trace = stage_current()->trace;
    ck_assert_uint_ge(trace_now_us(trace), 300000);
    int held = 0;
    for (size_t i = 0; i < trace->count; i++)
        if (trace_call(trace, i) != NULL)
            held += trace_call(trace, i)->effect == HELD_UP;
    ck_assert_int_eq(held, 1);
    stage_end();
}
END_TEST

START_TEST(holds_two_at_a_time)
{
    make((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_SEND, .every = 1});
    struct program *a = start_child("moves", "send", "1");
    struct program *b = start_child("moves", "send", "1");
    ck_assert_int_eq(stage_wait(has_ended, a), WAIT_HANGS);
    program_release(a);
    expect_program_result(a, 0, "100 \n");
    expect_program_result(b, 0, "100 \n");
    stage_end();
}
END_TEST

START_TEST(ends_a_program_that_is_held)
{
    make((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_RECEIVE});
    pid_t pid = start_child("moves", "recv", "1")->pid;
    ck_assert_int_eq(stage_wait(is_held, stage_current()), WAIT_MET);
    stage_end();
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(records_calls)
{
    make((struct weather){
        .kind = WEATHER_CUT, .calls = CALLS_RECEIVE, .bytes = 7});
    run_to_end(start_child("moves", "recv", "2"));
    struct trace *trace = stage_current()->trace;
    int64_t expected[] = {7, 100};
    size_t found = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call == NULL || call->info->number != SYS_recvfrom)
            continue;
        ck_assert_uint_lt(found, 2);
        ck_assert(call->finished && call->on_socket);
        ck_assert_uint_eq(call->asked, 100);
        ck_assert_int_eq(call->result, expected[found]);
        ck_assert_int_eq(call->effect, found == 0 ? CUT_SHORT : CALM);
        found++;
    }
    ck_assert_uint_eq(found, 2);
    ck_assert_int_eq(trace_event(trace, 0)->kind, EVENT_STARTED);
    ck_assert_int_eq(trace_event(trace, trace->count - 1)->kind, EVENT_ENDED);
    stage_end();
}
END_TEST

Suite *meddle_suite(void)
{
    Suite *suite = suite_create("meddle");
    TCase *tcase = tcase_create("meddle");
    suite_add_tcase(suite, tcase);
    if (traced_end() < 2)
        return suite;
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, is_calm_without_rules, 0, 4);
    tcase_add_loop_test(tcase, cuts_receives, 0, 4);
    tcase_add_loop_test(tcase, cuts_sends, 0, 4);
    tcase_add_loop_test(tcase, cuts_a_vector_within_any_part, 0, 6);
    tcase_add_loop_test(tcase, cuts_nothing_that_is_short_already, 0, 4);
    tcase_add_loop_test(tcase, interrupts, 0, 4);
    tcase_add_test(tcase, interrupts_a_connection_that_goes_on);
    tcase_add_loop_test(tcase, says_again_where_a_call_does_not_wait, 0, 4);
    tcase_add_test(tcase, says_again_to_MSG_DONTWAIT);
    tcase_add_test(tcase, refuses_a_connection);
    tcase_add_loop_test(tcase, holds_until_released, 0, 4);
    tcase_add_loop_test(tcase, holds_for_a_time, 0, 4);
    tcase_add_test(tcase, holds_two_at_a_time);
    tcase_add_test(tcase, ends_a_program_that_is_held);
    tcase_add_test(tcase, records_calls);
    return suite;
}
