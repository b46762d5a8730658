#include "grader/machine.h"

#include "words/expect.h"
#include "grader/grade.h"
#include "kernel/rlimits.h"
#include "grader/run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PROCESSES = 48,     // at the same time: checks, their programs, their forks
    CONNECT_MS = 10000, // far more than a connection within a machine takes
};

static const char *probe_path; // for probe_machine(), which takes no argument

static bool fault(char why[MACHINE_WHY_SIZE], const char *problem)
{
    snprintf(why, MACHINE_WHY_SIZE, "%s", problem);
    return false;
}

// True if FD is ready for EVENTS before long.
static bool is_ready(int fd, short events)
{
    struct pollfd ready = {.fd = fd, .events = events};
    int count;
    while ((count = poll(&ready, 1, CONNECT_MS)) == -1 && errno == EINTR)
        ;
    if (count == 0)
        errno = ETIMEDOUT;
    return count == 1;
}

static int get_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1 ? errno
                                                                     : error;
}

// Connects CLIENT to SERVER, which gets an address of HOST. 0, or -1 with errno
static int connect_at(int server, int client, const char *host)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    struct sockaddr *where = (struct sockaddr *)&address;
    inet_pton(AF_INET, host, &address.sin_addr);
    if (bind(server, where, sizeof address) == -1 || listen(server, 1) == -1 ||
        getsockname(server, where, &size) == -1)
        return -1;
    if (connect(client, where, size) == -1 && errno != EINPROGRESS)
        return -1;
    if (!is_ready(client, POLLOUT))
        return -1;
    errno = get_error(client);
    return errno == 0 ? 0 : -1;
}

static bool loopback_works(const char *host, char why[MACHINE_WHY_SIZE])
{
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int server = socket(AF_INET, type, 0), client = socket(AF_INET, type, 0);
    int result =
        server == -1 || client == -1 ? -1 : connect_at(server, client, host);
    int error = errno;
    close(server);
    close(client);
    if (result == 0)
        return true;
    snprintf(why, MACHINE_WHY_SIZE, "no TCP connection to itself at %s: %s",
             host, strerror(error));
    return false;
}

// Several must run at the same time.
static bool processes_can_be_had(char why[MACHINE_WHY_SIZE])
{
    pid_t pids[PROCESSES];
    int count = 0, error = 0, go[2];
    if (pipe(go) == -1)
        return fault(why, "no pipe can be had");
    for (; count < PROCESSES; count++) {
        pids[count] = fork();
        if (pids[count] == 0) {
            close(go[1]);
            _exit((int)read(go[0], &error, 1)); // its end comes with close()
        }
        if (pids[count] == -1) {
            error = errno;
            break;
        }
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < count; i++)
        while (waitpid(pids[i], NULL, 0) == -1 && errno == EINTR)
            ;
    if (count == PROCESSES)
        return true;
    snprintf(why, MACHINE_WHY_SIZE,
             "only %d more processes can be had, and %d are needed "
             "(ulimit -u): %s",
             count, PROCESSES, strerror(error));
    return false;
}

// The check that the machine has to pass: a client of a right server.
static void probe_machine(void)
{
    struct program *server = start_server(probe_path, "127.0.0.1", "0");
    struct peer *client = connect_to(server);
    peer_send(client, "ready?", 6);
    peer_finish_sending(client);
    expect_echo(client);
    expect_end_of_stream(client);
    expect_exit_status(server, 0);
}

static bool probe_works(const char *path, bool traced,
                        char why[MACHINE_WHY_SIZE])
{
    static const struct check probe = {.id = "probe", .run = probe_machine};
    const struct run_options options = {.traced = traced, .workers = 1};
    probe_path = path;
    const struct verdict *verdict = run_alone(&probe, &options);
    if (verdict->outcome == PASSED)
        return true;
    if (verdict->outcome == FAILED)
        snprintf(why, MACHINE_WHY_SIZE,
                 "a program that is right does not work here: expected %s, "
                 "got %s",
                 verdict->expected, verdict->got);
    else
        snprintf(why, MACHINE_WHY_SIZE, "%s",
                 verdict->got[0] == '\0' ? "a check breaks off here"
                                         : verdict->got);
    return false;
}

bool machine_is_fit(const char *probe, bool traced, char why[MACHINE_WHY_SIZE])
{
    if (access("/proc/self/stat", R_OK) == -1)
        return fault(why, "/proc is not mounted");
    const char *lacking = rlimits_lacking();
    if (lacking != NULL)
        return fault(why, lacking);
    return loopback_works("127.0.0.1", why) &&
           loopback_works(peer_own_host(), why) && processes_can_be_had(why) &&
           (probe == NULL || probe_works(probe, traced, why));
}
