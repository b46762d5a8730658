#include "show/timeline.h"
#include "base/style.h"
#include "unit.h"
#include "stage/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

static void add_deed(enum peer_action action, size_t bytes)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = 1;
    event.deed.action = action;
    event.deed.bytes = bytes;
    trace_add(stage_current()->trace, &event);
}

// A call on socket 4 that has its result at once.
static void add_call(long number, uint64_t asked, int64_t result)
{
    struct trace *trace = stage_current()->trace;
    struct event event = {.kind = EVENT_CALL};
    event.call = (struct call){.info = call_find(number),
                               .fd = 4,
                               .on_socket = true,
                               .finished = true,
                               .result = result,
                               .asked = asked,
                               .site = -1};
    event.call.group = event.call.info->group;
    size_t added = trace_add(trace, &event);
    trace_event(trace, added)->call.ended_us = trace_now_us(trace);
}

// A call that is still blocked.
static void add_blocked(long number, uint64_t asked)
{
    add_call(number, asked, 0);
    struct trace *trace = stage_current()->trace;
    trace_event(trace, trace->count - 1)->call.finished = false;
}

static void add_round(size_t bytes)
{
    add_deed(PEER_SENDS, bytes);
    add_call(SYS_recvfrom, 4096, (int64_t)bytes);
    add_call(SYS_sendto, bytes, (int64_t)bytes);
    add_deed(PEER_RECEIVES, bytes);
}

static void begin(bool verbose)
{
    style_set(&(struct style){.verbose = verbose});
    stage_begin(1, false);
}

// Returns the timeline, which the caller frees. No line is over 80 columns.
static char *print(const char *waits_for)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    timeline_print(out, stage_current(),
                   &(struct view){.waits_for = waits_for});
    fclose(out);
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        ck_assert_uint_le(length, STYLE_WIDTH);
        ck_assert_msg(line[length] == '\n', "the last line has no end");
        line += length + 1;
    }
    return text;
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

START_TEST(shows_nothing_for_nothing)
{
    begin(false);
    char *text = print(NULL);
    ck_assert_str_eq(text, "");
    free(text);
    stage_end();
}
END_TEST

START_TEST(puts_answers_side_by_side)
{
    begin(false);
    add_deed(PEER_CONNECTS, 0);
    add_call(SYS_accept, 0, 4);
    add_round(5);
    add_blocked(SYS_recvfrom, 4096);
    char *text = print("7 B");
    ck_assert_uint_eq(lines_of(text), 5);
    expect_in(text, "connect -------------> accept(4) = 4\n");
    expect_in(text, "send 5 B ------------> recv(4, 4096) = 5\n");
    expect_in(text, "<----------------- 5 B send(4, 5) = 5\n");
    expect_in(text, "waits for 7 B          recv(4, 4096) ... blocked here\n");
    free(text);
    stage_end();
}
END_TEST

// Whoever is killed in a call is not in it any more.
START_TEST(ends_behind_what_it_was_blocked_in)
{
    begin(false);
    add_blocked(SYS_recvfrom, 4096);
    struct event ended = {.kind = EVENT_ENDED};
    ended.process.pid = trace_call(stage_current()->trace, 0)->pid;
    ended.process.status = SIGTERM;
    trace_add(stage_current()->trace, &ended);
    char *text = print(NULL);
    const char *call = strstr(text, "recv(4, 4096) ... blocked here");
    ck_assert_ptr_nonnull(call);
    expect_in(call, "killed by SIGTERM");
    free(text);
    stage_end();
}
END_TEST

START_TEST(folds_repeated_rounds)
{
    begin(false);
    for (size_t i = 0; i < 10; i++)
        add_round(5 + i);
    add_deed(PEER_FINISHES, 0);
    char *text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 5);
    expect_in(text, "send 5 B ");
    expect_in(text, "... 9 more rounds like this\n");
    expect_in(text, "finish sending");
    ck_assert_ptr_null(strstr(text, "send 6 B "));
    free(text);
    style_set(&(struct style){.verbose = true});
    text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 22);
    ck_assert_ptr_null(strstr(text, "more rounds"));
    free(text);
    stage_end();
}
END_TEST

START_TEST(folds_only_what_repeats)
{
    begin(false);
    // Three alike are the first and two repeats: too few to fold.
    for (int i = 0; i < 3; i++)
        add_round(5);
    add_call(SYS_sendto, 1, -EPIPE);
    char *text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 1 + 6 + 1);
    ck_assert_ptr_null(strstr(text, "more rounds"));
    free(text);
    stage_end();
}
END_TEST

START_TEST(limits_its_rows)
{
    begin(false);
    for (int64_t error = 1; error <= 40; error++)
        add_call(SYS_sendto, (uint64_t)error, -error);
    char *text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 1 + 25);
    expect_in(text, "... 16 rows left out: VERBOSE=1 shows them\n");
    expect_in(text, "send(4, 11) ");
    ck_assert_ptr_null(strstr(text, "send(4, 12) "));
    ck_assert_ptr_null(strstr(text, "send(4, 27) "));
    expect_in(text, "send(4, 28) ");
    expect_in(text, "send(4, 40) ");
    free(text);
    style_set(&(struct style){.verbose = true});
    text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 1 + 40);
    free(text);
    stage_end();
}
END_TEST

START_TEST(leaves_out_no_single_row)
{
    begin(false);
    for (int64_t error = 1; error <= 25; error++)
        add_call(SYS_sendto, (uint64_t)error, -error);
    char *text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 1 + 25);
    ck_assert_ptr_null(strstr(text, "left out"));
    free(text);
    stage_end();
}
END_TEST

// How many calls were forgotten; _i of them.
START_TEST(counts_what_was_not_kept)
{
    begin(false);
    for (int i = 0; i < TRACE_HEAD + TRACE_TAIL + _i; i++)
        add_call(SYS_sendto, 1, 1);
    char *text = print(NULL), expected[64];
    snprintf(expected, sizeof expected, "... %d calls not kept\n", _i);
    if (_i == 0)
        ck_assert_ptr_null(strstr(text, "not kept"));
    else
        expect_in(text, expected);
    free(text);
    stage_end();
}
END_TEST

START_TEST(shows_an_end)
{
    begin(false);
    struct event event = {.kind = EVENT_ENDED};
    event.process.status = 3 << 8;
    trace_add(stage_current()->trace, &event);
    char *text = print(NULL);
    ck_assert_uint_eq(lines_of(text), 2);
    expect_in(text, "exit status 3");
    free(text);
    stage_end();
}
END_TEST

START_TEST(uses_unicode_where_it_may)
{
    begin(false);
    style_set(&(struct style){.unicode = true});
    add_round(5);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    timeline_print(out, stage_current(), &(struct view){.focus = 0});
    fclose(out);
    expect_in(text, "send 5 B ────────────▶ recv(4, 4096) = 5\n");
    expect_in(text, "◀───────────────── 5 B send(4, 5) = 5\n");
    free(text);
    stage_end();
}
END_TEST

// What the weather has made of a datagram, or the grader itself.
START_TEST(shows_what_befell_a_datagram)
{
    static const struct {
        enum weather_effect effect;
        const char *part;
    } fates[] = {{LOST, "send(4, 5) = 5 ! lost\n"},
                 {DOUBLED, "send(4, 5) = 5 ! doubled\n"},
                 {HELD_BACK, "send(4, 5) = 5 ! held back\n"}};
    struct trace *trace;
    begin(false);
    trace = stage_current()->trace;
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        add_call(SYS_sendto, 5, 5);
        trace_event(trace, trace->count - 1)->call.effect = fates[i].effect;
    }
    add_deed(PEER_LOSES, 7);
    char *text = print(NULL);
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++)
        expect_in(text, fates[i].part);
    expect_in(text, "send 7 B !\n");
    free(text);
    stage_end();
}
END_TEST

Suite *timeline_suite(void)
{
    Suite *suite = suite_create("timeline");
    TCase *tcase = tcase_create("timeline");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, shows_nothing_for_nothing);
    tcase_add_test(tcase, puts_answers_side_by_side);
    tcase_add_test(tcase, ends_behind_what_it_was_blocked_in);
    tcase_add_test(tcase, folds_repeated_rounds);
    tcase_add_test(tcase, folds_only_what_repeats);
    tcase_add_test(tcase, limits_its_rows);
    tcase_add_test(tcase, leaves_out_no_single_row);
    tcase_add_loop_test(tcase, counts_what_was_not_kept, 0, 4);
    tcase_add_test(tcase, shows_an_end);
    tcase_add_test(tcase, uses_unicode_where_it_may);
    tcase_add_test(tcase, shows_what_befell_a_datagram);
    suite_add_tcase(suite, tcase);
    return suite;
}
