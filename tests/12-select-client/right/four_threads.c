// Four threads, each with one blocking connection at a time; they take the
// numbers from a common counter.

#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
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

static struct sockaddr_in server;
static int total;
static atomic_int taken, failures;

static void report(int number, const char *call, const char *reason)
{
    fprintf(stderr, "multiconn_client: connection %d: %s: %s\n", number, call,
            reason);
}

static int say(int number, const char *call)
{
    report(number, call, strerror(errno));
    return -1;
}

static int receive_echo(int fd, int number)
{
    char reply[SIZE];
    size_t have = 0;
    while (have < SIZE) {
        ssize_t n = read(fd, reply + have, SIZE - have);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return say(number, "read");
        if (n == 0) {
            report(number, "read", "end of file");
            return -1;
        }
        if (memcmp(reply + have, text + have, (size_t)n) != 0) {
            report(number, "read", "not my bytes");
            return -1;
        }
        have += (size_t)n;
    }
    return 0;
}

static int converse(int number)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return say(number, "socket");
    int result = connect(fd, (struct sockaddr *)&server, sizeof server);
    if (result == -1 && errno == EINTR)
        result = net_finish_connect(fd);
    if (result == -1)
        say(number, "connect");
    if (result == 0 && net_send_all(fd, text, SIZE / 2) == -1)
        result = say(number, "send");
    if (result == 0 && net_send_all(fd, text + SIZE / 2, SIZE / 2) == -1)
        result = say(number, "send");
    if (result == 0)
        result = receive_echo(fd, number);
    close(fd);
    return result;
}

static void *work(void *unused)
{
    (void)unused;
    int number;
    while ((number = ++taken) <= total)
        if (converse(number) == -1)
            failures++;
    return NULL;
}

int main(int argc, char *argv[])
{
    int status = arguments(argc, argv, &server, &total);
    if (status != 0)
        return status;
    pthread_t threads[4];
    int started = 0;
    for (; started < 4 && started < total; started++) {
        errno = pthread_create(&threads[started], NULL, work, NULL);
        if (errno != 0) {
            perror("multiconn_client: pthread_create");
            break;
        }
    }
    if (started == 0)
        return 1;
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return failures == 0 ? 0 : 1;
}
