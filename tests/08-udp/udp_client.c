// What udp_echo_client asks, and what it makes of what comes.

#include "udp.h"

#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER "received: "

enum { SHOWN = 60 };

struct peer *answer_machine(void)
{
    // The most tries there are, some of them doubled.
    enum { MANY = 20 };
    struct peer *server = datagrams_open(peer_own_host());
    datagrams_want_only(server, MANY);
    return server;
}

struct program *start_asking(struct peer *server, const char *message,
                             const char *tries, const char *seconds)
{
    if (tries == NULL && seconds != NULL)
        tries = "5"; // what it is by itself
    return start_client(
        CLIENT, server,
        (struct program_options){.arguments = {[2] = message, tries, seconds}});
}

static bool has_more(void *subject)
{
    const struct peer *peer = subject;
    return peer->datagrams->count > peer->taken;
}

void expect_question(struct program *client, struct peer *server,
                     const char *message)
{
    expect_question_because(client, server, message, NULL);
}

void expect_question_because(struct program *client, struct peer *server,
                             const char *message, const char *means)
{
    const size_t size = strlen(message);
    struct failure failure = {
        .wait = stage_wait(has_more, server),
        .program = client,
        .peer = server,
        .awaits = AWAITS_DATAGRAM,
        .means = means,
    };
    const char *expected =
        formatted("the %zu bytes of MESSAGE, in one datagram", size);
    if (!has_more(server))
        expect_fail(&failure, expected, "none");
    const size_t number = server->taken++;
    const struct datagram *got = &server->datagrams->got[number];
    const unsigned char *bytes = datagrams_bytes(server, number);
    if (got->size == size && (size == 0 || memcmp(bytes, message, size) == 0))
        return;
    failure.wait = WAIT_MET;
    failure.awaits = AWAITS_NOTHING;
    failure.is_sure = true;
    failure.means =
        got->size == size + 1 && bytes[size] == '\0'
            ? "One byte too many was sent: the zero that ends a text in C is "
              "no part of MESSAGE. strlen() does not count it, sizeof does."
            : "A datagram is sent whole, by one call: as many bytes as MESSAGE "
              "has, and nothing before or behind them.";
    failure.expected = message;
    failure.expected_size = size;
    failure.actual = bytes;
    failure.actual_size = got->size;
    expect_fail(&failure, expected, "%zu", got->size);
}

void reply(struct peer *server, const void *bytes, size_t size)
{
    reply_as(server, server, bytes, size);
}

void reply_text(struct peer *server, const char *text)
{
    reply(server, text, strlen(text));
}

void reply_as(struct peer *stranger, const struct peer *server,
              const void *bytes, size_t size)
{
    datagrams_send(stranger, &server->datagrams->got[server->taken - 1].from,
                   bytes, size);
}

static size_t count_in(const struct output *output, const char *text)
{
    size_t count = 0;
    for (const char *at = output->bytes; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

// That line is on its stdout.
static void expect_answer_line(struct program *client, const char *line)
{
    const struct output *out = &client->out;
    const struct failure failure = {
        .program = client,
        .means = "The answer is printed as it came, behind \"received: \": as "
                 "many bytes as recv() has returned, since what a longer one "
                 "has left in the buffer stands behind them. It is no format "
                 "for printf(), and no text that ends at its first zero: "
                 "fwrite() and %.*s take any bytes.",
        .expected = line,
        .expected_size = strlen(line),
        .actual = out->bytes,
        .actual_size = out->size,
    };
    char expected[SUMMARY_SIZE], got[SUMMARY_SIZE];
    if (count_in(out, line) > 0)
        return;
    expect_fail(&failure,
                show_bytes(expected, "on stdout ", line, strlen(line), SHOWN),
                "%s", show_bytes(got, "", out->bytes, out->size, SHOWN));
}

void expect_printed(struct program *client, const char *message)
{
    stage_settle();
    expect_printed_because(client, message,
                           meaning_of_no_output(client, strlen(message)));
}

// It had ended before what a peer has sent last.
static bool has_ended_before(const struct program *client)
{
    struct trace *trace = stage_current()->trace;
    bool has_ended = false, was_late = false;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        if (event == NULL)
            continue;
        if (event->kind == EVENT_ENDED && event->process.pid == client->pid)
            has_ended = true;
        if (event->kind == EVENT_PEER && event->deed.action == PEER_SENDS)
            was_late = has_ended;
    }
    return was_late;
}

void expect_printed_because(struct program *client, const char *message,
                            const char *why)
{
    static const int wanted = 0;
    if (client->ended && has_ended_before(client)) {
        const struct failure hasty = {
            .program = client,
            .is_sure = true,
            .means = meaning_of_early_try(client),
        };
        expect_no_sanitizer_report(client);
        if (!ended_with(client, 0))
            expect_fail(&hasty, "it to wait for its answer", "its end");
    }
    expect_to_end(client, "exit status 0", why);
    expect_no_sanitizer_report(client);
    if (!ended_with(client, 0)) {
        const struct failure failure = {
            .program = client,
            .wanted_status = &wanted,
            .means = formatted("%s On stderr it says: \"%s\".", why,
                               said_by(client)),
        };
        expect_fail(&failure, "exit status 0", " ");
    }
    expect_answer_line(client, formatted(ANSWER "%s\n", message));
    const struct failure twice = {
        .program = client,
        .is_sure = true,
        .means = "The answer is printed once, however often it comes.",
    };
    if (count_in(&client->out, ANSWER) != 1)
        expect_fail(&twice, "one line \"received: ...\"", "%zu",
                    count_in(&client->out, ANSWER));
    expect_nobody_left(client);
}

void expect_not_believed(struct program *client, const char *what)
{
    expect_quiet(client);
    if (!client->ended)
        return;
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means =
            ended_with(client, 0)
                ? formatted("It was taken for the answer, and it was %s. "
                            "Anybody can send to your socket: what counts is "
                            "only what comes from the address and port that "
                            "was asked (connect() leaves that to the kernel, "
                            "recvfrom() tells who it was), is as long as the "
                            "question and the same. All else is dropped, and "
                            "waited on.",
                            what)
                : formatted(
                      "What has come was %s, and your program has given up. "
                      "Anybody can send to your socket, and so that is "
                      "no reason to: drop it, and wait on, for what is "
                      "left of the time. On stderr it says: \"%s\".",
                      what, said_by(client)),
    };
    expect_no_sanitizer_report(client);
    expect_fail(&failure, "your program to wait on for its answer", "its end");
}

void expect_no_answer(struct program *client, unsigned tries)
{
    const char *wanted = formatted("no answer after %u tr", tries);
    expect_failure(client, "Nothing has answered, and the last try is over.");
    if (strcasestr(client->err.bytes, wanted) == NULL)
        expect_fail_stderr(
            client, formatted("a line \"no answer after %u tries\"", tries),
            "Whoever reads that line wants to know that there was silence, and "
            "how often it was asked: no call has failed, so errno, perror() "
            "and strerror() have no words for it.");
}

uint64_t programs_ms(void)
{
    enum { MS_NS = 1000000 };
    return (uint64_t)clock_now_ns(&stage_current()->tracer.clock) / MS_NS;
}

size_t questions_of(const struct program *client)
{
    struct trace *trace = stage_current()->trace;
    size_t count = 0, i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        count += call->root == client->pid && call->on_datagrams &&
                 call->group == CALLS_SEND && call->finished &&
                 call->result >= 0;
    return count;
}

// Lets so much pass. Returns true if nothing has come of it.
static bool waits_through(struct program *client, size_t asked, uint64_t ms)
{
    time_passes(client, ms);
    return !client->ended && questions_of(client) == asked;
}

void expect_wait(struct program *client, unsigned number, uint64_t seconds)
{
    enum { PARTS = 10, PATIENT = 8 };
    const uint64_t part = SECONDS(seconds) / PARTS;
    expect_quiet(client); // it has asked
    const size_t asked = questions_of(client);
    const struct failure hasty = {
        .program = client,
        .is_sure = true,
        .means = meaning_of_haste(client),
    };
    if (asked > number)
        expect_fail(&hasty, formatted("question %u, and a wait", number),
                    "%zu questions", asked);
    const char *expected =
        formatted("question %u, %.0f s, and then another or an end", number,
                  (double)seconds);
    if (!waits_through(client, asked, PATIENT * part)) {
        const char *means = meaning_of_early_try(client);
        const struct failure early = {
            .program = client, .means = means, .is_sure = means != NULL};
        expect_fail(&early, expected, "it has not waited so long");
    }
    uint64_t most = PARTS;
    for (unsigned i = 1; i < number; i++)
        most *= 2;
    for (uint64_t passed = PATIENT; passed <= most + 1; passed++)
        if (!waits_through(client, asked, part))
            return;
    const char *means = meaning_of_late_try(client);
    const struct failure late = {
        .program = client, .means = means, .is_sure = means != NULL};
    expect_fail(&late, expected, "it waits for longer than that");
}
