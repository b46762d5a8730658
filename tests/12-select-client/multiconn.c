#include "multiconn.h"

#include "kernel/procfs.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"

#include <errno.h>
#include <sys/syscall.h>

struct peer *serve(void)
{
    return peer_serve(peer_own_host());
}

struct peer *echoing(struct peer *server)
{
    struct peer *connection = peer_await(server);
    peer_echo(connection);
    return connection;
}

struct program *start_with(struct peer *server, int count,
                           struct program_options options)
{
    options.arguments[2] = formatted("%d", count);
    return start_client(PROGRAM, server, options);
}

struct program *start(struct peer *server, int count)
{
    return start_with(server, count, (struct program_options){.input = NULL});
}

// Both messages have come, and nothing else.
static void expect_messages(struct program *client, struct peer *connection)
{
    expect_connection(client, connection);
    expect_received(client, connection, MESSAGE_1 MESSAGE_2, SENT);
}

void expect_served(struct program *client, struct peer *connection)
{
    expect_messages(client, connection);
    expect_end_from(client, connection);
    expect_messages(client, connection); // and nothing has come behind them
}

void exchange(int count)
{
    exchange_with(count, (struct program_options){.input = NULL});
}

void exchange_with(int count, struct program_options options)
{
    struct peer *server = serve();
    struct peer *connections[EXCHANGES];
    for (int i = 0; i < count; i++)
        connections[i] = echoing(server);
    struct program *client = start_with(server, count, options);
    for (int i = 0; i < count; i++)
        expect_served(client, connections[i]);
    expect_exit_status(client, 0);
    expect_accepted(client, server, (unsigned)count);
}

// True if that call says that an attempt to connect has failed.
static bool tells_of_failure(const struct call *call)
{
    return call_told_error(call) > 0 ||
           (call->group == CALLS_CONNECT && call->finished &&
            call->result < 0 && call->result != -EINPROGRESS &&
            call->result != -EINTR && call->result != -EALREADY &&
            call->result != -EISCONN);
}

// True if the descriptor of *call is another socket's from event NUMBER on, or
// is tried again.
static bool is_used_again(struct trace *trace, const struct call *call,
                          size_t number)
{
    for (const struct call *next;
         (next = trace_next_call(trace, &number)) != NULL;)
        if (next->pid == call->pid &&
            ((next->group == CALLS_CONNECT && next->fd == call->fd) ||
             (next->info->number == SYS_socket && next->result == call->fd)))
            return true;
    return false;
}

void expect_failed_closed(struct program *client)
{
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .keeps_descriptor = true,
        .means =
            "Its attempt to connect has failed, and who gives a connection "
            "up closes its socket, too. Read: man 2 close.",
    };
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->on_socket && tells_of_failure(call) &&
            procfs_is_open(call->pid, call->fd) &&
            !is_used_again(trace, call, i))
            expect_fail(&failure, "a connection that has failed to be closed",
                        "descriptor %d, still open", call->fd);
}
