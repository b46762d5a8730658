// Children that poll, that open several connections, and that grow.

#include "net.h"
#include "server.h"
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// What is watched: nothing of it is readable, and the connection is writable.
struct watched {
    int listener, connection, pipe, local;
    bool network; // the first two as well
    int limit_ms;
};

static int open_watched(struct watched *watched)
{
    struct sockaddr_in address;
    int ends[2], pair[2];
    if (net_parse_address("127.0.0.1", "0", &address) == -1)
        return -1;
    watched->listener = net_listen(&address, 1);
    watched->connection = socket(AF_INET, SOCK_STREAM, 0);
    if (net_local_address(watched->listener, &address) == -1 ||
        connect(watched->connection, (struct sockaddr *)&address,
                sizeof address) == -1 ||
        accept(watched->listener, NULL, NULL) == -1 || pipe(ends) == -1 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        return -1;
    watched->pipe = ends[0];
    watched->local = pair[0];
    return 0;
}

// Says how many are ready, and which: upper case can be read.
static void say_ready(int count, bool l, bool c, bool p, bool u, bool w, bool x)
{
    printf("%d%s%s%s%s%s%s ", count, l ? "L" : "", c ? "C" : "", p ? "P" : "",
           u ? "U" : "", w ? "w" : "", x ? "x" : "");
}

static void use_select(const struct watched *on, bool has_mask)
{
    fd_set read, write, except;
    FD_ZERO(&read);
    FD_ZERO(&write);
    FD_ZERO(&except);
    FD_SET(on->pipe, &read);
    FD_SET(on->local, &read);
    if (on->network) {
        FD_SET(on->listener, &read);
        FD_SET(on->connection, &read);
        FD_SET(on->connection, &write);
        FD_SET(on->connection, &except);
    }
    int most = on->local + 1, count;
    sigset_t none;
    sigemptyset(&none);
    struct timeval soon = {0, on->limit_ms * 1000};
    const struct timespec limit = {0, on->limit_ms * 1000000};
    count = has_mask ? pselect(most, &read, &write, &except, &limit, &none)
                     : select(most, &read, &write, &except, &soon);
    say_ready(count, FD_ISSET(on->listener, &read),
              FD_ISSET(on->connection, &read), FD_ISSET(on->pipe, &read),
              FD_ISSET(on->local, &read), FD_ISSET(on->connection, &write),
              FD_ISSET(on->connection, &except));
}

static void use_poll(const struct watched *on, bool has_mask)
{
    enum { LISTENER = 2, CONNECTION, NOBODY };
    // What the last turn left in .revents is not this one's answer.
    struct pollfd fds[] = {{on->pipe, POLLIN, POLLHUP},
                           {on->local, POLLIN, POLLHUP},
                           {on->listener, POLLIN, POLLHUP},
                           {on->connection, POLLOUT, POLLHUP},
                           {on->network ? -1 : -2, POLLIN, 0}};
    if (!on->network)
        fds[LISTENER].fd = fds[CONNECTION].fd = -1;
    fds[CONNECTION].events |= POLLIN;
    sigset_t none;
    sigemptyset(&none);
    const struct timespec limit = {0, on->limit_ms * 1000000};
    int count = has_mask ? ppoll(fds, NOBODY + 1, &limit, &none)
                         : poll(fds, NOBODY + 1, on->limit_ms);
    say_ready(count, fds[LISTENER].revents & POLLIN,
              fds[CONNECTION].revents & POLLIN, fds[0].revents & POLLIN,
              fds[1].revents & POLLIN, fds[CONNECTION].revents & POLLOUT,
              (fds[0].revents | fds[1].revents | fds[LISTENER].revents |
               fds[CONNECTION].revents | fds[NOBODY].revents) &
                  ~(POLLIN | POLLOUT));
}

int child_polls(char *argv[])
{
    struct watched on = {.network = strcmp(argv[2], "local") != 0,
                         .limit_ms = strcmp(argv[2], "now") == 0 ? 0 : 20};
    if (open_watched(&on) == -1)
        return 1;
    if (strcmp(argv[2], "closed") == 0)
        close(on.connection);
    bool has_mask = *argv[1] == 'p' && strcmp(argv[1], "poll") != 0;
    for (int turn = 0; turn < 3; turn++) {
        if (strstr(argv[1], "select") != NULL)
            use_select(&on, has_mask);
        else
            use_poll(&on, has_mask);
    }
    printf("\n");
    return 0;
}

// Returns a connection to PORT; -1 if it is refused.
static int dial(const char *port)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (net_parse_address("127.0.0.1", port, &address) == -1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        return -1;
    return fd;
}

int child_dials(char *argv[])
{
    enum { MOST = 8 };
    int fds[MOST], count = (int)strtol(argv[2], NULL, 10);
    char text[64];
    for (int i = 0; i < count && i < MOST; i++) {
        int size = snprintf(text, sizeof text, "connection %d", i + 1);
        fds[i] = dial(argv[1]);
        if (fds[i] == -1 || net_send_all(fds[i], text, (size_t)size) == -1 ||
            shutdown(fds[i], SHUT_WR) == -1)
            return 1;
    }
    for (int i = 0; i < count && i < MOST; i++) {
        ssize_t size;
        while ((size = recv(fds[i], text, sizeof text, 0)) > 0)
            printf("%.*s", (int)size, text);
        printf("%s\n", size == 0 ? "" : " and an error");
    }
    return 0;
}

int child_takes(char *argv[])
{
    static char bytes[1 << 20];
    size_t size = (size_t)strtol(argv[2], NULL, 10);
    int fd = dial(argv[1]);
    if (fd == -1 || size > sizeof bytes ||
        (size > 0 && recv(fd, bytes, size, MSG_WAITALL) != (ssize_t)size) ||
        net_send_all(fd, bytes, size < 1000 ? size : 1000) == -1)
        return 1;
    return pause();
}

static void *rest(void *nothing)
{
    pause();
    return nothing;
}

static bool grow(int signal)
{
    pthread_t thread;
    if (signal == SIGUSR1) {
        size_t size = (size_t)8 << 20;
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return memory != MAP_FAILED && memset(memory, 1, size) == memory;
    }
    if (signal == SIGUSR2)
        return pthread_create(&thread, NULL, rest, NULL) == 0;
    return open("/dev/null", O_RDONLY) != -1;
}

int child_grows(char *argv[])
{
    (void)argv;
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    sigaddset(&wanted, SIGUSR2);
    sigaddset(&wanted, SIGHUP);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    int signal;
    do {
        printf("ready\n");
        fflush(stdout);
    } while (sigwait(&wanted, &signal) == 0 && grow(signal));
    return 1;
}

int child_announces(char *argv[])
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, size) == -1 ||
        listen(fd, 1) == -1 ||
        getsockname(fd, (struct sockaddr *)&address, &size) == -1)
        return 1;
    long port = strtol(argv[2], NULL, 10);
    if (port == 0)
        port = mkdir(argv[1], 0700) == 0 ? 0x8181 : ntohs(address.sin_port);
    printf("listening on 127.0.0.1:%ld\n", port);
    fflush(stdout);
    return pause();
}

static void serve_echo(int fd, const char *client)
{
    char byte;
    printf("%s %d\n", client, fd);
    fflush(stdout);
    while (recv(fd, &byte, 1, 0) == 1)
        net_send_all(fd, &byte, 1);
    printf("end\n");
    fflush(stdout);
}

int child_serves(char *argv[])
{
    return server_run("serves", argv[1], argv[2], serve_echo);
}
