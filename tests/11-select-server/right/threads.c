// A detached thread for each client, with sockets that block; one more thread
// accepts, and main() waits for the signals.

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    struct client *previous, *next;
    int fd;
    struct sockaddr_in address;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER; // a client, or all stop
static struct client *clients;
static bool stopping;
static pthread_attr_t small;

static void say(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
    fflush(stdout);
}

static void complain(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "multiconn_server: %s %s: %s\n", call,
            net_address_text(address, text, sizeof text), strerror(reason));
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "multiconn_server: %s: '%s'\n"
            "usage: multiconn_server HOST PORT\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address)
{
    uint16_t port;
    if (argc < 3)
        return usage("missing argument", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("unexpected argument", argv[3]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    return 0;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static void leave(struct client *c)
{
    pthread_mutex_lock(&lock);
    say("closing connection to", &c->address);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        clients = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    close(c->fd);
    free(c);
    pthread_cond_broadcast(&left);
    pthread_mutex_unlock(&lock);
}

static void *serve(void *argument)
{
    struct client *c = argument;
    char buffer[16384];
    for (;;) {
        ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == 0)
            break;
        if (got == -1 || net_send_all(c->fd, buffer, (size_t)got) == -1) {
            complain("echo", &c->address);
            break;
        }
    }
    leave(c);
    return NULL;
}

static void join_in(int fd, const struct sockaddr_in *address)
{
    struct client *c = malloc(sizeof *c);
    if (c == NULL) {
        complain("malloc", address);
        close(fd);
        return;
    }
    pthread_mutex_lock(&lock);
    *c = (struct client){.next = clients, .fd = fd, .address = *address};
    if (clients != NULL)
        clients->previous = c;
    clients = c;
    say("accepted connection from", address);
    if (stopping)
        shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&lock);
    pthread_t thread;
    errno = pthread_create(&thread, &small, serve, c);
    if (errno != 0) {
        complain("pthread_create", address);
        leave(c);
    }
}

// Out of descriptors: until a client leaves, or for a second.
static void rest(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&lock);
    if (!stopping)
        pthread_cond_timedwait(&left, &lock, &until);
    pthread_mutex_unlock(&lock);
}

static bool is_stopping(void)
{
    pthread_mutex_lock(&lock);
    bool result = stopping;
    pthread_mutex_unlock(&lock);
    return result;
}

static void *accept_all(void *argument)
{
    int listener = *(int *)argument;
    while (!is_stopping()) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof address;
        int fd = accept(listener, (struct sockaddr *)&address, &size);
        if (fd >= 0) {
            join_in(fd, &address);
            continue;
        }
        int reason = errno;
        if (reason == EINTR || is_stopping())
            continue;
        complain("accept", &address);
        if (is_shortage(reason))
            rest();
    }
    return NULL;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int status = arguments(argc, argv, &address);
    if (status != 0)
        return status;
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        perror("multiconn_server: standard output");
        return 1;
    }
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, NULL); // all threads inherit this
    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, 256 * 1024);
    int listener = net_listen(&address, SOMAXCONN);
    if (listener == -1 || net_local_address(listener, &address) == -1) {
        complain("listen", &address);
        return 1;
    }
    pthread_t acceptor;
    errno = pthread_create(&acceptor, NULL, accept_all, &listener);
    if (errno != 0) {
        complain("pthread_create", &address);
        return 1;
    }
    say("listening on", &address);
    int signal;
    while (sigwait(&both, &signal) != 0)
        continue;

    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_broadcast(&left);
    for (struct client *c = clients; c != NULL; c = c->next)
        shutdown(c->fd, SHUT_RDWR); // its thread wakes and leaves
    pthread_mutex_unlock(&lock);
    shutdown(listener, SHUT_RDWR); // accept() fails now
    pthread_join(acceptor, NULL);
    pthread_mutex_lock(&lock);
    while (clients != NULL)
        pthread_cond_wait(&left, &lock);
    pthread_mutex_unlock(&lock);
    close(listener);
    pthread_attr_destroy(&small);
    return 0;
}
