// What polling calls watch and find, in words and as a real program calls
// them: children_clients.c says what it saw.

#include "trace/poll_sets.h"
#include "trace/format.h"
#include "base/style.h"
#include "unit.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static uint64_t bit(int fd)
{
    return UINT64_C(1) << fd;
}

static void expect_set(uint64_t read, uint64_t write, const char *expected)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    poll_sets_format(out, &(struct polled){.read = read, .write = write});
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

static void expect_call(const struct call *call, const char *expected)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    format_call(out, call);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(formats_sets)
{
    style_set(&(struct style){.unicode = false});
    expect_set(0, 0, "nothing");
    expect_set(bit(3), 0, "r3");
    expect_set(bit(3) | bit(4), bit(5), "r3,4 w5");
    expect_set(0, bit(5) | bit(63), "w5,63");
    expect_set(bit(0), bit(0), "r0 w0");
    expect_set(bit(63), 0, "r63");
}
END_TEST

START_TEST(shortens_long_sets)
{
    style_set(&(struct style){.unicode = false});
    expect_set(0x1f0, 0, "r4,5,6,7,8");
    expect_set(0x3f0, 0, "r4,5,6,7,8,...");
    expect_set(UINT64_MAX, 0x3f0, "r0,1,2,3,4,... w4,5,6,7,8,...");
    expect_set(0x1f | bit(63), bit(9), "r0,1,2,3,4,... w9");
    style_set(&(struct style){.unicode = true});
    expect_set(0x3f0, 0, "r4,5,6,7,8,…");
}
END_TEST

START_TEST(knows_what_is_in_a_set)
{
    ck_assert(poll_sets_has(bit(3), 3));
    ck_assert(!poll_sets_has(bit(3), 4));
    ck_assert(poll_sets_has(bit(63), 63));
    ck_assert(!poll_sets_has(UINT64_MAX, 64));
    ck_assert(!poll_sets_has(UINT64_MAX, 67));
    ck_assert(!poll_sets_has(UINT64_MAX, -1));
}
END_TEST

static struct call call_to(long number)
{
    const struct call_info *info = call_find(number);
    ck_assert_ptr_nonnull(info);
    return (struct call){.info = info,
                         .group = info->group,
                         .fd = -1,
                         .on_socket = true,
                         .wants = {.read = bit(3) | bit(4), .write = bit(4)}};
}

// glibc makes pselect6(2) of both calls; only pselect() gives it a mask.
START_TEST(formats_select)
{
    style_set(&(struct style){.unicode = false});
    struct call call = call_to(SYS_pselect6);
    expect_call(&call, "select(r3,4 w4) ...");
    call.finished = true;
    call.result = 2;
    call.found = (struct polled){.read = bit(3), .write = bit(4)};
    expect_call(&call, "select(r3,4 w4) = 2: r3 w4");
    call.args[5] = 4096;
    expect_call(&call, "pselect(r3,4 w4) = 2: r3 w4");
    call.args[5] = 0;
    call.result = 0;
    expect_call(&call, "select(r3,4 w4) = 0");
    call.result = -EINTR;
    expect_call(&call, "select(r3,4 w4) = -1 EINTR");
    call.wants = (struct polled){.read = 0};
    expect_call(&call, "select(nothing) = -1 EINTR");
}
END_TEST

// Where the kernel has no poll(2), glibc makes it of ppoll(2), without a mask;
// and pause(2) without anything.
START_TEST(formats_poll)
{
    style_set(&(struct style){.unicode = false});
    struct call call = call_to(SYS_ppoll);
    call.args[0] = call.args[3] = 4096;
    expect_call(&call, "ppoll(r3,4 w4) ...");
    call.finished = true;
    call.result = 1;
    call.found = (struct polled){.write = bit(4)};
    expect_call(&call, "ppoll(r3,4 w4) = 1: w4");
    strcpy(call.note, "0.25 s");
    call.note_size = strlen(call.note);
    expect_call(&call, "ppoll(r3,4 w4, 0.25 s) = 1: w4");
    call.note_size = 0;
    // Something is ready of which no note could be taken.
    call.found = (struct polled){.read = 0};
    expect_call(&call, "ppoll(r3,4 w4) = 1: nothing");
#ifdef SYS_poll
    call.info = call_find(SYS_poll);
#endif
    call.args[3] = 0;
    call.found = (struct polled){.read = bit(3)};
    expect_call(&call, "poll(r3,4 w4) = 1: r3");
    call.found.closed = bit(4);
    call.result = 2;
    expect_call(&call, "poll(r3,4 w4) = 2: r3 not open: 4");
#ifndef SYS_pause
    call.args[0] = 0;
    call.result = -EINTR;
    expect_call(&call, "pause() = -1 EINTR");
#endif
}
END_TEST

// Of epoll's sets nothing is known.
START_TEST(formats_epoll)
{
    struct call call = call_to(SYS_epoll_pwait);
    ck_assert(!poll_sets_are_known(&call));
    call.finished = true;
    call.result = 2;
    call.args[4] = 4096;
    expect_call(&call, "epoll_pwait() = 2");
#ifdef SYS_epoll_wait
    call.info = call_find(SYS_epoll_wait);
#endif
    call.args[4] = 0;
    expect_call(&call, "epoll_wait() = 2");
    call = call_to(SYS_pselect6);
    ck_assert(poll_sets_are_known(&call));
    call = call_to(SYS_ppoll);
    ck_assert(poll_sets_are_known(&call));
}
END_TEST

static const struct {
    const char *call, *shown;
} calls[] = {
    {"select", "select"},
    {"pselect", "pselect"},
    {"poll", "poll"},
    {"ppoll", "ppoll"},
};

enum { POLL = 2, CALLS = sizeof calls / sizeof *calls };

static const struct weather alarms = {
    .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .every = 1};

// Returns the polling call that a program made NUMBER-th, from 0.
static const struct call *nth_wait(size_t number)
{
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call != NULL && call->group == CALLS_WAIT && number-- == 0)
            return call;
    }
    return NULL;
}

// Expects of that call to be shown so, behind its name.
static void expect_shown(size_t which, size_t number, const char *rest)
{
    char expected[96];
    snprintf(expected, sizeof expected, "%s%s", calls[which].shown, rest);
    const struct call *call = nth_wait(number);
    ck_assert_ptr_nonnull(call);
    expect_call(call, expected);
}

// The child's descriptors: 3 the listener, 4 the connection, 6 the pipe, 8 the
// socket that is not the network's.
START_TEST(takes_note_of_sets)
{
    style_set(&(struct style){.unicode = false});
    stage_begin(1, true);
    expect_program_result(start_child("polls", calls[_i].call, NULL), 0,
                          "1w 1w 1w \n");
    expect_shown((size_t)_i, 0, "(r3,4,6,8 w4, 0.02 s) = 1: w4");
    expect_shown((size_t)_i, 2, "(r3,4,6,8 w4, 0.02 s) = 1: w4");
    ck_assert_ptr_null(nth_wait(3));
    stage_end();
}
END_TEST

// It asks how it is at this moment, and is told so.
START_TEST(raises_none_for_who_does_not_wait)
{
    stage_begin(1, true);
    stage_weather(&alarms);
    expect_program_result(start_child("polls", calls[_i].call, "now"), 0,
                          "1w 1w 1w \n");
    ck_assert_int_eq(nth_wait(0)->effect, CALM);
    stage_end();
}
END_TEST

START_TEST(raises_false_alarms)
{
    style_set(&(struct style){.unicode = false});
    stage_begin(1, true);
    stage_weather(&alarms);
    expect_program_result(start_child("polls", calls[_i].call, NULL), 0,
                          "2LC 1w 2LC \n");
    ck_assert_int_eq(nth_wait(0)->effect, ALARMED);
    ck_assert_int_eq(nth_wait(1)->effect, CALM);
    ck_assert_int_eq(nth_wait(2)->effect, ALARMED);
    expect_shown((size_t)_i, 0, "(r3,4,6,8 w4, 0.02 s) = 2: r3,4");
    expect_shown((size_t)_i, 1, "(r3,4,6,8 w4, 0.02 s) = 1: w4");
    stage_end();
}
END_TEST

// A pipe and a UNIX socket say what is true.
START_TEST(raises_no_alarm_without_the_network)
{
    style_set(&(struct style){.unicode = false});
    stage_begin(1, true);
    stage_weather(&alarms);
    expect_program_result(start_child("polls", calls[_i].call, "local"), 0,
                          "0 0 0 \n");
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(nth_wait(i)->effect, CALM);
        expect_shown((size_t)_i, i, "(r6,8, 0.02 s) = 0");
    }
    stage_end();
}
END_TEST

// poll() tells of a descriptor that is not open as of one that is ready.
START_TEST(takes_note_of_closed_ones)
{
    style_set(&(struct style){.unicode = false});
    stage_begin(1, true);
    expect_program_result(start_child("polls", calls[_i].call, "closed"), 0,
                          "1x 1x 1x \n");
    expect_shown((size_t)_i, 0, "(r3,4,6,8 w4, 0.02 s) = 1: not open: 4");
    stage_end();
}
END_TEST

Suite *polled_suite(void)
{
    Suite *suite = suite_create("polled");
    TCase *tcase = tcase_create("polled");
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, formats_sets);
    tcase_add_test(tcase, shortens_long_sets);
    tcase_add_test(tcase, knows_what_is_in_a_set);
    tcase_add_test(tcase, formats_select);
    tcase_add_test(tcase, formats_poll);
    tcase_add_test(tcase, formats_epoll);
    if (traced_end() < 2)
        return suite;
    tcase_add_loop_test(tcase, takes_note_of_sets, 0, CALLS);
    tcase_add_loop_test(tcase, takes_note_of_closed_ones, POLL, CALLS);
    tcase_add_loop_test(tcase, raises_false_alarms, 0, CALLS);
    tcase_add_loop_test(tcase, raises_none_for_who_does_not_wait, 0, CALLS);
    tcase_add_loop_test(tcase, raises_no_alarm_without_the_network, 0, CALLS);
    return suite;
}
