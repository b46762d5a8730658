#include "words/server_checks.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/echoes.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

static struct program *start_here(const char *name)
{
    return start_server(name, "127.0.0.1", "0");
}

void server_announces_itself(const char *name)
{
    connect_to(start_here(name));
}

void server_listens_where_told(const char *name, expect_served *expect_service)
{
    const char *port = free_port_text();
    struct program *server = start_server(name, peer_own_host(), port);
    reach_at(server, peer_own_host(), port);
    expect_no_listener_at(server, "127.0.0.1");
    expect_service(server);
}

void server_listens_everywhere(const char *name, expect_served *expect_service)
{
    struct program *server = start_server(name, "", "0");
    reach_at(server, peer_own_host(), NULL);
    expect_service(server);
    begin_timeline_anew();
    const char *port = free_port_text();
    server = start_server(name, "", port);
    reach_at(server, peer_own_host(), port);
    expect_service(server);
}

void server_restarts_at_once(const char *name, expect_served *expect_service)
{
    const char *host = peer_own_host(), *port = free_port_text();
    struct program *first = start_server(name, host, port);
    struct peer *client = connect_to(first);
    talk(client, "Hello");
    kill_connected(first, client);
    expect_end_of_stream(client);
    expect_service(start_server(name, host, port));
}

void server_reports_a_busy_port(const char *name)
{
    const char *host = peer_own_host(), *port = free_port_text();
    start_server(name, host, port);
    expect_error(start_with_arguments(name, host, port), 1, EADDRINUSE);
}

static void reports_failed(const char *name, long call, int error)
{
    begin_timeline_anew();
    end_weather();
    fail_only(call, error);
    expect_error(start_with_arguments(name, "127.0.0.1", "0"), 1, error);
}

void server_reports_no_socket(const char *name)
{
    reports_failed(name, SYS_socket, EMFILE);
    // Or an address, as if this machine did not have HOST; or the port, which
    // of two who have bound it only the first to listen gets.
    reports_failed(name, SYS_bind, EADDRNOTAVAIL);
    reports_failed(name, SYS_listen, EADDRINUSE);
}

void server_reports_a_failed_wait(const char *name)
{
    fail_always(CALLS_WAIT, ENOMEM);
    struct program *server = start_here(name);
    begin_to_connect(server);
    expect_quiet(server);
    if (server->ended)
        expect_error(server, 1, ENOMEM);
}

void stop_server(struct program *server, int signal)
{
    expect_quiet(server);
    program_signal(server, signal);
    expect_exit_status(server, 0);
}

void server_stops_once_announced(const char *name, int signal)
{
    begin_timeline_anew();
    hold_announcement();
    struct program *server = start_with_arguments(name, "127.0.0.1", "0");
    signal_once_announced(server, signal);
    expect_exit_status(server, 0);
}

void server_stops_while_busy(const char *name)
{
    enum { TURNS = 3, TURNS_MAX = 20 };
    hold_each_wait();
    struct program *server = start_here(name);
    struct peer *client = connect_to(server);
    keep_busy(server, client, TURNS);
    program_signal(server, SIGTERM);
    keep_busy(server, client, TURNS_MAX);
    expect_stopped(server, TURNS_MAX);
    end_weather();
}

static void stops_before_it_waits(const char *name, bool has_client)
{
    hold_each_wait();
    struct program *server = start_here(name);
    if (has_client)
        connect_to(server);
    if (!signal_before_it_waits(server, SIGTERM)) {
        end_weather();
        program_signal(server, SIGTERM);
    }
    expect_exit_status(server, 0);
}

// Without a client, too: a limit on its silence would end the wait one day.
void server_stops_before_it_waits(const char *name)
{
    stops_before_it_waits(name, true);
    begin_timeline_anew();
    stops_before_it_waits(name, false);
}

void server_survives_a_full_machine(const char *name, int error,
                                    expect_served *expect_service)
{
    enum { TIMES = 3 };
    fail_always(CALLS_ACCEPT, error);
    struct program *server = start_here(name);
    struct peer *waits = begin_to_connect(server);
    expect_idle(server);
    for (int i = 0; i < TIMES; i++) // however long it lasts
        time_passes(server, MINUTES(10));
    end_weather();
    time_passes(server, MINUTES(10));
    peer_close(waits);
    expect_service(server);
}

// Errors of a connection's way here, or of a machine that is short of memory
// for a moment.
void server_survives_lost_connections(const char *name,
                                      expect_served *expect_service)
{
    static const int errors[] = {EPROTO, EHOSTUNREACH, ENOBUFS, ENOMEM};
    for (size_t i = 0; i < COUNT(errors); i++) {
        begin_timeline_anew();
        end_weather();
        make_weather((struct weather){
            .kind = WEATHER_FAIL, .calls = CALLS_ACCEPT, .error = errors[i]});
        struct program *server = start_here(name);
        struct peer *waits = begin_to_connect(server);
        time_passes(server, MINUTES(10));
        peer_close(waits);
        expect_service(server);
    }
}

void server_rests_or_ends_when_full(const char *name)
{
    fail_always(CALLS_ACCEPT, EMFILE);
    struct program *server = start_here(name);
    begin_to_connect(server);
    expect_quiet(server);
    if (server->ended)
        expect_error(server, 1, EMFILE);
    else
        expect_idle(server);
}

void server_survives_without_descriptors(const struct crowd *crowd)
{
    struct program *server = start_server_with(
        crowd->name, "127.0.0.1", "0",
        (struct program_options){.descriptors = crowd->limit});
    struct peer *clients[crowd->clients];
    clients[0] = crowd->begin(server);
    for (int i = 1; i < crowd->clients; i++)
        clients[i] = begin_to_connect(server);
    expect_idle(server);
    crowd->go_on(server, clients[0]);
    expect_no_nap(server, clients[0]);
    for (int i = 0; i < crowd->clients; i++)
        peer_close(clients[i]);
    expect_quiet(server);
    crowd->expect_service(server);
}

// True if that client was still there when the server was told to stop.
static bool was_there_at_the_stop(const struct peer *client)
{
    struct trace *trace = stage_current()->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        if (event != NULL && event->kind == EVENT_SIGNAL)
            return true;
        if (event == NULL || event->kind != EVENT_PEER ||
            event->deed.peer != client->number)
            continue;
        switch (event->deed.action) {
        case PEER_FINISHES:
        case PEER_CLOSES:
        case PEER_RESETS:
        case PEER_SEES_END:
        case PEER_SEES_RESET: return false;
        default: break;
        }
    }
    return false;
}

void expect_came_and_went(struct program *server, const struct peer *client)
{
    static const char went[] = "closing connection to 127.0.0.1:";
    unsigned port = ntohs(client->local.v4.sin_port);
    expect_line(server, "accepted connection from 127.0.0.1:%u", port);
    // Others have a line.
    const char *line = formatted("%s%u", went, port);
    if (was_there_at_the_stop(client) &&
        strstr(server->out.bytes, went) != NULL &&
        strstr(server->out.bytes, line) == NULL)
        expect_fail_line(
            server, line,
            "This client was still connected when your program was told to "
            "stop. Before it ends, it closes the connections that are left, "
            "and says so of each: not in the handler, which may do little, but "
            "behind the loop. Whoever serves one in another thread or process "
            "ends it, and waits for it. ");
    expect_line(server, "closing connection to 127.0.0.1:%u", port);
}
