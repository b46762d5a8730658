#include "dual.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/exchanges.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/naming.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

void name_addresses(const char *const addresses[], unsigned service_port)
{
    char *hosts = formatted("%s", "");
    for (size_t i = 0; addresses[i] != NULL; i++) {
        char *longer = formatted("%s%s " NAME "\n", hosts, addresses[i]);
        free(hosts);
        hosts = longer;
    }
    char *services = service_port == 0
                         ? formatted("%s", "")
                         : formatted(SERVICE " %u/tcp\n", service_port);
    make_names(hosts, services);
    free(hosts);
    free(services);
}

const char *port_text(const struct peer *peer)
{
    static char text[sizeof "65535"];
    snprintf(text, sizeof text, "%u", ntohs(peer->local.v4.sin_port));
    return text;
}

const char *dead_address(int number)
{
    static char text[32];
    snprintf(text, sizeof text, "127.2.7.%d", 100 + number);
    return text;
}

struct program *start_at(const char *host, const char *port,
                         const char *reached_at)
{
    return start_server_with(
        SERVER, host, port, (struct program_options){.reached_at = reached_at});
}

struct program *start_here(void)
{
    return start_server(SERVER, "127.0.0.1", "0");
}

void expect_served_client(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    finish(client);
}

void expect_announced_client(struct program *server)
{
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    expect_connected_by(server, client);
    finish(client);
}

void expect_complaints(struct program *program, size_t count)
{
    static const char means[] =
        "What goes wrong with one client is one line on stderr, and then the "
        "next one's turn.";
    expect_complaints_of(program, count, means, means);
}

void expect_reason_for_reset(struct program *server)
{
    if (strstr(server->err.bytes, strerror(ECONNRESET)) != NULL ||
        strstr(server->err.bytes, strerror(EPIPE)) != NULL)
        return;
    expect_fail_stderr(
        server, formatted("the reason, \"%s\"", strerror(ECONNRESET)),
        "recv() returned -1 and said why in errno: that is the reason, and not "
        "what a later call made of it.");
}

void expect_resolver_reason(struct program *program, int error)
{
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .means = "A name that is not known is no mistake in the arguments: it "
                 "may be known tomorrow. So it is a failure, with status 1.",
    };
    expect_to_end(program, "exit status 1", NULL);
    if (ended_with(program, 0) || ended_with(program, 2))
        expect_fail(&failure, "exit status 1", " ");
    expect_complaint(program, 1);
    if (strstr(program->err.bytes, gai_strerror(error)) != NULL)
        return;
    if (strstr(program->err.bytes, "ai_") != NULL)
        expect_fail_stderr(
            program, formatted("\"%s\"", gai_strerror(error)),
            "That is no reason for a name, but for hints that can't be right, "
            "or what -1 stands for, if that is returned in place of what "
            "getaddrinfo() has returned. In hints "
            "all members that you don't set have to be 0, and not what the "
            "memory held before. Clear it as a whole first.");
    expect_fail_stderr(
        program, formatted("\"%s\", and exit status 1", gai_strerror(error)),
        "getaddrinfo() returns what went wrong, and gai_strerror() has the "
        "words for that number: errno, strerror() and perror() know nothing of "
        "it. Read: man 3 gai_strerror.");
}

// How often the program has called that.
static size_t count_calls(const struct program *program, long number)
{
    struct trace *trace = stage_current()->trace;
    size_t count = 0, i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        count += call->root == program->pid && call->info->number == number;
    return count;
}

void expect_port_refused(struct program *program, const char *port)
{
    const char *expected =
        formatted("PORT \"%s\" to be refused, with status 1 or 2", port);
    static const char means[] =
        "getaddrinfo() takes a number for a port as strtoul() does: of 65616 "
        "it makes 80, without a word, and of \"\" 0. So look at what is all "
        "digits yourself, and at what is empty or has a sign or a space before "
        "it. Read: the lesson on names.";
    const struct failure failure = {
        .program = program, .means = means, .is_sure = true};
    expect_quiet(program);
    if (!program->ended)
        expect_fail(&failure, expected, "a program that goes on");
    if (!ended_with(program, 2))
        expect_complaint(program, 1);
    if (program->err.size == 0)
        expect_complaint(program, 2);
    if (count_calls(program, SYS_connect) > 0)
        expect_fail(&failure, expected, "an attempt to connect");
}

struct peer *serve(void)
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo(server);
    return server;
}

struct program *start_client_at(const char *host, struct peer *server,
                                const char *message)
{
    return start_client(
        CLIENT, server,
        (struct program_options){.arguments = {host, NULL, message}});
}

void expect_exchange_with(struct peer *server, struct program *client)
{
    expect_exchange(server, client, HELLO, strlen(HELLO));
    expect_connected_to(client, server);
}

struct program *start_client_by_service(struct peer *server)
{
    return start_client(CLIENT, server,
                        (struct program_options){.arguments = {NAME, SERVICE}});
}

// What is wrong about how many are said to have been tried.
static const char *meaning_of_count(const struct program *client, size_t count)
{
    static const char before[] = "tried: ";
    const char *at = strstr(client->err.bytes, before);
    char *end;
    long said = at == NULL ? 0 : strtol(at + strlen(before), &end, 10);
    if (at == NULL || end == at + strlen(before))
        return "When no address answers, that line has to say how many were "
               "tried, as a number: whoever reads it wants to know whether it "
               "was one or all.";
    return formatted("Your line says that %ld were tried, and there %s %zu. "
                     "Each address counts once, whether it answers or not, and "
                     "the count begins at 0.%s",
                     said, count == 1 ? "was" : "were", count,
                     said == 0 ? " *tried++ moves the pointer, and counts "
                                 "nothing: ++*tried does."
                               : "");
}

void expect_tried(struct program *client, size_t count)
{
    expect_attempts(client, count);
    bool is_negative =
        strstr(client->err.bytes, formatted("-%zu", count)) != NULL;
    if (says_number(client, count) && !is_negative)
        return;
    if (count_calls(client, SYS_connect) == 3 * count)
        expect_fail_stderr(
            client, formatted("a line that says that %zu were tried", count),
            "Your program tries each address three times. If hints leaves "
            "ai_socktype at 0, getaddrinfo() lists each of them for TCP, for "
            "UDP and raw. Read: man 3 getaddrinfo, ai_socktype.");
    expect_fail_stderr(client,
                       formatted("a line that says that %zu were tried", count),
                       meaning_of_count(client, count));
}

void expect_attempt_at_scope(struct program *client, unsigned scope)
{
    char *wanted = formatted("%%%u]", scope);
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->info->number == SYS_connect &&
            memmem(call->note, call->note_size, wanted, strlen(wanted)) != NULL)
            return;
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "A link-local address is one of many links that have it: "
                 "sin6_scope_id says which. getaddrinfo() fills that in, from "
                 "what stands behind the %: connect with all of ai_addr, as it "
                 "is. Read: man 7 ipv6, sin6_scope_id.",
    };
    expect_fail(&failure,
                formatted("an attempt at fe80::1 with sin6_scope_id %u", scope),
                "none");
}

// Where the program has tried to connect to, one after the other.
static char *tried_addresses(const struct program *program)
{
    char *all = formatted("%s", "");
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->root != program->pid || call->info->number != SYS_connect)
            continue;
        char *longer = formatted("%s%s%.*s", all, *all == '\0' ? "" : ", ",
                                 (int)call->note_size, call->note);
        free(all);
        all = longer;
    }
    return all;
}

void expect_attempts(struct program *client, size_t count)
{
    size_t made = count_calls(client, SYS_connect);
    if (!programs_are_traced() || made >= count)
        return;
    const char *tried = tried_addresses(client);
    const char *means =
        "A name may have several addresses, and getaddrinfo() gives them all, "
        "from one ai_next to the other.";
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means =
            made < 2
                ? formatted("%s When one of them can't be reached, the next "
                            "has its turn: your program gives up before all "
                            "have been tried. Read: the lesson on addresses.",
                            means)
                : formatted("%s Your program has tried %s. Does it leave out "
                            "the first or the last, or give up before all "
                            "have been tried? Look at where its loop begins, "
                            "and at what ends it. Read: the lesson on "
                            "addresses.",
                            means, tried),
    };
    expect_fail(&failure,
                formatted("%zu attempts, one for each address", count), "%zu",
                made);
}
