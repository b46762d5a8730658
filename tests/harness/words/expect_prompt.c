// Expectations about who is served when: no client waits for another one's
// sake, nor for the machine's.

#include "words/expect.h"

#include "kernel/epolled.h"
#include "stage/stage.h"
#include "trace/poll_sets.h"
#include "words/expect_fail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

// True if that peer's bytes are what the call moves.
static bool is_with(const struct call *call, const struct peer *peer)
{
    return call->port != 0 && (call->port == peer->local.v4.sin_port ||
                               call->port == peer->remote.v4.sin_port);
}

// The call in which thread TID was asleep at that time: sleep() or its kin, for
// a quarter of a second at least. NULL if it was not.
static const struct call *nap_at(uint64_t at_us, pid_t tid)
{
    const double least = 0.25; // seconds; shorter naps delay nobody much
    struct trace *trace = stage_current()->trace;
    const struct call *found = NULL;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        if (event == NULL || event->kind != EVENT_CALL ||
            event->at_us > at_us || event->call.tid != tid)
            continue;
        const struct call *call = &event->call;
        bool rests = call->group == CALLS_REST && call->note_size > 0 &&
                     strstr(call->info->name, "nanosleep") != NULL &&
                     strtod(call->note, NULL) >= least;
        found = rests && call->finished && call->ended_us > at_us ? call : NULL;
    }
    return found;
}

void expect_no_nap(struct program *server, const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    uint64_t sent_us = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        if (event == NULL)
            return;
        if (event->kind == EVENT_PEER && event->deed.peer == client->number &&
            event->deed.action == PEER_SENDS)
            sent_us = event->at_us;
        if (event->kind != EVENT_CALL || sent_us == 0 ||
            event->call.group != CALLS_RECEIVE || event->call.result <= 0 ||
            !is_with(&event->call, client))
            continue;
        const struct call *nap = nap_at(sent_us, event->call.tid);
        const struct failure failure = {
            .program = server,
            .is_sure = true,
            .means = "When a client's bytes came, your program was asleep: it "
                     "sleeps while nothing is left to accept with, and its "
                     "clients wait for that, who are connected and have done "
                     "nothing wrong. Rest in the call that waits for them, "
                     "with a limit, and leave the listener out of it.",
        };
        if (nap != NULL)
            expect_fail(&failure,
                        "a client is served at once, however full "
                        "the machine is",
                        "%s(%s) while its bytes lay there", nap->info->name,
                        nap->note);
    }
}

#define STAYS                                                         \
    "Your program stays with one client for as long as that one has " \
    "something. While it goes on sending, nobody else is served. "

// Edge-triggered, epoll_wait() says nothing again of what is there already.
static const char *advice_on_turns(const struct program *program,
                                   const struct peer *peer)
{
    const struct stage *stage = stage_current();
    for (size_t i = 0; i < stage->trace->count; i++) {
        const struct call *call = trace_call(stage->trace, i);
        if (stage->tracer.uses_epoll && call != NULL && is_with(call, peer) &&
            epolled_is_edge_triggered(program->pid, call->fd))
            return STAYS
                "With EPOLLET you are not told again of what is there already: "
                "so note who is not drained yet, and come back to each of them "
                "after one piece, before you wait. Or leave EPOLLET out.";
    }
    return STAYS "Take one piece from each client that is ready, and then ask "
                 "again who is.";
}

// What was received of a client before another one's turn came.
struct stay {
    size_t received, rounds;
    bool goes_on; // it was received from again, and not asked who is ready
    bool has_asked;
};

// One round may bring it all, if the buffer is large, and so may two: when it
// asked first, nobody else was ready yet. Then it is the other's turn.
static bool is_lawful(const struct stay *stay)
{
    enum { ROUNDS_MAX = 2 };
    return !stay->goes_on && !stay->has_asked && stay->rounds <= ROUNDS_MAX;
}

void expect_turns(struct program *program, struct peer *one,
                  struct peer *another)
{
    struct trace *trace = stage_current()->trace;
    struct stay stay = {.has_asked = true};
    pid_t tid = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        stay.has_asked = stay.has_asked || call->group == CALLS_WAIT;
        if (call->group != CALLS_RECEIVE || !call->on_socket ||
            call->result <= 0)
            continue;
        // Several threads or processes: which comes first is not theirs to say.
        if (tid != 0 && call->tid != tid)
            return;
        tid = call->tid;
        if (is_with(call, one))
            break;
        if (!is_with(call, another))
            continue;
        stay.received += (size_t)call->result;
        stay.goes_on = stay.goes_on || !stay.has_asked;
        stay.rounds += stay.has_asked;
        stay.has_asked = false;
    }
    if (stay.received < another->out.size || is_lawful(&stay))
        return;
    const struct failure failure = {
        .wait = WAIT_MET,
        .program = program,
        .peer = one,
        .is_sure = true,
        .means = advice_on_turns(program, another),
    };
    expect_fail(&failure, "each client in its turn",
                "%zu bytes received from another client, before one that was "
                "ready",
                stay.received);
}

// How long that call lasted for the program, for which time may have passed.
static uint64_t lasted_ms(const struct event *event)
{
    const struct call *call = &event->call;
    if (!call->finished)
        return 0;
    return call->effect == TIMED_OUT ? call->waited_ms
                                     : (call->ended_us - event->at_us) / 1000;
}

// Call NUMBER is an accept() that has failed for one client's sake alone.
// Returns the next wait of the same thread before it accepts anew, if that
// leaves the listener out, for half a second at least; NULL if there is none.
static const struct call *wait_without(size_t number, int listener, pid_t tid)
{
    const uint64_t least_ms = 500;
    struct trace *trace = stage_current()->trace;
    for (size_t i = number + 1; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call == NULL || call->tid != tid)
            continue;
        if (call->group == CALLS_ACCEPT)
            break;
        if (call->group == CALLS_WAIT && poll_sets_are_known(call) &&
            poll_sets_bit(listener) != 0 &&
            !poll_sets_has(call->wants.read, listener) &&
            lasted_ms(trace_event(trace, i)) >= least_ms)
            return call;
    }
    return NULL;
}

void expect_to_go_on_accepting(struct program *server)
{
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call == NULL || call->group != CALLS_ACCEPT ||
            call->result != -ECONNABORTED)
            continue;
        const struct failure failure = {
            .program = server,
            .is_sure = true,
            .means = "After ECONNABORTED it waited without its listener, and "
                     "the next client waited with it. That error is of one "
                     "client, which is gone: nothing is lacking to accept the "
                     "next one with. Leave the listener out only when that is "
                     "so.",
        };
        const struct call *wait = wait_without(i, call->fd, call->tid);
        if (wait != NULL)
            expect_fail(&failure, "the listener watched after ECONNABORTED",
                        "%s() without descriptor %d", wait->info->name,
                        call->fd);
    }
}

// The descriptor of a connection that call NUMBER has waited for alone, for a
// while and in vain; -1 if it has not.
static int waited_for(size_t number)
{
    const double least = 0.02; // seconds
    const struct event *event = trace_event(stage_current()->trace, number);
    const struct call *call = &event->call;
    if (call->group == CALLS_WAIT) {
        const uint64_t all = call->wants.read | call->wants.write;
        bool is_one = all != 0 && (all & (all - 1)) == 0;
        bool in_vain = call->finished && call->result == 0 &&
                       call->note_size > 0 && strtod(call->note, NULL) >= least;
        return poll_sets_are_known(call) && is_one && in_vain
                   ? __builtin_ctzll(all)
                   : -1;
    }
    // On a busy machine a call may last, and not have waited: only where one of
    // the program's sockets has a limit, it may have.
    bool moves = call->on_socket &&
                 (call->group == CALLS_RECEIVE || call->group == CALLS_SEND) &&
                 stage_current()->tracer.timed_sockets;
    return moves && call->effect != MADE_TO_FAIL && call->result == -EAGAIN &&
                   (double)lasted_ms(event) >= least * 1000
               ? call->fd
               : -1;
}

// True if the call makes a connection of descriptor FD.
static bool connects(const struct call *call, int fd)
{
    if (call->group == CALLS_ACCEPT)
        return call->finished && call->result == fd;
    return call->group == CALLS_CONNECT && call->fd == fd &&
           (call->result == 0 || call->result == -EINPROGRESS);
}

// Another connection of the thread that made call NUMBER, which it began or had
// moved bytes of, and which is open; -1: none. Also if FD is no connection.
static int other_connection(size_t number, int fd)
{
    struct trace *trace = stage_current()->trace;
    const struct call *wait = trace_call(trace, number);
    uint64_t open = 0;
    bool is_connection = false;
    for (size_t i = 0; i < number; i++) {
        const struct call *call = trace_call(trace, i);
        if (call == NULL || call->pid != wait->pid || !call->on_socket)
            continue;
        is_connection = is_connection || connects(call, fd);
        bool moved =
            (call->group == CALLS_RECEIVE || call->group == CALLS_SEND) &&
            call->result > 0;
        if (call->tid == wait->tid && (moved || (call->group == CALLS_CONNECT &&
                                                 connects(call, call->fd))))
            open |= poll_sets_bit(call->fd);
        if (call->info->number == SYS_close)
            open &= ~poll_sets_bit(call->fd);
    }
    open &= ~poll_sets_bit(fd);
    return open == 0 || !is_connection ? -1 : __builtin_ctzll(open);
}

void expect_no_wait_for_one(struct program *program)
{
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        int fd = call == NULL ? -1 : waited_for(i);
        int other = fd == -1 ? -1 : other_connection(i, fd);
        if (other == -1)
            continue;
        const struct failure failure = {
            .program = program,
            .is_sure = true,
            .means = "While it waits for one, if only for a moment, it serves "
                     "nobody else, and it had others. Wait for all that there "
                     "are in one call, and then do with each what can be done "
                     "at once: what can't has its turn when its socket is "
                     "ready.",
        };
        expect_fail(&failure, "a wait for all connections together",
                    "%s() waited for descriptor %d alone, while %d was open, "
                    "too",
                    call->info->name, fd, other);
    }
}
