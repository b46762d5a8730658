// How multiconn_server is started and stopped, and what it tells; and its
// turns.

#include "grader/grade.h"

#include "multiconn.h"
#include "words/echoes.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"

#include <signal.h>

PART(3)

static void stops_by(int signal)
{
    struct program *server = start_here();
    stop_server(server, signal);
    server = start_here();
    struct peer *client = connect_to(server);
    talk(client, "Hello");
    connect_to(server);
    // One for whom something is left that he does not take.
    connect_choked(server);
    stop_server(server, signal);
    server_stops_once_announced(PROGRAM, signal);
}

GRADED(stops_when_asked, 2, "ends with status 0 at SIGTERM and at SIGINT",
       "What does a signal do to a program that has not said anything about "
       "it, and to a select() that waits?")
{
    stops_by(SIGTERM);
    stops_by(SIGINT);
}

GRADED(stops_at_any_moment, 2,
       "ends at SIGTERM also while it is busy, and right before it waits",
       "When do you look at the flag, and when does the kernel let the signal "
       "in? What if it comes between the two, or if there is never a wait?")
{
    server_stops_while_busy(PROGRAM);
    begin_timeline_anew();
    server_stops_before_it_waits(PROGRAM);
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "What is freed when a client goes, and what at the end? A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    struct program *server = start_server_for_leaks(PROGRAM);
    struct peer *stays = connect_to(server);
    talk(stays, "Hello");
    for (int i = 0; i < 3; i++) {
        struct peer *client = connect_to(server);
        talk(client, "Hello, and goodbye");
        finish(client);
        peer_close(client);
    }
    struct peer *resets = connect_stuck(server, KIB(256));
    expect_quiet(server);
    peer_reset(resets);
    expect_quiet(server);
    program_signal(server, SIGTERM);
    expect_no_leak(server);
}

GRADED(tells_who_came_and_went, 1,
       "prints a line for each client that comes, and for each that goes",
       "Which argument of accept() tells who has come? And when does a line "
       "leave printf()'s buffer?")
{
    struct program *server = start_here();
    struct peer *clients[3];
    for (int i = 0; i < 3; i++)
        clients[i] = connect_from_telling_port(server);
    for (int i = 0; i < 3; i++)
        talk(clients[i], "Hello");
    finish(clients[0]);
    expect_quiet(server);
    peer_reset(clients[1]);       // nobody can be asked then who it was
    stop_server(server, SIGTERM); // and the third one has to go
    for (int i = 0; i < 3; i++)
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
    server_restarts_at_once(PROGRAM, expect_service);
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

TURNS(three_clients, "Three clients, and the turns of your loop")
{
    struct program *server = start_here();
    shrink_buffers(server, 4096);
    struct peer *silent = connect_to(server);
    expect_quiet(server);
    struct peer *talks = connect_to(server);
    expect_quiet(server);
    talk(talks, "Hello");
    expect_quiet(server);
    struct peer *stuck = connect_to(server);
    peer_stop_reading(stuck);
    peer_send_random(stuck, KIB(192));
    expect_quiet(server);
    talk(talks, "Hello again");
    peer_resume_reading(stuck);
    peer_read_slowly(stuck, KIB(64));
    finish(stuck);
    finish(talks);
    talk(silent, "At last");
    finish(silent);
    expect_quiet(server);
}
