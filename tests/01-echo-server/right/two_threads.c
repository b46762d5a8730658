// One thread receives and another one sends; a bounded queue stands between.

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

enum { QUEUE = 3000 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char bytes[QUEUE];
    size_t in, out;
    int client, reason;
    bool finished;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

static void finish(int reason)
{
    pthread_mutex_lock(&queue.lock);
    if (queue.reason == 0)
        queue.reason = reason;
    queue.finished = true;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

static void *receiver(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&queue.lock);
        while (queue.in - queue.out == QUEUE && !queue.finished)
            pthread_cond_wait(&queue.changed, &queue.lock);
        bool gone = queue.finished;
        size_t at = queue.in % QUEUE, room = QUEUE - (queue.in - queue.out);
        pthread_mutex_unlock(&queue.lock);
        if (gone)
            return NULL;
        if (room > QUEUE - at)
            room = QUEUE - at;
        ssize_t got = recv(queue.client, queue.bytes + at, room, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0) {
            finish(got == 0 ? 0 : errno);
            return NULL;
        }
        pthread_mutex_lock(&queue.lock);
        queue.in += (size_t)got;
        pthread_cond_broadcast(&queue.changed);
        pthread_mutex_unlock(&queue.lock);
    }
}

static int send_queue(void)
{
    for (;;) {
        pthread_mutex_lock(&queue.lock);
        while (queue.in == queue.out && !queue.finished)
            pthread_cond_wait(&queue.changed, &queue.lock);
        size_t at = queue.out % QUEUE, size = queue.in - queue.out;
        pthread_mutex_unlock(&queue.lock);
        if (size == 0)
            return 0;
        if (size > QUEUE - at)
            size = QUEUE - at;
        ssize_t put = send(queue.client, queue.bytes + at, size, MSG_NOSIGNAL);
        if (put == -1 && errno == EINTR)
            continue;
        if (put == -1)
            return -1;
        pthread_mutex_lock(&queue.lock);
        queue.out += (size_t)put;
        pthread_cond_broadcast(&queue.changed);
        pthread_mutex_unlock(&queue.lock);
    }
}

static int serve(int client)
{
    queue.client = client;
    pthread_t thread;
    errno = pthread_create(&thread, NULL, receiver, NULL);
    if (errno != 0)
        return -1;
    if (send_queue() == -1) {
        finish(errno);
        shutdown(client, SHUT_RD); // wakes the receiver
    }
    pthread_join(thread, NULL);
    errno = queue.reason;
    return queue.reason == 0 ? 0 : -1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 3 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "usage: echo_server HOST PORT\n");
        return 2;
    }
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
        listen(listener, 8) == -1 ||
        net_local_address(listener, &address) == -1) {
        complain("listener");
        return 1;
    }
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(&address, text, sizeof text));
    fflush(stdout);
    int client;
    while ((client = accept(listener, NULL, NULL)) == -1)
        if (errno != EINTR) {
            complain("accept");
            return 1;
        }
    close(listener);
    if (serve(client) == -1) {
        complain("echo");
        return 1;
    }
    return 0;
}
