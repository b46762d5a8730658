#include "expect.h"

#include "expect_fail.h"
#include "verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define ANNOUNCEMENT "listening on "

// The program that a peer talks to: the one that was started last.
static struct program *partner(void)
{
    return stage_current()->programs;
}

static char *announcement_of(const struct program *program)
{
    char *line = program->out.bytes;
    while (line != NULL && strncmp(line, ANNOUNCEMENT, strlen(ANNOUNCEMENT))) {
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return line != NULL && strchr(line, '\n') != NULL ? line : NULL;
}

static bool has_announced(void *subject)
{
    struct program *program = subject;
    return announcement_of(program) != NULL || program->ended;
}

// Finds the first call NUMBER that has succeeded, or with TEXT the one that
// wrote it. Returns its event's number; SIZE_MAX if there is none.
static size_t find_event(long number, const char *text)
{
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct call *call = trace_call(trace, i);
        if (call == NULL)
            continue;
        if (text != NULL ? memmem(call->note, call->note_size, text,
                                  strlen(text)) != NULL
                         : call->info->number == number && call->result == 0)
            return i;
    }
    return SIZE_MAX;
}

// Whether a client that believes the announcement is refused is a matter of
// luck; which call came first is not.
static void expect_listening_before(struct program *server)
{
    size_t said = find_event(-1, ANNOUNCEMENT);
    if (said == SIZE_MAX || find_event(SYS_listen, NULL) != SIZE_MAX)
        return;
    stage_settle();
    size_t listened = find_event(SYS_listen, NULL);
    if (listened == SIZE_MAX || listened < said)
        return;
    const struct failure failure = {.program = server};
    expect_fail(&failure, "the announcement once clients can connect",
                "it came before listen()");
}

void without_tracer(void)
{
    stage_current()->traced = false;
}

struct program *start_server(const char *name, const char *host,
                             const char *port)
{
    return start_server_with(name, host, port,
                             (struct program_options){.input = NULL});
}

struct program *start_server_with(const char *name, const char *host,
                                  const char *port,
                                  struct program_options options)
{
    options.arguments[0] = host;
    options.arguments[1] = port;
    struct program *server = program_start(name, &options);
    const struct failure failure = {
        .wait = stage_wait(has_announced, server),
        .program = server,
        .waits_for = WAITS_FOR_ANNOUNCEMENT,
    };
    char *line = announcement_of(server);
    if (line == NULL)
        expect_fail(&failure, "the line \"listening on HOST:PORT\" on stdout",
                    "no such line");
    expect_listening_before(server);
    char *end = strchr(line, '\n');
    char *colon = memrchr(line, ':', (size_t)(end - line));
    long number = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
    if (number < 1 || number > UINT16_MAX)
        expect_fail(&failure, "\"listening on HOST:PORT\" with the real port",
                    "\"%.*s\"", (int)(end - line), line);
    server->address = (struct sockaddr_in){.sin_family = AF_INET,
                                           .sin_port = htons((uint16_t)number)};
    if (*host == '\0' || inet_aton(host, &server->address.sin_addr) == 0)
        server->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return server;
}

static bool is_connected(void *subject)
{
    const struct peer *peer = subject;
    return peer->connected || peer->saw_error != 0;
}

struct peer *connect_to(struct program *server)
{
    struct peer *peer = peer_connect_to(&server->address);
    const struct failure failure = {
        .wait = stage_wait(is_connected, peer),
        .program = server,
        .peer = peer,
    };
    char expected[SUMMARY_SIZE], host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &server->address.sin_addr, host, sizeof host);
    snprintf(expected, sizeof expected,
             "to connect to %s:%u, as your program announced", host,
             ntohs(server->address.sin_port));
    if (!peer->connected)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    return peer;
}

void expect_no_listener_at(struct program *server, const char *host)
{
    struct sockaddr_in elsewhere = server->address;
    inet_aton(host, &elsewhere.sin_addr);
    struct peer *peer = peer_connect_to(&elsewhere);
    const struct failure failure = {
        .wait = stage_wait(is_connected, peer),
        .program = server,
        .peer = peer,
    };
    if (!peer->connected)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "to be refused at %s: HOST was another address", host);
    expect_fail(&failure, expected, "a connection");
}

void make_weather(struct weather weather)
{
    if (!stage_current()->traced)
        verdict_not_run();
    stage_weather(&weather);
}

static bool is_held(void *subject)
{
    const struct program *program = subject;
    return tracer_held(&stage_current()->tracer) != NULL || program->ended;
}

void expect_held(struct program *program)
{
    const struct failure failure = {
        .wait = stage_wait(is_held, program),
        .program = program,
    };
    if (tracer_held(&stage_current()->tracer) == NULL)
        expect_fail(&failure, "your program to send or receive on its socket",
                    "it did not");
}

void expect_quiet(struct program *program)
{
    const struct failure failure = {.wait = WAIT_SPINS, .program = program};
    if (!stage_settle())
        expect_fail(&failure, "your program to wait for the other side",
                    "it does not");
}

static bool differs(const struct peer *peer)
{
    size_t size = peer->in.size;
    return size > peer->out.size ||
           (size > 0 && memcmp(peer->in.at, peer->out.at, size) != 0);
}

static bool is_echoed(void *subject)
{
    const struct peer *peer = subject;
    return peer->in.size >= peer->out.size || peer->saw_end ||
           peer->saw_error != 0;
}

// Fails if what came back is not what was sent, as far as it has come.
static void expect_no_difference(struct peer *peer, enum wait_result wait)
{
    if (!differs(peer))
        return;
    const struct failure failure = {
        .wait = wait,
        .program = partner(),
        .peer = peer,
        .expected = peer->out.at,
        .expected_size = peer->out.size,
        .actual = peer->in.at,
        .actual_size = peer->in.size,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "the %zu bytes back that were sent",
             peer->out.size);
    char got[SUMMARY_SIZE];
    if (peer->in.size > peer->out.size)
        snprintf(got, sizeof got, "%zu bytes more than that",
                 peer->in.size - peer->out.size);
    else
        snprintf(got, sizeof got, "other bytes (%zu so far)", peer->in.size);
    verdict_fail(&failure, expected, got);
}

void expect_echo(struct peer *peer)
{
    struct failure failure = {
        .wait = stage_wait(is_echoed, peer),
        .program = partner(),
        .peer = peer,
    };
    expect_no_difference(peer, failure.wait);
    if (peer->in.size == peer->out.size)
        return;
    char expected[SUMMARY_SIZE], waits_for[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%zu bytes back", peer->out.size);
    snprintf(waits_for, sizeof waits_for, "%zu B",
             peer->out.size - peer->in.size);
    if (!peer->saw_end && peer->saw_error == 0)
        failure.waits_for = waits_for;
    if (peer->saw_end || peer->saw_error != 0)
        expect_fail(&failure, expected, "%zu bytes, then %s", peer->in.size,
                    peer->saw_end ? "end of stream"
                                  : strerror(peer->saw_error));
    expect_fail(&failure, expected, "%zu bytes, then nothing", peer->in.size);
}

static bool has_ended_stream(void *subject)
{
    const struct peer *peer = subject;
    return peer->in.size > peer->out.size || peer->saw_end ||
           peer->saw_error != 0;
}

void expect_end_of_stream(struct peer *peer)
{
    const struct failure failure = {
        .wait = stage_wait(has_ended_stream, peer),
        .program = partner(),
        .peer = peer,
        .waits_for = "end of stream",
    };
    expect_no_difference(peer, failure.wait);
    if (peer->saw_end)
        return;
    const char *expected = "end of stream, once all was echoed";
    if (peer->saw_error != 0)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    expect_fail(&failure, expected, "nothing");
}

struct arrival {
    struct program *program;
    struct peer *peer;
    size_t size;
};

static bool has_arrived(void *subject)
{
    const struct arrival *arrival = subject;
    return arrival->program->ended ||
           (arrival->peer->connected &&
            (arrival->peer->in.size >= arrival->size ||
             arrival->peer->saw_error != 0));
}

// Lets what is still under way arrive, once the program has ended.
static void let_arrive(struct program *program)
{
    if (program->ended && !program->settled)
        program->settled = stage_settle();
}

void expect_connection(struct program *program, struct peer *peer)
{
    struct arrival arrival = {program, peer, 0};
    const struct failure failure = {
        .wait = stage_wait(has_arrived, &arrival),
        .program = program,
        .peer = peer,
        .waits_for = "a connection",
    };
    // It may have ended before we got round to accepting.
    let_arrive(program);
    char expected[SUMMARY_SIZE], host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &peer->local.sin_addr, host, sizeof host);
    snprintf(expected, sizeof expected, "a connection to %s:%u", host,
             ntohs(peer->local.sin_port));
    if (!peer->connected)
        expect_fail(&failure, expected, "none");
}

void expect_some(struct program *program, struct peer *peer, size_t size)
{
    struct arrival arrival = {program, peer, size};
    const struct failure failure = {
        .wait = stage_wait(has_arrived, &arrival),
        .program = program,
        .peer = peer,
        .waits_for = "a message",
    };
    let_arrive(program);
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "at least %zu bytes", size);
    if (peer->in.size < size)
        expect_fail(&failure, expected, "%zu", peer->in.size);
}

void expect_only_from(struct program *program, struct peer *peer,
                      const void *bytes, size_t size)
{
    let_arrive(program);
    size_t common = peer->in.size < size ? peer->in.size : size;
    if (peer->in.size <= size &&
        (common == 0 || memcmp(peer->in.at, bytes, common) == 0))
        return;
    const struct failure failure = {
        .program = program,
        .peer = peer,
        .expected = bytes,
        .expected_size = size,
        .actual = peer->in.at,
        .actual_size = peer->in.size,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "%zu bytes from your program, its message", size);
    expect_fail(&failure, expected, "other bytes (%zu)", peer->in.size);
}

void expect_received(struct program *program, struct peer *peer,
                     const void *bytes, size_t size)
{
    struct arrival arrival = {program, peer, size};
    enum wait_result wait = stage_wait(has_arrived, &arrival);
    let_arrive(program);
    const struct failure failure = {
        .wait = wait,
        .program = program,
        .peer = peer,
        .waits_for = program->ended ? NULL : "the message",
        .expected = bytes,
        .expected_size = size,
        .actual = peer->in.at,
        .actual_size = peer->in.size,
    };
    expect_only_from(program, peer, bytes, size);
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%zu bytes from your program", size);
    if (peer->in.size < size)
        expect_fail(&failure, expected, "%zu bytes", peer->in.size);
}
