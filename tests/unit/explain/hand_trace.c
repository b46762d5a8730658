#include "hand_trace.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SERVER_PORT = 40000, FIRST_PORT = 50000, SETS_END = 64 };

struct hand hand;

// The stage is never ended: that would kill the program that is in a call,
// which is this process.
void hand_begin(void)
{
    static char nothing[2][1];
    stage_begin(1, true);
    hand_speaks(PROTOCOL_ECHO);
    hand = (struct hand){.program.pid = getpid()};
    hand.program.out.bytes = nothing[0];
    hand.program.err.bytes = nothing[1];
    hand.failure.program = &hand.program;
}

void hand_speaks(enum protocol protocol)
{
    stage_current()->speaks = protocol;
}

static union endpoint loopback(int port)
{
    union endpoint address;
    endpoint_make("127.0.0.1", htons((uint16_t)port), &address);
    return address;
}

static bool program_is_server(void)
{
    return hand.program.address.v4.sin_port != 0;
}

struct peer *hand_peer(void)
{
    struct stage *stage = stage_current();
    struct peer *peer = calloc(1, sizeof *peer);
    ck_assert_ptr_nonnull(peer);
    peer->number = ++stage->peer_count;
    peer->program = &hand.program;
    peer->socket.fd = -1;
    peer->connected = true;
    peer->accepts = !program_is_server();
    peer->wrong_at = SIZE_MAX;
    peer->local = loopback(SERVER_PORT);
    peer->remote = loopback(SERVER_PORT);
    (peer->accepts ? &peer->remote : &peer->local)->v4.sin_port =
        htons((uint16_t)(FIRST_PORT + peer->number));
    peer->next = stage->peers;
    stage->peers = peer;
    if (hand.failure.peer != NULL)
        peer->server = hand.failure.peer->server;
    return peer;
}

struct peer *hand_server(void)
{
    hand.program.address = loopback(SERVER_PORT);
    return hand.failure.peer = hand_peer();
}

struct peer *hand_client(void)
{
    return hand.failure.peer = hand_peer();
}

struct peer *hand_crowd(void)
{
    static struct peer server;
    server = (struct peer){.serves = true, .listening = true};
    hand_client()->server = &server;
    return hand.failure.peer;
}

int hand_connects(struct peer *peer)
{
    int pair[2];
    tcp_pair(pair);
    // [0] was accepted.
    int ours = peer->accepts ? 0 : 1;
    peer->socket.fd = pair[ours];
    peer->local = local_of(pair[ours]);
    peer->remote = local_of(pair[1 - ours]);
    return pair[1 - ours];
}

static void fill(struct bytes *bytes, size_t size, int number)
{
    bytes->at = realloc(bytes->at, size + 1);
    ck_assert_ptr_nonnull(bytes->at);
    uint32_t state = (uint32_t)number * 7919;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        bytes->at[i] = (unsigned char)('a' + (state >> 16) % 26);
    }
    bytes->size = bytes->room = size;
}

void hand_sends(struct peer *peer, size_t size)
{
    fill(&peer->out, size, peer->number);
    peer->sent = size;
}

void hand_gets(struct peer *peer, size_t size)
{
    fill(&peer->in, size, peer->number);
}

void hand_differs(const void *expected, size_t expected_size,
                  const void *actual, size_t actual_size)
{
    hand.failure.expected = expected;
    hand.failure.expected_size = expected_size;
    hand.failure.actual = actual;
    hand.failure.actual_size = actual_size;
}

static uint16_t port_of(int fd)
{
    for (struct peer *peer = stage_current()->peers; peer != NULL;
         peer = peer->next)
        if (3 + peer->number == fd)
            return (peer->accepts ? &peer->remote : &peer->local)->v4.sin_port;
    return 0;
}

struct call *hand_call(long number, int fd, uint64_t asked, int64_t result)
{
    struct trace *trace = stage_current()->trace;
    struct event event = {.kind = EVENT_CALL};
    event.call = (struct call){.info = call_find(number),
                               .pid = getpid(),
                               .tid = getpid(),
                               .args = {(uint64_t)fd, 0x1000, asked},
                               .fd = fd,
                               .on_socket = fd > 2 || fd == -1,
                               .finished = true,
                               .result = result,
                               .asked = asked,
                               .site = -1};
    ck_assert_ptr_nonnull(event.call.info);
    event.call.group = event.call.info->group;
    bool accepts = event.call.group == CALLS_ACCEPT && result >= 0;
    event.call.port = port_of(accepts ? (int)result : fd);
    size_t added = trace_add(trace, &event);
    struct call *call = &trace_event(trace, added)->call;
    call->ended_us = trace_now_us(trace) + 1;
    return call;
}

struct call *hand_blocks(long number, int fd, uint64_t asked)
{
    struct stage *stage = stage_current();
    struct call *call = hand_call(number, fd, asked, 0);
    call->finished = false;
    call->ended_us = 0;
    struct thread *thread = thread_add(&stage->tracer, getpid());
    thread->phase = THREAD_IN_CALL;
    thread->event = stage->trace->count - 1;
    return call;
}

static struct call *sets(struct call *call, uint64_t readable,
                         uint64_t writable)
{
    call->args[0] = SETS_END;
    call->wants = (struct polled){.read = readable, .write = writable};
    return call;
}

struct call *hand_selects(int64_t result, uint64_t readable, uint64_t writable)
{
    struct call *call =
        sets(hand_call(SYS_pselect6, -1, 0, result), readable, writable);
    if (result > 0)
        call->found = call->wants;
    return call;
}

struct call *hand_waits(uint64_t readable, uint64_t writable)
{
    return sets(hand_blocks(SYS_pselect6, -1, 0), readable, writable);
}

static void write_to(struct output *output, const char *text)
{
    output->bytes = strdup(text);
    ck_assert_ptr_nonnull(output->bytes);
    output->size = strlen(text);
}

void hand_prints(const char *text)
{
    write_to(&hand.program.out, text);
}

void hand_complains(const char *text)
{
    write_to(&hand.program.err, text);
}

void hand_ends(int status)
{
    hand.program.ended = true;
    hand.program.status = status;
    struct event event = {.kind = EVENT_ENDED};
    event.process.pid = hand.program.pid;
    event.process.status = status;
    trace_add(stage_current()->trace, &event);
}

void hand_note(struct call *call, const char *note)
{
    call->note_size = strlen(note);
    ck_assert_uint_lt(call->note_size, sizeof call->note);
    memcpy(call->note, note, call->note_size + 1);
}
