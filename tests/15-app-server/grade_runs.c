// How app_server is started and stopped, and what it tells; and its turns.

#include "grader/grade.h"

#include "app.h"
#include "words/content.h"
#include "words/app_protocol.h"
#include "words/messages.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"

#include <signal.h>

PART(4)

GRADED(stops_when_asked, 1, "ends with status 0 at SIGTERM and at SIGINT",
       "What does a signal do to a program that has not said anything about "
       "it, and to a call that waits?")
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        struct program *server = start_here();
        expect_service(server);
        connect_halfway(server);
        stop_server(server, signals[i]);
        server_stops_once_announced(PROGRAM, signals[i]);
    }
}

GRADED(stops_before_it_waits, 1,
       "ends at a SIGTERM that comes right before it waits",
       "When do you look at the flag, and when does the kernel let the signal "
       "in?")
{
    server_stops_before_it_waits(PROGRAM);
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "What is freed when a client goes, and what at the end? A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    struct program *server = start_server_for_leaks(PROGRAM);
    connect_halfway(server);
    search(server, "morpheus", RABBIT);
    exchange_bytes(server, BINARY, DIGITS, ANSWERED_BYTES);
    struct peer *leaves = connect_to(server);
    peer_stop_reading(leaves);
    message_send_search(leaves, alphabet_text(MIB(6)));
    expect_quiet(server);
    peer_reset(leaves); // what it has not taken is not needed any more
    struct peer *wrong = connect_to(server);
    message_send_json(wrong, "utf-8", "{");
    expect_refused(server, wrong, "JSON that is cut off", FOUND);
    expect_quiet(server);
    program_signal(server, SIGTERM);
    expect_no_leak(server);
}

GRADED(tells_who_came_and_went, 1,
       "prints a line for each client that comes, and for each that goes",
       "Which argument of accept() tells who has come? And when does a line "
       "leave printf()'s buffer?")
{
    enum { ANSWERED, IS_WRONG, ENDS_EARLY, RESETS, STAYS, WAYS_TO_GO };
    struct program *server = start_here();
    struct peer *clients[WAYS_TO_GO];
    for (int i = 0; i < WAYS_TO_GO; i++)
        clients[i] = connect_from_telling_port(server);
    message_send_search(clients[ANSWERED], "morpheus");
    expect_last_result(server, clients[ANSWERED], RABBIT);
    message_send_raw(clients[IS_WRONG], "[]", 2, "", 0);
    expect_refused(server, clients[IS_WRONG], "a header that is a list", FOUND);
    peer_close(clients[IS_WRONG]); // whom some wait for
    peer_send(clients[ENDS_EARLY], "\0", 1);
    peer_finish_sending(clients[ENDS_EARLY]);
    expect_refused(server, clients[ENDS_EARLY], "the end within a request",
                   FOUND);
    peer_close(clients[ENDS_EARLY]);
    expect_quiet(server);
    peer_reset(clients[RESETS]);
    expect_quiet(server);
    stop_server(server, SIGTERM);
    for (int i = 0; i < WAYS_TO_GO; i++)
        expect_came_and_went(server, clients[i]);
}

GRADED(listens_where_it_is_told, 1,
       "listens on the HOST and PORT it was given; on all for \"\"",
       "Which of the two arguments says where, and what does net_listen() get "
       "of it?")
{
    server_listens_where_told(PROGRAM, expect_service);
    server_listens_everywhere(PROGRAM, expect_service);
}

GRADED(restarts_at_once, 1, "can be started again at once on the same port",
       "After a server that closed first, its port stays reserved for a "
       "minute. Which socket option says that this is all right?")
{
    const char *host = peer_own_host(), *port = free_port_text();
    struct program *first = start_server(PROGRAM, host, port);
    struct peer *client = connect_to(first);
    expect_service(first); // so that one has been accepted, too
    kill_connected(first, client);
    expect_end_of_stream(client);
    expect_service(start_server(PROGRAM, host, port));
}

GRADED(reports_no_socket, 1,
       "ends with status 1 and the reason when it can't come to listen",
       "socket(), bind() and listen() may fail, each of them. Who asks?")
{
    server_reports_no_socket(PROGRAM);
}

GRADED(reports_a_failed_wait, 1,
       "ends with status 1 and the reason when its wait fails for good",
       "select() returned -1, and errno is not EINTR. What will it say the "
       "next time?")
{
    server_reports_a_failed_wait(PROGRAM);
}

GRADED(reports_a_busy_port, 1,
       "ends with status 1 and the reason when its port is taken",
       "Which call fails when two servers want the same port? Is its result "
       "looked at?")
{
    server_reports_a_busy_port(PROGRAM);
}

GRADED(refuses_bad_arguments, 1,
       "refuses what can't be a HOST or PORT, with status 2 and its usage",
       "What do net_parse_port() and net_parse_address() return for it?")
{
    refuses_bad_host_and_port(PROGRAM);
}

TURNS(two_and_a_half_requests, "Three clients, and the turns of your loop")
{
    struct program *server = start_here();
    struct peer *halfway = connect_halfway(server);
    expect_quiet(server);
    expect_service(server);
    struct peer *wrong = connect_to(server);
    message_send_raw(wrong, "[]", 2, "", 0);
    expect_refused(server, wrong, "a header that is a list", FOUND);
    expect_second_half(server, halfway);
    expect_quiet(server);
}
