// What udp_echo_client promises of one question and its answer.

#include "grader/grade.h"

#include "udp.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

PART(4)

#define PATIENT "1000" // SECONDS, of which no slow machine comes near

GRADED(says_what_is_too_long, 1,
       "ends with status 1, and says so, if MESSAGE is too long for a datagram",
       "How long may a datagram be, and which call tells?")
{
    struct peer *server = answer_machine();
    struct program *client =
        start_asking(server, alphabet_text(LONGEST_IPV4 + 1), "2", PATIENT);
    expect_quiet(client);
    const struct failure part = {
        .program = client,
        .is_sure = true,
        .means = "Something was sent, and it was not MESSAGE, which has 65,508 "
                 "bytes: a datagram goes whole, or not at all. Give send() all "
                 "of MESSAGE, and it says what is too long. (sizeof knows "
                 "nothing of what a pointer points to.)",
    };
    if (server->datagrams->count > 0)
        expect_fail(&part, "nothing to be sent", "a datagram of %zu bytes",
                    server->datagrams->got[0].size);
    if (ended_with(client, 2)) // it may know so itself
        expect_usage_error(client);
    else
        expect_error(client, 1, EMSGSIZE);
}

GRADED(gets_its_answer, 2, "sends MESSAGE, and prints the answer",
       "What do you know once send() has returned, and what only once the "
       "answer is there?")
{
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, NULL, NULL);
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

static void ask_with(const char *message)
{
    begin_timeline_anew();
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, message, NULL, PATIENT);
    expect_question_because(
        client, server, message,
        *message != '\0'
            ? NULL
            : "Nothing was sent. MESSAGE has no bytes, and so its datagram has "
              "none, but it is one: a single send() of 0 bytes sends it. A "
              "loop that goes on as long as something is left, as "
              "net_send_all() does, sends nothing then.");
    reply_text(server, message);
    expect_printed(client, message);
}

GRADED(asks_with_an_empty_datagram, 1,
       "sends an empty MESSAGE as an empty datagram, and takes one for its "
       "answer",
       "How many bytes has an empty MESSAGE, and how many datagrams is that? "
       "And what does recv() return when such a one has come?")
{
    ask_with("");
}

GRADED(takes_the_longest, 1,
       "sends a MESSAGE of up to 65,507 bytes in one datagram, and prints all "
       "of its answer",
       "How long may the answer be, and how large is your buffer?")
{
    ask_with(alphabet_text(LONGEST_IPV4));
    ask_with(alphabet_text(9000));
    ask_with("100%s \\n \"quoted\"");
}

GRADED(asks_over_ipv6, 1, "asks a server at an IPv6 address",
       "Which of what getaddrinfo() gives is the family?")
{
    need_ipv6();
    const char *const messages[] = {HELLO, alphabet_text(LONGEST_IPV6)};
    for (size_t i = 0; i < COUNT(messages); i++) {
        begin_timeline_anew();
        struct peer *server = datagrams_open("::1");
        struct program *client =
            start_asking(server, messages[i], NULL, PATIENT);
        expect_question_because(
            client, server, messages[i],
            i == 0 ? NULL
                   : "MESSAGE has 65,527 bytes, and over IPv6 that is not too "
                     "long: a datagram has 20 more there than over IPv4. How "
                     "many there may be, send() knows.");
        reply_text(server, messages[i]);
        expect_printed(client, messages[i]);
    }
}

GRADED(finds_a_server_by_name, 2,
       "finds a server by its name and service, and passes over an address "
       "that fails at once",
       "Which address is the first that you can send to? Which port has the "
       "service over UDP?")
{
    struct peer *server = answer_machine();
    const char *services =
        formatted(SERVICE " 7/tcp\n" SERVICE " %u/udp\n",
                  (unsigned)ntohs(server->local.v4.sin_port));
    make_names(formatted("::1 " NAME "\n%s " NAME "\n", peer_own_host()),
               services);
    make_no_ipv6();
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){
                         .arguments = {NAME, SERVICE, HELLO, "2", PATIENT}});
    expect_quiet(client);
    expect_question_because(
        client, server, HELLO,
        has_seen(ECONNREFUSED)
            ? "Nobody listens where it has asked: that service has this port "
              "over UDP, and another one over TCP. The hints for getaddrinfo() "
              "say which it is to be: ai_socktype, SOCK_DGRAM."
            : "The name has two addresses, and the first fails at once: there "
              "is no IPv6 here, so socket() fails (EAFNOSUPPORT). Then it is "
              "the next one's turn, as ai_next leads on.");
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

// Asks at a name that has two addresses, with a server at each of them.
static struct program *ask_both(struct peer *server, struct peer **another)
{
    // getaddrinfo() puts it behind peer_own_host(), as it has less in common
    // with 127.0.0.1.
    static const char second[] = "127.200.8.101";
    begin_timeline_anew();
    *another = datagrams_open_at(second, server->local.v4.sin_port);
    make_names(formatted("%s " NAME "\n%s " NAME "\n", peer_own_host(), second),
               "");
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){
                         .arguments = {NAME, NULL, HELLO, "2", PATIENT}});
    expect_quiet(client);
    return client;
}

GRADED(asks_one_of_two_addresses, 1,
       "asks the first address that it can send to, and no other",
       "How many sockets are left when one has been found, and which of them "
       "is it? And is it a failure if that one is silent?")
{
    struct peer *server = answer_machine(), *another;
    struct program *client = ask_both(server, &another);
    if (another == NULL) // somebody has that port
        return;
    expect_question_because(client, server, HELLO,
                            "The first of the addresses can be sent to, and so "
                            "it is asked; the others only if that fails at "
                            "once.");
    expect_wait(client, 1, 1000);
    expect_question_because(client, server, HELLO,
                            "The first of the addresses could be sent to, and "
                            "is silent. That is no failure: it may have been "
                            "the question that was lost, or the answer. So "
                            "each try asks this one.");
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
    peer_forget(another);
    // Who connects is told at once that there is no way, and tries the next.
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = ENETUNREACH});
    server = answer_machine();
    client = ask_both(server, &another);
    if (another == NULL)
        return;
    struct peer *asked = another->datagrams->count > 0 ? another : server;
    expect_question_because(client, asked, HELLO,
                            "connect() has failed for the first address, and "
                            "then it is the next one's turn: with a socket of "
                            "its own, as the one that failed is closed.");
    reply_text(asked, HELLO);
    expect_printed(client, HELLO);
}

GRADED(believes_no_stranger, 3,
       "believes no answer that comes from another port or address",
       "Anybody can send a datagram to your socket. How do you know who did?")
{
    static const char from_a_port[] = "from another port than the one asked";
    static const char from_an_address[] =
        "from another address than the one asked";
    struct peer *server = answer_machine(), *stranger = come();
    struct program *client = start_asking(server, HELLO, NULL, PATIENT);
    expect_question(client, server, HELLO);
    reply_as(stranger, server, HELLO, strlen(HELLO));
    expect_not_believed(client, from_a_port);
    stranger = datagrams_open_at("127.0.0.1", server->local.v4.sin_port);
    if (stranger != NULL) {
        reply_as(stranger, server, HELLO, strlen(HELLO));
        expect_not_believed(client, from_an_address);
    }
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

// That comes first, and is no answer to HELLO.
static void disbelieve(const void *bytes, size_t size, const char *what)
{
    begin_timeline_anew();
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, NULL, PATIENT);
    expect_question(client, server, HELLO);
    reply(server, bytes, size);
    expect_not_believed(client, what);
    reply_text(server, HELLO);
    expect_printed(client, HELLO);
}

GRADED(believes_no_other_answer, 3,
       "believes nothing from the server that is not MESSAGE, whole",
       "What may come from the right address, and still be no answer to what "
       "you have asked?")
{
    static const struct {
        const char *bytes, *what;
    } others[] = {
        {"Hello, worle", "other bytes, as many as MESSAGE has"},
        {"hello, world", "other bytes, as many as MESSAGE has"},
        {"Hello; world", "other bytes, as many as MESSAGE has"},
        {"Hello", "only the beginning of MESSAGE"},
        {"Hello, world!", "longer than MESSAGE, which is its beginning: a "
                          "buffer of just that size is filled, and the rest is "
                          "cut off without a word, but for MSG_TRUNC"},
        {"", "an empty datagram"},
        {"Hello, world, and a good deal more of that than anybody has asked",
         "longer than MESSAGE, which is its beginning: a buffer of just that "
         "size is filled, and the rest is cut off without a word, but for "
         "MSG_TRUNC"},
    };
    static const char behind_a_zero[] = HELLO "\0!";
    for (size_t i = 0; i < COUNT(others); i++)
        disbelieve(others[i].bytes, strlen(others[i].bytes), others[i].what);
    disbelieve(behind_a_zero, sizeof behind_a_zero - 1,
               "longer than MESSAGE, with a zero behind that and more behind "
               "the zero. That is where a text ends, for strcmp() and its kin, "
               "and no datagram: memcmp() looks at as many bytes as it is "
               "told");
    // Whatever has room for the answer: 65,507 bytes, and not one of them.
    char *longest = alphabet_text(LONGEST_IPV4);
    memcpy(longest, HELLO, strlen(HELLO));
    disbelieve(longest, LONGEST_IPV4,
               "the longest there is, with MESSAGE as its beginning: it was "
               "cut off");
}

GRADED(takes_one_of_two_answers, 1,
       "prints the answer once, though it comes twice",
       "A datagram may come twice. What does the second one find?")
{
    double_datagrams();
    hold(CALLS_RECEIVE | CALLS_WAIT);
    struct peer *server = answer_machine();
    struct program *client = start_asking(server, HELLO, NULL, PATIENT);
    expect_question(client, server, HELLO);
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    reply_text(server, HELLO);
    end_weather();
    program_release(client);
    expect_printed(client, HELLO);
}

GRADED(notices_that_nobody_listens, 2,
       "ends with status 1 when nobody listens there: at once, or after all "
       "tries",
       "Who tells that nobody listens, and which kind of socket hears of it?")
{
    struct program *client = start_client_of_nobody(
        CLIENT,
        (struct program_options){.arguments = {[2] = HELLO, "3", PATIENT}});
    const bool settles = stage_settle();
    const char *means = meaning_of_restlessness(client);
    const struct failure restless = {
        .program = client,
        .wait = WAIT_SPINS,
        .is_sure = means != NULL,
        .means = means,
    };
    if (!settles)
        expect_fail(&restless, "its end, or a wait for the next try",
                    "it asks and asks");
    if (client->ended) {
        expect_error(client, 1, ECONNREFUSED);
        return;
    }
    for (unsigned i = 1; i <= 3 && !client->ended; i++)
        expect_wait(client, i, 1000);
    expect_no_answer(client, 3);
}

GRADED(survives_signals_as_a_client, 2,
       "gets its answer though signals interrupt its calls (EINTR)",
       "Which of its calls may return -1 with EINTR, and what is to be done "
       "then?")
{
    fail_every_second(MOVING_CALLS | CALLS_WAIT | CALLS_CONNECT, EINTR);
    ask_with(HELLO);
    ask_with("once more");
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 when stdout can't be written",
       "fwrite() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    struct peer *server = answer_machine();
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){.arguments = {[2] = HELLO},
                                              .standard_output = STDOUT_FULL});
    expect_question(client, server, HELLO);
    reply_text(server, HELLO);
    expect_reason(client, 1, ENOSPC);
}

GRADED(reports_what_failed, 1,
       "ends with status 1 and the reason when it can't have a socket, or send",
       "What is -1 to the calls behind it?")
{
    fail_only(SYS_socket, EMFILE);
    expect_error(start_asking(answer_machine(), HELLO, NULL, PATIENT), 1,
                 EMFILE);
    begin_timeline_anew();
    end_weather();
    fail_always(CALLS_SEND, EACCES); // as if HOST were a network's broadcast
    expect_error(start_asking(answer_machine(), HELLO, NULL, PATIENT), 1,
                 EACCES);
}

static void refuse(const char *tries, const char *seconds, const char *why)
{
    const struct program_options options = {
        .arguments = {"127.0.0.1", "7", HELLO, tries, seconds}};
    expect_usage_error_because(start_program(CLIENT, &options), why);
}

GRADED(refuses_bad_arguments, 2,
       "refuses TRIES and SECONDS that are no numbers, and missing arguments, "
       "with status 2",
       "Which functions take \"nan\" for a number, and \"5x\" for 5?")
{
    static const char *const tries[] = {"",  "five", "5x",  "-1",   "1.5",
                                        " ", "0",    "0x5", "65537"};
    static const char *const seconds[] = {"", "one", "1x", "-1", "nan", "inf"};
    for (size_t i = 0; i < COUNT(tries); i++)
        refuse(tries[i], "1",
               formatted("TRIES \"%s\" is no number of tries: digits, which "
                         "make one from 1 to 65535. atoi() takes anything for "
                         "one, strtol() also what stands before or behind, or "
                         "is to another base; and what is too much for 16 bits "
                         "wraps round in them.",
                         tries[i]));
    for (size_t i = 0; i < COUNT(seconds); i++)
        refuse("2", seconds[i],
               formatted("SECONDS \"%s\" is no length of time: strtod() takes "
                         "a sign, \"nan\" and \"inf\", and stops at what it "
                         "does not know.",
                         seconds[i]));
    asks_for_host_and_port(CLIENT);
    expect_usage_error_because(start_with_arguments(CLIENT, "127.0.0.1", "7"),
                               "MESSAGE is missing.");
}
