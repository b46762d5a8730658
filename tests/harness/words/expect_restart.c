// What has to be so before a server is started again on the same port.

#include "words/expect.h"

#include "words/expect_fail.h"
#include "stage/quiet.h"
#include "kernel/sockdiag.h"
#include "kernel/sockets.h"
#include "words/verdict.h"

#include <signal.h>
#include <sys/socket.h>

// The server's end of that connection; -1 if it can't be had.
static int borrow_connection(const struct peer *client)
{
    static pid_t tids[QUIET_THREADS];
    size_t count = quiet_threads(stage_current(), tids);
    for (size_t i = 0; i < count; i++) {
        int fd = sockets_borrow_connection(tids[i], client->local.v4.sin_port);
        if (fd != -1)
            return fd;
    }
    return -1;
}

void kill_connected(struct program *server, const struct peer *client)
{
    // As long as this is open, too, the connection stays what it is at a
    // server that closes first: left to itself, the kernel soon forgets it
    // where it has many (net.ipv4.tcp_max_tw_buckets).
    int connection = borrow_connection(client);
    program_signal(server, SIGKILL);
    await_end(server);
    if (connection != -1)
        shutdown(connection, SHUT_RDWR);
    stage_settle();
    struct tcp_socket kept;
    if (client->saw_error == 0 &&
        !sockdiag_find(&client->remote, &client->local, &kept))
        verdict_not_run("this machine does not keep the port of a server that "
                        "has ended");
}
