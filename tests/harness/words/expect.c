#include "words/expect.h"

#include "words/expect_fail.h"
#include "kernel/scale.h"
#include "kernel/procfs.h"
#include "stage/quiet.h"
#include "kernel/sockdiag.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "trace/format.h"
#include "words/verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define ANNOUNCEMENT "listening on "

// Finds the announcement. Each byte is looked at once, however many there are.
static char *announcement_of(struct program *program)
{
    const struct output *out = &program->out;
    char *end;
    while ((end = memchr(out->bytes + program->searched, '\n',
                         out->size - program->searched)) != NULL) {
        char *line = out->bytes + program->line;
        if (strncmp(line, ANNOUNCEMENT, strlen(ANNOUNCEMENT)) == 0)
            return line;
        program->line = program->searched = (size_t)(end + 1 - out->bytes);
    }
    program->searched = out->size;
    return NULL;
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
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (text != NULL ? memmem(call->note, call->note_size, text,
                                  strlen(text)) != NULL
                         : call->info->number == number && call->result == 0)
            return i - 1;
    }
    return SIZE_MAX;
}

static bool speaks_datagrams(void)
{
    return (stage_current()->speaks & PROTOCOL_DATAGRAMS) != 0;
}

// (What is sent to a UDP socket before bind() is lost.)
// Whether a client that believes the announcement is refused is a matter of
// luck; which call came first is not.
static void expect_listening_before(struct program *server)
{
    const bool is_udp = speaks_datagrams();
    const long call = is_udp ? SYS_bind : SYS_listen;
    size_t said = find_event(-1, ANNOUNCEMENT);
    if (said == SIZE_MAX)
        return;
    size_t listened = find_event(call, NULL);
    if (listened == SIZE_MAX)
        stage_settle(); // it may come yet
    listened = find_event(call, NULL);
    if (listened == SIZE_MAX || listened < said)
        return;
    const struct failure failure = {.program = server};
    expect_fail(&failure,
                is_udp ? "the announcement once datagrams can be sent"
                       : "the announcement once clients can connect",
                "it came before %s()", is_udp ? "bind" : "listen");
}

void without_tracer(void)
{
    struct stage *stage = stage_current();
    stage->untraced_by_us = stage->untraced_by_us || stage->traced;
    stage->traced = false;
}

bool programs_are_traced(void)
{
    return stage_current()->traced;
}

struct random check_random(const char *purpose)
{
    return random_start(stage_current()->seed, purpose);
}

void begin_timeline_anew(void)
{
    stage_current()->trace->count = 0;
    thread_forget_calls(&stage_current()->tracer);
}

void need_many_clients(void)
{
    const char *why = scale_lacking();
    if (why != NULL)
        verdict_not_run(why);
}

struct program *start_server(const char *name, const char *host,
                             const char *port)
{
    return start_server_with(name, host, port,
                             (struct program_options){.input = NULL});
}

struct program *start_server_for_leaks(const char *name)
{
    without_tracer();
    return start_server_with(name, "127.0.0.1", "0",
                             (struct program_options){.finds_leaks = true});
}

// Who connects to a port whose bytes are exchanged is not always refused: by
// chance, another program may listen there, and answer.
static void expect_own_listener(struct program *server)
{
    static pid_t tids[QUIET_THREADS];
    unsigned long inode;
    if (speaks_datagrams() || // that would be TCP's
        !sockdiag_find_listener(&server->address, &inode))
        return;
    size_t count = quiet_threads(stage_current(), tids);
    for (size_t i = 0; i < count; i++)
        if (procfs_holds_socket(tids[i], inode))
            return;
    stage_settle();
    if (server->ended) // and so is its socket
        return;
    const struct failure failure = {
        .program = server,
        .means = "Your program announces a port on which another program "
                 "listens, and not yours: getsockname() gives sin_port in "
                 "network byte order, and ntohs() makes a number of it. Read: "
                 "man 2 getsockname; man 3 ntohs.",
        .is_sure = true,
    };
    expect_fail(&failure, "\"listening on HOST:PORT\" with the real port",
                "port %u, which is not yours",
                ntohs(server->address.v4.sin_port));
}

// Where only a few descriptors are to be free, the others must exist.
static void expect_room(const struct program_options *options)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (options->descriptors > 0 && limit.rlim_max < PROGRAM_OCCUPIED)
        verdict_not_run("it needs more open descriptors than are allowed here "
                        "(ulimit -Hn)");
}

struct program *start_program(const char *name,
                              const struct program_options *options)
{
    expect_room(options);
    struct program *program = program_start(name, options);
    if (program == NULL)
        verdict_unknown("%s", stage_fault());
    return program;
}

struct program *start_with_arguments(const char *name, const char *first,
                                     const char *second)
{
    return start_program(
        name, &(struct program_options){.arguments = {first, second}});
}

// Who calls before it announces what is to be held behind that, without
// waiting, is let go: it is the next such call that is held.
static enum wait_result await_announcement(struct program *server)
{
    enum { CALLS_BEFORE = 8 };
    struct tracer *tracer = &stage_current()->tracer;
    enum wait_result result = stage_wait(has_announced, server);
    for (int i = 0; i < CALLS_BEFORE && result == WAIT_HANGS &&
                    thread_held(tracer) != NULL;
         i++) {
        weather_hold_again(&tracer->weather);
        program_release(server);
        result = stage_wait(has_announced, server);
    }
    return result;
}

static struct program *start_once(const char *name,
                                  const struct program_options *options)
{
    const char *host = options->arguments[0];
    struct program *server = start_program(name, options);
    const struct failure failure = {
        .wait = await_announcement(server),
        .program = server,
        .awaits = AWAITS_ANNOUNCEMENT,
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
    server->is_everywhere = *host == '\0';
    if (options->reached_at != NULL)
        host = options->reached_at;
    if (endpoint_make(host, htons((uint16_t)number), &server->address) == -1)
        endpoint_make("127.0.0.1", htons((uint16_t)number), &server->address);
    expect_own_listener(server);
    return server;
}

// Ends a server whose port tells nothing, as if it had never been there.
static void give_back(struct program *server)
{
    program_signal(server, SIGKILL);
    await_end(server);
    begin_timeline_anew();
    weather_begin_again(&stage_current()->tracer.weather);
}

struct program *start_server_with(const char *name, const char *host,
                                  const char *port,
                                  struct program_options options)
{
    options.arguments[0] = host;
    options.arguments[1] = port;
    struct program *server = start_once(name, &options);
    // It is the kernel that has chosen: it may choose again. As a rule it can't
    // choose such a one at all (peer_take_mirrored_ports()).
    while (strcmp(port, "0") == 0 &&
           peer_port_is_mirrored(server->address.v4.sin_port)) {
        give_back(server);
        server = start_once(name, &options);
    }
    return server;
}

void make_weather(struct weather weather)
{
    if (!stage_current()->traced)
        verdict_not_run(NEEDS_TRACER);
    stage_weather(&weather);
}

void end_weather(void)
{
    struct weather_rules *weather = &stage_current()->tracer.weather;
    weather->count = 0;
    weather->was_full = weather->has_room = false;
}

void hold_each_wait(void)
{
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_WAIT, .every = 1});
}

static bool is_held(void *subject)
{
    const struct program *program = subject;
    return thread_held(&stage_current()->tracer) != NULL || program->ended;
}

void expect_held(struct program *program)
{
    const struct failure failure = {
        .wait = stage_wait(is_held, program),
        .program = program,
    };
    if (thread_held(&stage_current()->tracer) == NULL)
        expect_fail(&failure, "your program to send or receive on its socket",
                    "it did not");
}

bool comes_to_be_held(struct program *program)
{
    return stage_wait(is_held, program) == WAIT_MET && !program->ended;
}

int keep_busy(struct program *server, struct peer *client, int count)
{
    int turns = 0;
    for (; turns < count && comes_to_be_held(server); turns++) {
        peer_send(client, "x", 1);
        stage_settle(); // it has arrived
        program_release(server);
    }
    return turns;
}

void expect_stopped(struct program *server, int turns)
{
    if (comes_to_be_held(server)) {
        const struct failure failure = {.program = server,
                                        .misses_signal = true};
        char expected[SUMMARY_SIZE];
        snprintf(expected, sizeof expected,
                 "your program's end, within %d turns of its loop", turns);
        expect_fail(&failure, expected, "it goes on");
    }
    program_release(server);
    expect_exit_status(server, 0);
}

bool signal_before_it_waits(struct program *server, int signal)
{
    if (!comes_to_be_held(server))
        return false;
    program_signal_before(server, signal);
    end_weather();
    return true;
}

void hold_announcement(void)
{
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_SEND, .line = ANNOUNCEMENT});
}

void signal_once_announced(struct program *server, int signal)
{
    stage_wait(is_held, server);
    // It is kept until the write is over: a pipe with room does not wait.
    program_signal(server, signal);
    end_weather();
    program_release(server);
}

void expect_quiet(struct program *program)
{
    const struct failure failure = {.wait = WAIT_SPINS, .program = program};
    if (!stage_settle())
        expect_fail(&failure, "your program to wait for the other side",
                    "it does not");
}

void time_passes(struct program *program, uint64_t ms)
{
    if (!stage_current()->traced)
        verdict_not_run(NEEDS_TRACER);
    const struct failure failure = {.wait = WAIT_SPINS, .program = program};
    char length[16], expected[SUMMARY_SIZE];
    format_time(length, sizeof length, ms);
    snprintf(expected, sizeof expected, "your program to wait while %s pass",
             length);
    if (!stage_pass_time(ms))
        expect_fail(&failure, expected, "it does not");
}

void clock_is_set(int64_t ms)
{
    if (!stage_current()->traced)
        verdict_not_run(NEEDS_TRACER);
    stage_set_clock(ms);
}

void signals_come(struct program *program, unsigned count, uint64_t every_ms)
{
    const struct failure failure = {.wait = WAIT_SPINS, .program = program};
    for (unsigned i = 0; i < count && !program->ended; i++) {
        time_passes(program, every_ms);
        if (!stage_interrupt())
            expect_fail(&failure, "your program to wait between two signals",
                        "it does not");
    }
}

void shrink_buffers(struct program *server, int bytes)
{
    if (program_shrink_buffers(server, bytes) == -1)
        verdict_not_run("it needs pidfd_getfd(2), which is refused here");
}
