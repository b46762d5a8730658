// Grading tests for lesson 09: what rpc_server asks of its listening socket,
// check by check, in the order in which the TODOs make them pass. How it serves
// is in grade_serves.c, what it survives in grade_survives.c, and rpc_client in
// grade_client.c.

#include "grader/grade.h"

#include "calling.h"
#include "kernel/tcpinfo.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/options.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

LESSON("09-socket-options", "What can be asked of a socket", PROTOCOL_RPC)

static const char *const share[] = {"--share", NULL};

GRADED(reports_a_busy_port, 1,
       "reports on stderr, with status 1, that another program has the port",
       "Which call tells that the port is taken, and is errno still that "
       "call's when you say so?")
{
    server_reports_a_busy_port(SERVER);
}

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "What stands between socket() and the announcement, and in which "
       "order?")
{
    server_announces_itself(SERVER);
}

static const struct wanted_option reuse = {.level = SOL_SOCKET,
                                           .option = SO_REUSEADDR,
                                           .any = true,
                                           .of_listener = true};

GRADED(may_be_started_again, 2, "has SO_REUSEADDR on the socket that listens",
       "What keeps a port for a minute, though nobody listens there any more?")
{
    static const char why[] =
        "A server that is started again finds its port taken for a minute, by "
        "connections of the one before (TIME_WAIT), unless SO_REUSEADDR is on "
        "before bind().";
    expect_option(serve(), NULL, &reuse, why);
    begin_timeline_anew();
    expect_option(serve_at("127.0.0.1", "0", share), NULL, &reuse, why);
}

// It has found its port taken.
static void expect_refused(struct program *second, const char *why)
{
    const struct failure failure = {
        .program = second,
        .is_sure = true,
        .awaits = AWAITS_PROGRAM_END,
        .means = why,
    };
    expect_quiet(second);
    if (!second->ended)
        expect_fail(&failure, "an end, with \"Address already in use\"",
                    "a second server");
    expect_error(second, 1, EADDRINUSE);
}

static struct program *start_second(const char *host, const char *port,
                                    const char *option)
{
    return start_program(
        SERVER, &(struct program_options){.arguments = {host, port, option}});
}

GRADED(shares_nothing_unasked, 2,
       "does not share its port without --share: a second server fails",
       "Which of two options that sound alike lets two servers have one port?")
{
    static const char why[] =
        "Two servers listen at the same port, and nobody has asked for that "
        "(--share): each gets a part of the clients. SO_REUSEPORT does it, if "
        "both have set it. What lets a server begin again at once is "
        "SO_REUSEADDR, and that lets no two listen. Read: man 7 socket.";
    const char *host = peer_own_host(), *port = free_port_text();
    serve_at(host, port, NULL);
    expect_refused(start_second(host, port, NULL), why);
    expect_refused(start_second(host, port, "--share"), why);
    begin_timeline_anew();
    port = free_port_text();
    serve_at(host, port, share);
    expect_refused(start_second(host, port, NULL), why);
}

static const struct wanted_option sharing = {.level = SOL_SOCKET,
                                             .option = SO_REUSEPORT,
                                             .any = true,
                                             .of_listener = true};

GRADED(shares_when_asked, 2, "lets another server have its port with --share",
       "Which option has to be on in both of them, and before which call?")
{
    const char *host = peer_own_host(), *port = free_port_text();
    expect_option(serve_at(host, port, share), NULL, &sharing,
                  "With --share several servers listen at one port, and each "
                  "of them needs it before bind().");
    serve_at(host, port, share);
}

GRADED(lets_clients_wait, 1, "has room for 128 clients that wait",
       "What does the second argument of listen() say?")
{
    struct program *server = serve();
    const int listener = borrow_listener(server);
    const int backlog = tcpinfo_backlog(listener);
    close(listener);
    int most = BACKLOG;
    FILE *limit = fopen("/proc/sys/net/core/somaxconn", "r");
    if (limit != NULL) {
        if (fscanf(limit, "%d", &most) != 1 || most > BACKLOG)
            most = BACKLOG;
        fclose(limit);
    }
    const struct failure failure = {
        .program = server,
        .is_sure = true,
        .means = formatted(
            "The second argument of listen() says how many connections may "
            "wait until they are accepted: where more come at a time, their "
            "clients are kept waiting for seconds. The kernel says that yours "
            "lets %d wait. Read: man 2 listen, backlog.",
            backlog),
    };
    if (backlog < most)
        expect_fail(&failure, formatted("a backlog of %d", most), "%d",
                    backlog);
}

// Why what it says of its buffers is not so.
static const char *cause_of_wrong_line(const struct program *server, int bytes)
{
    static const char form[] = "receive buffer %d bytes, send buffer %d bytes";
    const char *line = strstr(server->out.bytes, "receive buffer");
    int receive, send;
    if (line == NULL)
        return "With --buffer it prints a line of that form, before it "
               "announces itself.";
    if (sscanf(line, form, &receive, &send) != 2)
        return "The line has another form.";
    if (receive == bytes && send == bytes)
        return "These are the numbers that were asked for. What the kernel has "
               "made of them is another thing (it doubles them, for what it "
               "keeps beside the bytes, and has a least and a most): "
               "getsockopt() tells. Read: man 7 socket, SO_RCVBUF.";
    if (receive <= 0 || send <= 0)
        return "That is no size. getsockopt() writes as many bytes as its last "
               "argument says that there is room for, and says there how many "
               "these were: set it to sizeof of the value before each call. "
               "Read: man 2 getsockopt.";
    return "The kernel says otherwise: print what getsockopt() tells, as it "
           "is. It is the size with which the kernel reckons.";
}

// What it says of its buffers, and what they are.
static void expect_buffers_said(int bytes)
{
    begin_timeline_anew();
    struct program *server = serve_with_buffer(bytes);
    const struct reference wanted = reference_of(bytes);
    static const char why[] =
        "With --buffer both buffers of a connection are to be of that size.";
    expect_option(server, NULL,
                  &(struct wanted_option){.level = SOL_SOCKET,
                                          .option = SO_RCVBUF,
                                          .value = wanted.receive,
                                          .given = bytes,
                                          .of_listener = true},
                  why);
    expect_option(server, NULL,
                  &(struct wanted_option){.level = SOL_SOCKET,
                                          .option = SO_SNDBUF,
                                          .value = wanted.send,
                                          .given = bytes,
                                          .of_listener = true},
                  why);
    const char *line =
        formatted("receive buffer %d bytes, send buffer %d bytes",
                  wanted.receive, wanted.send);
    if (strstr(server->out.bytes, formatted("%s\n", line)) == NULL)
        expect_fail_line(server, line,
                         formatted("%s ", cause_of_wrong_line(server, bytes)));
}

GRADED(says_what_became_of_its_buffers, 3,
       "says how large the buffers are that the kernel has made of --buffer",
       "You have asked for a number of bytes. Who knows how many there are "
       "now?")
{
    expect_buffers_said(20000);
    expect_buffers_said(1);         // there is a least,
    expect_buffers_said(INT32_MAX); // and a most
}

GRADED(leaves_its_buffers_alone, 1,
       "leaves the buffers as the kernel makes them, without --buffer",
       "What does the kernel do with a buffer that nobody has set?")
{
    struct program *server = serve();
    const struct reference wanted = reference_of(0);
    const int listener = borrow_listener(server);
    const int receive = option_of(listener, SOL_SOCKET, SO_RCVBUF);
    const int send = option_of(listener, SOL_SOCKET, SO_SNDBUF);
    close(listener);
    const struct failure failure = {
        .program = server,
        .is_sure = true,
        .means = "The size of its buffers was set, though nobody has asked for "
                 "that (--buffer). The kernel makes those that nobody has set "
                 "larger as a connection needs it, and never again those that "
                 "somebody has. Read: man 7 tcp, tcp_moderate_rcvbuf.",
    };
    if (receive != wanted.receive || send != wanted.send)
        expect_fail(&failure,
                    formatted("buffers of %d and %d bytes", wanted.receive,
                              wanted.send),
                    "%d and %d", receive, send);
}

static const struct {
    const char *row[PROGRAM_ARGUMENTS];
    const char *why;
} refused[] = {
    {{"127.0.0.1", "0", "more"}, "There is one argument too many."},
    {{"127.0.0.1", "0", "--shared"}, "There is no such option."},
    {{"127.0.0.1", "0", "--buffer"}, "--buffer takes a number of bytes."},
    {{"127.0.0.1", "0", "--share", "--buffer"},
     "--buffer takes a number of bytes."},
    {{"127.0.0.1", "0", "--buffer", "--share"},
     "--buffer takes a number of bytes, and \"--share\" is none."},
    {{"127.0.0.1", "0", "--buffer", ""}, "An empty text is no number."},
    {{"127.0.0.1", "0", "--buffer", "0"}, "A buffer has a byte, at least."},
    {{"127.0.0.1", "0", "--buffer", "-1"}, "A size is not negative."},
    {{"127.0.0.1", "0", "--buffer", "12k"},
     "A number is made of digits and nothing else: strtol() stops at what it "
     "does not know, and says where."},
    {{"127.0.0.1", "0", "--buffer", "3000000000"},
     "An option's value is an int: this is more."},
};

GRADED(asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument can't be right",
       "How many elements must argv have before you may read argv[4]?")
{
    asks_for_host_and_port(SERVER);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct program_options options = {.input = NULL};
        for (size_t j = 0; j < COUNT(refused[i].row); j++)
            options.arguments[j] = refused[i].row[j];
        expect_usage_error_because(start_program(SERVER, &options),
                                   refused[i].why);
    }
}

GRADED(reports_no_socket, 1,
       "ends with status 1 and the reason when it can't have its socket",
       "socket(), setsockopt(), bind() and listen() may fail. What is -1 to "
       "the calls behind it?")
{
    server_reports_no_socket(SERVER);
    begin_timeline_anew();
    end_weather();
    fail_only(SYS_setsockopt, ENOMEM);
    struct program *server = start_with_arguments(SERVER, "127.0.0.1", "0");
    expect_quiet(server);
    if (has_seen(ENOMEM)) // that it sets SO_REUSEADDR is another check's
        expect_error(server, 1, ENOMEM);
}
