#include "fetching.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int64_t began_ns;
static size_t path_bytes;

static void begin(void)
{
    began_ns = clock_now_ns(&stage_current()->tracer.clock);
}

size_t path_size(void)
{
    return path_bytes;
}

uint64_t passed_ms(void)
{
    enum { MS_NS = 1000000 };
    const int64_t now = clock_now_ns(&stage_current()->tracer.clock);
    return (uint64_t)(now - began_ns) / MS_NS;
}

struct peer *serve(void)
{
    return peer_listen(peer_own_host());
}

struct program *fetch_path(struct peer *server, const char *path,
                           const char *seconds)
{
    begin();
    path_bytes = strlen(path);
    return start_client(
        CLIENT, server,
        (struct program_options){.arguments = {[2] = path, seconds}});
}

struct program *fetch(struct peer *server, const char *seconds)
{
    return fetch_path(server, PATH, seconds);
}

struct program *fetch_at(const char *host, const char *port,
                         const char *seconds)
{
    begin();
    return start_program(CLIENT, &(struct program_options){
                                     .arguments = {host, port, PATH, seconds}});
}

void name_dead(unsigned count, const char *last)
{
    // getaddrinfo() puts first what has most bits in common with 127.0.0.1.
    char *names = formatted("%s", "");
    for (unsigned i = 0; i < count; i++)
        names = formatted("%s127.2.7.%u made.up\n", names, 101 + i);
    if (last != NULL)
        names = formatted("%s%s made.up\n", names, last);
    make_names(names, "");
}

struct program *fetch_by_name(struct peer *server)
{
    begin();
    return start_client(
        CLIENT, server,
        (struct program_options){.arguments = {"made.up", NULL, PATH, LIMIT}});
}

void respond(struct program *client, struct peer *server, const char *response)
{
    expect_request(client, server, peer_own_host(), PATH);
    peer_send_text(server, response);
}

struct program *fall_silent(const char *sends, const char *seconds,
                            struct peer **server)
{
    begin_timeline_anew();
    *server = serve();
    struct program *client = fetch(*server, seconds);
    respond(client, *server, sends);
    expect_quiet(client);
    return client;
}

// What an ended program has on stderr, as far as a line goes.
static char *said(const struct program *client)
{
    return formatted("%.*s", (int)strcspn(client->err.bytes, "\n"),
                     client->err.bytes);
}

// The status is 1 where all was there.
void expect_success(struct program *client, const char *why)
{
    static const int wanted = 0;
    expect_to_end(client, "exit status 0", why);
    expect_no_sanitizer_report(client);
    if (ended_with(client, 0))
        return;
    const struct failure failure = {
        .program = client,
        .wanted_status = &wanted,
        .means = formatted("%s On stderr it said: \"%s\".", why, said(client)),
    };
    expect_fail(&failure, "exit status 0", " ");
}

void expect_response_bytes(struct program *client, const void *bytes,
                           size_t size, const char *why)
{
    expect_success(client, why);
    const struct output *out = &client->out;
    if (out->size == size && memcmp(out->bytes, bytes, size) == 0)
        return;
    const struct failure failure = {
        .program = client,
        .means = formatted("The response goes to stdout as it came, header "
                           "included: not a byte less, more or other. %s",
                           why),
        .expected = bytes,
        .expected_size = size,
        .actual = out->bytes,
        .actual_size = out->size,
    };
    expect_fail(&failure,
                formatted("the %zu bytes of the response on stdout", size),
                "%zu, or others", out->size);
}

void expect_response(struct program *client, const char *response,
                     const char *why)
{
    expect_response_bytes(client, response, strlen(response), why);
}

void play(const char *response, enum then then, const char *why)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    respond(client, server, response);
    if (then == ENDS)
        peer_finish_sending(server);
    expect_response(client, response, why);
}

// MEANS says what it means if none of the words is there; NULL: that they are
// missing.
static void expect_told_because(struct program *client,
                                const char *const words[], const char *what,
                                const char *means)
{
    static const char begin[] = "fetch: ";
    expect_complaint(client, 1);
    const char *line = said(client);
    const char *expected =
        formatted("a line \"fetch: ...\" on stderr that says %s", what);
    if (strncmp(line, begin, strlen(begin)) != 0)
        expect_fail_stderr(client, expected,
                           "An error line begins with the program's name, "
                           "\"fetch: \": where several programs have one "
                           "stderr, nobody knows else whose it is.");
    if (strstr(line, strerror(0)) != NULL)
        expect_fail_stderr(
            client, expected,
            "\"Success\" is no reason: errno was 0, as no call had failed. "
            "That the time is over is your own reason, and has words of its "
            "own.");
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        if (strcasestr(line, words[i]) != NULL)
            words = NULL;
    if (words != NULL)
        expect_fail_stderr(
            client, expected,
            means != NULL ? means
                          : formatted("That line has to say %s: whoever reads "
                                      "it wants to know how far it got, and "
                                      "why not further.",
                                      what));
    expect_complaints_of(client, 1, "",
                         "One line says which phase failed, and why.");
}

void expect_told(struct program *client, const char *const words[],
                 const char *what)
{
    expect_told_because(client, words, what, NULL);
}

void play_wrong(const char *response, size_t size, enum wrong_end end,
                const char *why)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    expect_request(client, server, peer_own_host(), PATH);
    peer_send(server, response, size);
    if (end == RESETS)
        expect_quiet(client); // else it overtakes what was sent
    if (end == FINISHES)
        peer_finish_sending(server);
    else if (end == RESETS)
        peer_reset(server);
    else
        time_passes(client, 2 * LIMIT_MS);
    expect_failure(client, why);
    expect_told(client, NULL, "what was wrong with the response");
}

void expect_patience(struct program *client, uint64_t ms, const char *seconds)
{
    time_passes(client, ms);
    const char *means = meaning_of_haste(client, seconds);
    const struct failure failure = {
        .program = client, .means = means, .is_sure = means != NULL};
    if (client->ended)
        expect_fail(&failure,
                    formatted("your program to wait for %s s", seconds),
                    "its end before");
}

static const char *const *words_of(enum phase phase)
{
    static const char *const words[][8] = {
        {"connect ", "connect:", "connecting", NULL},
        {"send", "sent", "request", "writ", NULL},
        {"recei", "respon", "answer", "read", "header", NULL},
    };
    return words[phase];
}

static const char *name_of(enum phase phase)
{
    static const char *const names[] = {"that it was connecting",
                                        "that it was sending",
                                        "that it was receiving"};
    return names[phase];
}

void expect_end_in_time(struct program *client, uint64_t ms,
                        const char *seconds, enum phase phase)
{
    time_passes(client, ms);
    const char *means = meaning_of_lateness(client, seconds);
    const struct failure failure = {
        .program = client,
        .awaits = AWAITS_PROGRAM_END,
        .means = means,
        .is_sure = means != NULL,
    };
    const char *expected = formatted("your program's end after %s s", seconds);
    if (!client->ended)
        expect_fail(&failure, expected, "nothing of that after %.0f s",
                    (double)passed_ms() / 1000);
    expect_failure(client, formatted("SECONDS is %s, which is over, and there "
                                     "is no whole response.",
                                     seconds));
    expect_told_because(client, words_of(phase), name_of(phase),
                        phase == SENDING ? meaning_of_unsent(client) : NULL);
    expect_nobody_left(client);
}
