// Grading tests for lesson 07: a deadline, check by check, in the order in
// which the TODOs make them pass. First what can be said before there is a
// response: arguments, connecting and sending.

#include "grader/grade.h"

#include "fetching.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"
#include "words/weathers.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

LESSON("07-timeouts", "One deadline for all of it", PROTOCOL_DEADLINE)

static void refuse(const char *const arguments[4], const char *why)
{
    static const int wanted = 2;
    const struct program_options options = {
        .arguments = {arguments[0], arguments[1], arguments[2], arguments[3]}};
    struct program *client = start_program(CLIENT, &options);
    const struct failure failure = {
        .program = client,
        .wanted_status = &wanted,
        .means = formatted("%s Such an argument is named in a line on stderr, "
                           "with the usage behind it, before anything else is "
                           "done, and the status is 2.",
                           why),
        .is_sure = true,
    };
    expect_end(client);
    if (!ended_with(client, 2))
        expect_fail(&failure, "exit status 2", " ");
    expect_usage_error_because(client, why);
}

GRADED(refuses_bad_seconds, 2,
       "refuses SECONDS that are no number, with status 2",
       "Which functions take \"nan\" for a number, and \"5x\" for 5?")
{
    static const char *const bad[] = {"",     "five",  "5x", "-1", "-0.5",
                                      "nan",  "inf",   ".",  "1 ", "1.x",
                                      "0x10", "1.2.3", " 5", "+5", "1e3"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuse((const char *const[]){"127.0.0.1", "7", PATH, bad[i]},
               formatted("SECONDS \"%s\" is no length of time: digits, and "
                         "perhaps a point and digits behind it. strtod() takes "
                         "a sign, blanks, \"nan\", \"inf\", \"1e3\" and "
                         "\"0x10\", and stops at what it does not know: look "
                         "at where it has stopped, and at what came of it.",
                         bad[i]));
}

GRADED(refuses_a_bad_path, 1,
       "refuses a PATH that can't be one, and missing arguments, with status 2",
       "What would the server make of a PATH with a blank in it?")
{
    static const char *const bad[] = {
        "",      "index.html",         "http://a/", "/a page", "/a\nHost: b",
        "/a\tb", "/a\r\nX: y\r\n\r\n", "/\x7f"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuse((const char *const[]){"127.0.0.1", "7", bad[i], NULL},
               "PATH begins with '/', and has no blank and no control "
               "character in it: these would end it, or a line of the request, "
               "and what follows would be the writer's of PATH.");
    static const char missing[] = "HOST, PORT and PATH are needed, and at most "
                                  "SECONDS behind them: look at argc first.";
    refuse((const char *const[]){NULL, NULL, NULL, NULL}, missing);
    refuse((const char *const[]){"127.0.0.1", NULL, NULL, NULL}, missing);
    refuse((const char *const[]){"127.0.0.1", "7", NULL, NULL}, missing);
    const struct program_options surplus = {
        .arguments = {"127.0.0.1", "7", PATH, "5", "more"}};
    expect_usage_error_because(start_program(CLIENT, &surplus), missing);
}

GRADED(
    refuses_an_unknown_host, 1,
    "says so, with status 1, if HOST or PORT is not known",
    "That is names_find(). Which function has the words for what it returns?")
{
    make_names("", "");
    struct program *client = fetch_at("made.up", "7", LIMIT);
    expect_failure(client, "Nobody knows that HOST.");
    expect_told(client,
                (const char *const[]){gai_strerror(EAI_NONAME),
                                      gai_strerror(EAI_NODATA), NULL},
                "that the name is not known");
    begin_timeline_anew();
    client = fetch_at("127.0.0.1", "70000", LIMIT);
    expect_end(client);
    if (!ended_with(client, 2))
        expect_complaint(client, 1);
}

static bool has_called(unsigned group)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->on_socket && call->group == group)
            return true;
    return false;
}

// The line says where to, and why not.
static void expect_refused_at(struct program *client, const char *address,
                              int error)
{
    const char *expected =
        formatted("a line that says that connecting to %s has failed", address);
    expect_exit_status(client, 1);
    if (strstr(client->err.bytes, strerror(error)) == NULL &&
        strstr(client->err.bytes, strerror(EINPROGRESS)) == NULL &&
        strstr(client->err.bytes, strerror(EBADF)) != NULL)
        expect_fail_stderr(
            client, expected,
            "Another reason is told than the one that there was. errno belongs "
            "to the call that has failed last, and close() may fail, too: keep "
            "it, or what SO_ERROR said, before you call anything else.");
    expect_error(client, 1, error);
    if (has_called(CALLS_SEND))
        expect_fail_stderr(
            client, expected,
            "The attempt to connect has failed, and only send() has learnt of "
            "it: a socket is writable when its attempt has ended, whether that "
            "succeeded or failed. getsockopt() with SO_ERROR tells which. Read: "
            "man 2 connect, EINPROGRESS.");
    if (strstr(client->err.bytes, address) == NULL)
        expect_fail_stderr(
            client, expected,
            "The line has to say to which address it could not connect, in "
            "numbers, as ADDRESS:PORT, an IPv6 address in brackets, as "
            "names_text() writes it: a name may have several.");
    expect_told(client, (const char *const[]){"connect", NULL},
                "that it was connecting");
}

GRADED(says_why_it_cant_connect, 2,
       "says to which address it can't connect, and why",
       "The attempt has ended, and poll() says that the socket is writable. "
       "Which call knows how it came out?")
{
    const char *port = free_port_text();
    struct program *client = fetch_at(peer_own_host(), port, LIMIT);
    expect_refused_at(client, formatted("%s:%s", peer_own_host(), port),
                      ECONNREFUSED);
    if (peer_has_ipv6()) {
        begin_timeline_anew();
        client = fetch_at("::1", port, LIMIT);
        expect_refused_at(client, formatted("[::1]:%s", port), ECONNREFUSED);
    }
    begin_timeline_anew();
    fail_always(CALLS_CONNECT, ENETUNREACH);
    client = fetch_at(peer_own_host(), port, LIMIT);
    expect_refused_at(client, formatted("%s:%s", peer_own_host(), port),
                      ENETUNREACH);
    begin_timeline_anew();
    end_weather();
    fail_always(CALLS_CONNECT, ETIMEDOUT);
    client = fetch_at(peer_own_host(), port, LIMIT);
    expect_refused_at(client, formatted("%s:%s", peer_own_host(), port),
                      ETIMEDOUT);
}

GRADED(gives_up_connecting, 3,
       "gives up in time if an address does not answer at all",
       "Which call waits while nobody answers, for how long, who has told it "
       "so, and in which unit?")
{
    const char *host = peer_own_host();
    const char *port = hang_at((const char *const[]){host, NULL});
    struct program *client = fetch_at(host, port, LIMIT);
    expect_patience(client, SECONDS(900), LIMIT);
    expect_end_in_time(client, SECONDS(120), LIMIT, CONNECTING);
    expect_told(client,
                (const char *const[]){formatted("%s:%s", host, port), NULL},
                "to which address it was connecting");
    if (strstr(client->err.bytes, strerror(EINPROGRESS)) != NULL)
        expect_fail_stderr(
            client, "a line that says that the time was over",
            "\"Operation now in progress\" is no reason: it is what connect() "
            "said at first. The reason is that there was no answer in time.");
}

GRADED(shares_it_among_addresses, 2,
       "gives all addresses of a name one deadline, not one each",
       "When does the second address's time begin?")
{
    enum { ADDRESSES = 4 };
    const char *hosts[ADDRESSES + 1];
    char *names = formatted("%s", "");
    for (unsigned i = 0; i < ADDRESSES; i++) {
        hosts[i] = own_host(i + 1);
        names = formatted("%s%s made.up\n", names, hosts[i]);
    }
    hosts[ADDRESSES] = NULL;
    const char *port = hang_at(hosts);
    make_names(names, "");
    struct program *client = fetch_at("made.up", port, LIMIT);
    expect_patience(client, SECONDS(900), LIMIT);
    expect_end_in_time(client, SECONDS(120), LIMIT, CONNECTING);
    expect_attempt_told(client, false);
}

GRADED(gives_up_sending, 2,
       "gives up in time if the server does not take all of the request",
       "How much of a request fits in the kernel, and what becomes of the "
       "rest?")
{
    enum { LONG = 120000 };
    char *path = alphabet_text(LONG);
    path[0] = '/';
    struct peer *server;
    struct program *client = begin_to_send(path, &server);
    expect_patience(client, SECONDS(900), LIMIT);
    expect_end_in_time(client, SECONDS(120), LIMIT, SENDING);
}
