// A thread for each connection, with sockets that block; at most 400 at once,
// and all of them are joined.

#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "Message 1 from client.Message 2 from client.";
enum { SIZE = sizeof text - 1 };

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "multiconn_client: %s: '%s'\n"
            "usage: multiconn_client HOST PORT NUM_CONNECTIONS\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address,
                     int *number)
{
    static const char *const names[] = {"HOST", "PORT", "NUM_CONNECTIONS"};
    uint16_t port;
    if (argc < 4)
        return usage("missing argument", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 4)
        return usage("unexpected argument", argv[4]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    size_t digits = strspn(argv[3], "0123456789");
    long value = strtol(argv[3], NULL, 10);
    if (digits == 0 || argv[3][digits] != '\0' || value < 1 || value > 1000000)
        return usage("invalid NUM_CONNECTIONS", argv[3]);
    *number = (int)value;
    return 0;
}

enum { MOST = 400 };

struct job {
    pthread_t thread;
    int number;
    bool failed;
    const struct sockaddr_in *address;
};

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static const char *converse(int fd, const struct sockaddr_in *address,
                            const char **call)
{
    *call = "connect";
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 &&
        (errno != EINTR || net_finish_connect(fd) == -1))
        return strerror(errno);
    *call = "send";
    if (net_send_all(fd, text, SIZE) == -1)
        return strerror(errno);
    *call = "recv";
    char reply[SIZE];
    for (size_t have = 0; have < SIZE;) {
        ssize_t got = recv(fd, reply + have, SIZE - have, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return strerror(errno);
        if (got == 0)
            return "the echo ended early";
        if (memcmp(reply + have, text + have, (size_t)got) != 0)
            return "the echo is different";
        have += (size_t)got;
    }
    return NULL;
}

static void *run(void *argument)
{
    struct job *job = argument;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1) {
        report(job->number, "socket", strerror(errno));
        job->failed = true;
        return NULL;
    }
    const char *call;
    const char *problem = converse(fd, job->address, &call);
    if (problem != NULL)
        report(job->number, call, problem);
    job->failed = problem != NULL;
    close(fd);
    return NULL;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int count;
    int status = arguments(argc, argv, &address, &count);
    if (status != 0)
        return status;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 * 1024);
    static struct job jobs[MOST];
    for (int next = 0; next < count;) {
        int running = 0;
        for (; running < MOST && next < count; running++, next++) {
            jobs[running] =
                (struct job){.number = next + 1, .address = &address};
            errno = pthread_create(&jobs[running].thread, &small, run,
                                   &jobs[running]);
            if (errno == 0)
                continue;
            if (running > 0)
                break; // fewer at a time then
            report(++next, "pthread_create", strerror(errno));
            status = 1;
            break;
        }
        for (int i = 0; i < running; i++) {
            pthread_join(jobs[i].thread, NULL);
            if (jobs[i].failed)
                status = 1;
        }
    }
    pthread_attr_destroy(&small);
    return status;
}
