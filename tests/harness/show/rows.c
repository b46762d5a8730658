#include "show/rows.h"

#include "base/mix.h"
#include "base/names.h"
#include "trace/format.h"
#include "stage/peer.h"
#include "show/source.h"
#include "base/style.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

// When the process that made an unfinished call ended: it shows before that.
// UINT64_MAX: it is still in the call.
static uint64_t end_of(struct trace *trace, const struct call *call)
{
    for (size_t i = trace->count; i-- > 0;) {
        const struct event *event = trace_event(trace, i);
        if (event != NULL && event->kind == EVENT_ENDED &&
            event->process.pid == call->pid)
            return event->at_us;
    }
    return UINT64_MAX;
}

// A call that waits shows when it got its answer, one that acts when it began.
static uint64_t time_of(struct trace *trace, const struct event *event)
{
    if (event->kind != EVENT_CALL)
        return event->at_us;
    if (!event->call.finished)
        return end_of(trace, &event->call);
    unsigned waits = CALLS_ACCEPT | CALLS_RECEIVE | CALLS_WAIT | CALLS_REST;
    if ((event->call.group & waits) == 0 || event->call.effect == MADE_TO_FAIL)
        return event->at_us;
    return event->call.ended_us;
}

// What succeeded and tells a reader nothing.
static bool is_noise(const struct event *event)
{
    if (event->kind == EVENT_STARTED)
        return true;
    if (event->kind != EVENT_CALL || style_current()->verbose)
        return false;
    const struct call *call = &event->call;
    long number = call->info->number;
    // The sanitizer's report is shown whole, below the timeline.
    if (call->fd == 2 && !call->on_socket &&
        (call->note_size == 0 || call->note[0] == '=' || call->note[0] == ' '))
        return true;
    return call->finished && call->result >= 0 &&
           (number == SYS_getsockname || number == SYS_getpeername ||
            number == SYS_fcntl);
}

struct order {
    uint64_t at_us;
    size_t number;
};

static int compare(const void *left, const void *right)
{
    const struct order *a = left, *b = right;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

// The number of the peer at the call's other end; 0 if it is unknown.
static int peer_at(const struct stage *stage, const struct call *call)
{
    const struct peer *peer = peer_of_call(stage, call);
    return peer == NULL ? 0 : peer->number;
}

// What befell a datagram.
static const char *name_of_fate(enum weather_effect effect)
{
    switch (effect) {
    case LOST: return style_either("✂ lost", "! lost");
    case DOUBLED: return style_either("⚡ doubled", "! doubled");
    default: return style_either("⚡ held back", "! held back");
    }
}

static void describe_call(struct stage *stage, const struct call *call,
                          struct row *row)
{
    FILE *out = fmemopen(row->program, sizeof row->program, "w");
    if (out == NULL)
        return;
    const char *bolt = style_either("⚡", "!");
    format_call(out, call);
    if (call->effect == CUT_SHORT)
        fprintf(out, " %s cut", bolt);
    else if (call->effect == TIMED_OUT)
        fputs(" time is up", out);
    else if (call->effect >= LOST)
        fprintf(out, " %s", name_of_fate(call->effect));
    else if (call->effect != CALM)
        fprintf(out, " %s", bolt);
    if (!call->finished)
        fputs(" blocked here", out);
    fclose(out);
    struct source_line line = {.line = 0};
    if (source_of(&stage->tracer.sites, call->site, &line))
        snprintf(row->file, sizeof row->file, "%s", line.file);
    row->line = line.line;
    row->peer = peer_at(stage, call);
    row->waits = call->group == CALLS_WAIT;
    row->effect = call->effect;
    unsigned out_calls = CALLS_SEND | CALLS_CONNECT | CALLS_CLOSE;
    row->outgoing = call->on_socket && (call->group & out_calls) != 0 &&
                    call->effect != LOST && call->effect != HELD_BACK;
    row->incoming =
        (call->group & (CALLS_ACCEPT | CALLS_RECEIVE)) != 0 && call->on_socket;
    int64_t answer = call->result > 0 ? 1 : call->result;
    row->shape =
        mix(mix(mix(mix((uint64_t)call->info->number, 1), (uint64_t)line.line),
                (uint64_t)answer),
            (uint64_t)call->effect + 16 * call->finished);
}

static void describe_deed(const struct event *event, struct row *row)
{
    static const struct {
        int direction;
        const char *text, *brief;
    } words[] = {
        [PEER_CONNECTS] = {1, "connect", "connect"},
        [PEER_IS_REFUSED] = {-1, "refused", "refused"},
        [PEER_ACCEPTS] = {0, "accept", "accept"},
        [PEER_SENDS] = {1, NULL, NULL},
        [PEER_LOSES] = {0, NULL, NULL},
        [PEER_FINISHES] = {1, "finish sending", "finish"},
        [PEER_CLOSES] = {1, "close", "close"},
        [PEER_RESETS] = {1, "reset (RST)", "RST"},
        [PEER_RECEIVES] = {-1, NULL, NULL},
        [PEER_SEES_END] = {-1, "end of stream", "end"},
        [PEER_SEES_RESET] = {-1, "reset (RST)", "RST"},
    };
    enum peer_action action = event->deed.action;
    const char *text = words[action].text;
    size_t bytes = event->deed.bytes;
    row->is_deed = true;
    row->peer = event->deed.peer;
    row->direction = words[action].direction;
    if (text != NULL) {
        snprintf(row->grader, sizeof row->grader, "%s", text);
        snprintf(row->brief, sizeof row->brief, "%s", words[action].brief);
    } else {
        const char *cut = action == PEER_LOSES ? style_either(" ✂", " !") : "";
        snprintf(row->grader, sizeof row->grader, "%s%zu B%s",
                 action == PEER_RECEIVES ? "" : "send ", bytes, cut);
        snprintf(row->brief, sizeof row->brief, "%zu B%s", bytes, cut);
    }
    row->shape = mix((uint64_t)action, 2);
}

static void describe_time(const struct event *event, struct row *row)
{
    char passed[sizeof row->brief - sizeof " pass"];
    format_time(passed, sizeof passed, event->passed_ms);
    snprintf(row->grader, sizeof row->grader, "%s pass", passed);
    snprintf(row->brief, sizeof row->brief, "%s pass", passed);
    row->shape = mix(event->passed_ms, 3); // it is the grader's, not a peer's
}

static void describe_signal(const struct event *event, struct row *row)
{
    const char *name = name_of_signal(event->signal);
    snprintf(row->grader, sizeof row->grader, "send %s", name);
    snprintf(row->brief, sizeof row->brief, "%s", name);
    row->shape = mix((uint64_t)event->signal, 4);
}

static void describe(struct stage *stage, const struct event *event,
                     struct row *row)
{
    if (event->kind == EVENT_CALL) {
        describe_call(stage, &event->call, row);
    } else if (event->kind == EVENT_PEER) {
        describe_deed(event, row);
    } else if (event->kind == EVENT_TIME) {
        describe_time(event, row);
    } else if (event->kind == EVENT_SIGNAL) {
        describe_signal(event, row);
    } else {
        FILE *out = fmemopen(row->program, sizeof row->program, "w");
        if (out == NULL)
            return;
        format_status(out, event->process.status);
        fclose(out);
    }
}

// Puts two rows side by side if one is the answer to the other.
static bool join(struct row *before, const struct row *row)
{
    if (before->peer != row->peer && before->peer != 0 && row->peer != 0)
        return false;
    bool deed_first = before->program[0] == '\0' && before->direction > 0 &&
                      row->grader[0] == '\0' && row->incoming;
    bool call_first = before->grader[0] == '\0' && before->outgoing &&
                      row->program[0] == '\0' && row->direction <= 0;
    if (deed_first) {
        struct row joined = *row;
        joined.at_us = before->at_us;
        joined.direction = before->direction;
        memcpy(joined.grader, before->grader, sizeof joined.grader);
        memcpy(joined.brief, before->brief, sizeof joined.brief);
        joined.is_deed = true;
        joined.peer = before->peer;
        joined.shape = mix(before->shape, row->shape);
        *before = joined;
    } else if (call_first) {
        memcpy(before->grader, row->grader, sizeof before->grader);
        memcpy(before->brief, row->brief, sizeof before->brief);
        before->is_deed = true;
        before->peer = row->peer;
        before->direction = row->direction;
        before->shape = mix(before->shape, row->shape);
    }
    return deed_first || call_first;
}

static void add_row(struct rows *rows, const struct row *row)
{
    if (rows->count > 0 && join(&rows->row[rows->count - 1], row))
        return;
    rows->row[rows->count++] = *row;
}

static void add_waiting(struct stage *stage, struct rows *rows,
                        const char *waits_for)
{
    if (waits_for == NULL)
        return;
    struct row row = {.at_us = trace_now_us(stage->trace)};
    struct row *last = rows->count > 0 ? &rows->row[rows->count - 1] : NULL;
    if (last != NULL && last->at_us == UINT64_MAX && last->grader[0] == '\0')
        snprintf(last->grader, sizeof last->grader, "waits for %s", waits_for);
    else {
        snprintf(row.grader, sizeof row.grader, "waits for %s", waits_for);
        rows->row[rows->count++] = row;
    }
}

struct rows *rows_of(struct stage *stage, const char *waits_for)
{
    struct trace *trace = stage->trace;
    size_t count = 0, most = TRACE_HEAD + TRACE_TAIL + 2;
    struct order *order = calloc(most, sizeof *order);
    struct rows *rows = calloc(1, sizeof *rows + 2 * most * sizeof *rows->row);
    if (order == NULL || rows == NULL) {
        free(order);
        free(rows);
        return NULL;
    }
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        if (event != NULL && !is_noise(event))
            order[count++] = (struct order){time_of(trace, event), i};
    }
    qsort(order, count, sizeof *order, compare);
    for (size_t i = 0; i < count; i++) {
        struct row row = {.at_us = order[i].at_us};
        if (i > 0 && order[i].number >= TRACE_HEAD &&
            order[i - 1].number < TRACE_HEAD &&
            trace->count > TRACE_HEAD + TRACE_TAIL)
            rows->row[rows->count++].left_out =
                trace->count - TRACE_HEAD - TRACE_TAIL;
        describe(stage, trace_event(trace, order[i].number), &row);
        add_row(rows, &row);
    }
    free(order);
    add_waiting(stage, rows, waits_for);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->row[i].at_us == UINT64_MAX)
            rows->row[i].at_us = trace_now_us(trace);
    return rows;
}

void rows_free(struct rows *rows)
{
    free(rows);
}
