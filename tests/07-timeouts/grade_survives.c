// What else fetch promises: several addresses, bad weather, and what may fail.

#include "grader/grade.h"

#include "fetching.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

PART(5)

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"

// The next such call fails with that errno.
static void fail_once(long number, int error)
{
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = CALLS_CONNECT | CALLS_SETUP,
                                  .only = number,
                                  .error = error});
}

GRADED(tries_every_address, 2,
       "tries the next address when one fails, and says why the last did",
       "Which of a name's addresses have you tried when one is refused?")
{
    enum { DEAD = 4 };
    static const char several[] =
        "The name has several addresses, and only one of them answers: when an "
        "attempt has failed, the next address has its turn, as ai_next leads "
        "on, until one answers or there are no more.";
    name_dead(DEAD, peer_own_host());
    struct peer *server = serve();
    struct program *client = fetch_by_name(server);
    expect_request_because(client, server, "made.up", PATH, several);
    peer_send_text(server, PAGE);
    expect_response(client, PAGE, "Its last address answers.");
    begin_timeline_anew();
    fail_once(SYS_connect, EHOSTUNREACH);
    fail_once(SYS_connect, ETIMEDOUT);
    fail_once(SYS_connect, EACCES);
    fail_once(SYS_socket, EAFNOSUPPORT);
    server = serve();
    client = fetch_by_name(server);
    expect_request_because(client, server, "made.up", PATH, several);
    peer_send_text(server, PAGE);
    expect_response(client, PAGE, "Its last address answers.");
    end_weather();
    begin_timeline_anew();
    name_dead(DEAD, NULL);
    client = fetch_at("made.up", free_port_text(), LIMIT);
    expect_error(client, 1, ECONNREFUSED);
    expect_told(client, (const char *const[]){"connect", NULL},
                "that it was connecting");
    begin_timeline_anew();
    fail_once(SYS_connect, EHOSTUNREACH);
    client = fetch_at("made.up", free_port_text(), LIMIT);
    expect_failure(client, "None of its addresses answers.");
    expect_attempt_told(client, true);
}

GRADED(closes_what_failed, 1, "closes the socket of each attempt that failed",
       "How many descriptors are open when the fifth attempt has failed?")
{
    enum { DEAD = 5 };
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    expect_request(client, server, peer_own_host(), PATH);
    struct level before = level_of(client);
    begin_timeline_anew();
    name_dead(DEAD, peer_own_host());
    server = serve();
    client = fetch_by_name(server);
    expect_request(client, server, "made.up", PATH);
    expect_no_more_open(client, &before);
}

static void fetch_in_this_weather(size_t size)
{
    begin_timeline_anew();
    char *text = random_text("page", size);
    const char *response = formatted(
        "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", size, text);
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    expect_request(client, server, peer_own_host(), PATH);
    peer_send_text(server, response);
    expect_response(client, response,
                    "Signals and short counts are no failures.");
    free(text);
}

GRADED(survives_weather, 2,
       "gets it all in bad weather: signals, short counts, EAGAIN",
       "Every call that moves bytes may do less than you asked. Is each of "
       "yours in a loop?")
{
    fail_every_second(MOVING_CALLS | CALLS_WAIT, EINTR);
    fetch_in_this_weather(300);
    end_weather();
    cut_each(MOVING_CALLS, 3);
    fetch_in_this_weather(300);
    end_weather();
    fail_every_second(MOVING_CALLS, EAGAIN);
    fetch_in_this_weather(300);
    end_weather();
    fail_some(MOVING_CALLS | CALLS_CONNECT, EINTR, 30);
    cut_most(500);
    fetch_in_this_weather(KIB(40));
}

GRADED(sends_all_of_the_request, 1,
       "sends all of the request, though the server is slow to take it",
       "send() took a part. Where does the rest begin, and when do you offer "
       "it?")
{
    enum { LONG = 100000 };
    char *path = alphabet_text(LONG);
    path[0] = '/';
    struct peer *server;
    struct program *client = begin_to_send(path, &server);
    expect_patience(client, SECONDS(100), LIMIT);
    peer_resume_reading(server);
    expect_request(client, server, peer_own_host(), path);
    peer_send_text(server, PAGE);
    expect_response(client, PAGE, "It was late, and in time.");
    free(path);
}

GRADED(survives_a_vanished_server, 1,
       "is not killed by SIGPIPE when the server is gone",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    expect_connection(client, server);
    vanish_before_it_sends(server, client);
    expect_complaint(client, 1);
    expect_told(client, NULL, "why it could not send");
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 when stdout can't be written",
       "fwrite() writes into a buffer. When do you learn that it could not be "
       "written out?")
{
    struct peer *server = serve();
    struct program *client =
        start_client(CLIENT, server,
                     (struct program_options){.arguments = {[2] = PATH, LIMIT},
                                              .standard_output = STDOUT_FULL});
    expect_request(client, server, peer_own_host(), PATH);
    peer_send_text(server, PAGE);
    expect_reason(client, 1, ENOSPC);
    begin_timeline_anew();
    fill_stdout_after(strlen(PAGE) / 2);
    server = serve();
    client = fetch(server, LIMIT);
    respond(client, server, PAGE);
    expect_failure(client, "write() has taken a part of it, and says so: the "
                           "disk is full now, as the next one would say for "
                           "the rest.");
    expect_reason(client, 1, ENOSPC);
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "For each malloc() there is a free(), on every way out. A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    const struct program_options options = {.arguments = {[2] = PATH, LIMIT},
                                            .finds_leaks = true};
    without_tracer();
    struct peer *server = serve();
    struct program *client = start_client(CLIENT, server, options);
    peer_send_text(server, PAGE);
    expect_no_leak(client);
    expect_failure_without_leak(start_client_of_nobody(CLIENT, options));
}
