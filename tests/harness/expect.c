#include "expect.h"

#include "diagnosis.h"
#include "format.h"
#include "verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ANNOUNCEMENT "listening on "

// Writes what has become of the program while it was waited for.
static void describe_program(FILE *out, const struct program *program,
                             enum wait_result wait)
{
    if (program == NULL)
        return;
    if (program->ended) {
        fputs("your program ended: ", out);
        format_status(out, program->status);
        return;
    }
    switch (wait) {
    case WAIT_HANGS:
        fputs("your program waits", out);
        const struct call *call = diagnosis_blocked_call(program);
        if (call != NULL)
            fprintf(out, " in %s()", format_name(call));
        break;
    case WAIT_SPINS:
        fputs("your program spins", out);
        break;
    case WAIT_STALLED:
        fputs("nothing has moved for 4 seconds", out);
        break;
    case WAIT_MET:
        fputs("your program still runs", out);
        break;
    }
}

// Formats both lines, adding to GOT what the program is doing.
__attribute__((format(printf, 3, 4)))
static _Noreturn void fail(const struct failure *failure, const char *expected,
                           const char *got, ...)
{
    char text[SUMMARY_SIZE] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    if (out != NULL) {
        va_list arguments;
        va_start(arguments, got);
        vfprintf(out, got, arguments);
        va_end(arguments);
        if (*got != '\0' && failure->program != NULL)
            fputs(": ", out);
        describe_program(out, failure->program, failure->wait);
        fclose(out);
    }
    verdict_fail(failure, expected, text);
}

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

struct program *start_server(const char *name, const char *host,
                             const char *port)
{
    const struct program_options options = {.arguments = {host, port}};
    struct program *server = program_start(name, &options);
    const struct failure failure = {
        .wait = stage_wait(has_announced, server),
        .program = server,
        .waits_for = "its announcement",
    };
    char *line = announcement_of(server);
    if (line == NULL)
        fail(&failure, "the line \"listening on HOST:PORT\" on stdout",
             "no such line");
    char *end = strchr(line, '\n');
    char *colon = memrchr(line, ':', (size_t)(end - line));
    long number = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
    if (number < 1 || number > UINT16_MAX)
        fail(&failure, "\"listening on HOST:PORT\" with the real port",
             "\"%.*s\"", (int)(end - line), line);
    server->address = (struct sockaddr_in){.sin_family = AF_INET,
                                           .sin_port = htons((uint16_t)number)};
    if (*host == '\0' ||
        inet_aton(host, &server->address.sin_addr) == 0)
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
        fail(&failure, expected, "%s", strerror(peer->saw_error));
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
    };
    if (!peer->connected)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "to be refused at %s: HOST was another address", host);
    fail(&failure, expected, "a connection");
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
        fail(&failure, "your program to send or receive on its socket",
             "it did not");
}

void expect_quiet(struct program *program)
{
    const struct failure failure = {.wait = WAIT_SPINS, .program = program};
    if (!stage_settle())
        fail(&failure, "your program to wait for the other side",
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
    failure.waits_for = waits_for;
    if (peer->saw_end || peer->saw_error != 0)
        fail(&failure, expected, "%zu bytes, then %s", peer->in.size,
             peer->saw_end ? "end of stream" : strerror(peer->saw_error));
    fail(&failure, expected, "%zu bytes, then nothing", peer->in.size);
}

static bool has_ended_stream(void *subject)
{
    const struct peer *peer = subject;
    return peer->saw_end || peer->saw_error != 0;
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
        fail(&failure, expected, "%s", strerror(peer->saw_error));
    fail(&failure, expected, "nothing");
}

static bool has_ended(void *subject)
{
    return ((struct program *)subject)->ended;
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

void expect_connection(struct program *program, struct peer *peer)
{
    struct arrival arrival = {program, peer, 0};
    const struct failure failure = {
        .wait = stage_wait(has_arrived, &arrival),
        .program = program,
        .peer = peer,
        .waits_for = "a connection",
    };
    // It may have connected and ended before we got round to accepting.
    if (!peer->connected)
        stage_settle();
    char expected[SUMMARY_SIZE], host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &peer->local.sin_addr, host, sizeof host);
    snprintf(expected, sizeof expected, "a connection to %s:%u", host,
             ntohs(peer->local.sin_port));
    if (!peer->connected)
        fail(&failure, expected, "none");
}

void expect_received(struct program *program, struct peer *peer,
                     const void *bytes, size_t size)
{
    struct arrival arrival = {program, peer, size};
    struct failure failure = {
        .wait = stage_wait(has_arrived, &arrival),
        .program = program,
        .peer = peer,
        .waits_for = "the message",
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "%zu bytes from your program", size);
    size_t common = peer->in.size < size ? peer->in.size : size;
    if (peer->in.size > size ||
        (common > 0 && memcmp(peer->in.at, bytes, common) != 0)) {
        failure.expected = bytes;
        failure.expected_size = size;
        failure.actual = peer->in.at;
        failure.actual_size = peer->in.size;
        fail(&failure, expected, "other bytes (%zu)", peer->in.size);
    }
    if (peer->in.size < size)
        fail(&failure, expected, "%zu bytes", peer->in.size);
}

void expect_exit_status(struct program *program, int status)
{
    struct failure failure = {
        .wait = stage_wait(has_ended, program),
        .program = program,
        .waits_for = "your program's end",
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "exit status %d", status);
    if (!program->ended)
        fail(&failure, expected, "no end");
    if (WIFEXITED(program->status) && WEXITSTATUS(program->status) == status)
        return;
    failure.waits_for = NULL;
    fail(&failure, expected, "%s", "");
}

// How many lines of the program's stderr hold that text.
static int lines_with(const struct program *program, const char *text)
{
    int count = 0;
    for (const char *at = program->err.bytes;
         (at = strstr(at, text)) != NULL; count++) {
        at = strchr(at, '\n');
        if (at == NULL)
            return count + 1;
    }
    return count;
}

static _Noreturn void fail_stderr(struct program *program, const char *expected)
{
    const struct failure failure = {.wait = WAIT_MET, .program = program};
    char got[SUMMARY_SIZE] = "";
    FILE *out = fmemopen(got, sizeof got, "w");
    if (out != NULL) {
        if (program->err.size == 0)
            fputs("nothing", out);
        else
            format_bytes(out, program->err.bytes, program->err.size, 120);
        fclose(out);
    }
    verdict_fail(&failure, expected, got);
}

void expect_error(struct program *program, int status, int error, int another)
{
    expect_exit_status(program, status);
    int lines = lines_with(program, strerror(error));
    if (another != 0)
        lines += lines_with(program, strerror(another));
    if (lines == 1)
        return;
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected,
             "one line on stderr that gives the reason, \"%s\"",
             strerror(error));
    fail_stderr(program, expected);
}

void expect_usage_error(struct program *program)
{
    expect_exit_status(program, 2);
    if (strcasestr(program->err.bytes, "usage") == NULL)
        fail_stderr(program, "a line on stderr that shows the usage");
}

void expect_output(struct program *program, const void *bytes, size_t size)
{
    const struct output *out = &program->out;
    for (size_t at = 0; at + size <= out->size; at++) {
        bool line_start = at == 0 || out->bytes[at - 1] == '\n';
        if (line_start && memcmp(out->bytes + at, bytes, size) == 0)
            return;
    }
    const struct failure failure = {
        .wait = WAIT_MET,
        .program = program,
        .expected = bytes,
        .expected_size = size,
        .actual = out->bytes,
        .actual_size = out->size,
    };
    char expected[SUMMARY_SIZE] = "", got[SUMMARY_SIZE] = "";
    FILE *text = fmemopen(expected, sizeof expected, "w");
    if (text != NULL) {
        fputs("on stdout ", text);
        format_bytes(text, bytes, size, 60);
        fclose(text);
    }
    text = fmemopen(got, sizeof got, "w");
    if (text != NULL) {
        format_bytes(text, out->bytes, out->size, 60);
        fprintf(text, ", %zu bytes", out->size);
        fclose(text);
    }
    verdict_fail(&failure, expected, got);
}
