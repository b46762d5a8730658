// bare_epoll HOST PORT
//
// The yardstick for lesson 15's server: an epoll loop that accepts, waits,
// receives once, sends a fixed reply and closes. tools/bench/app.sh measures
// against it.
//
// No example to follow. It takes whatever arrives first for a whole request,
// never looks at it, and loses what the kernel does not send at once. That is
// good enough for small requests, each sent in one piece. It runs until it is
// killed.

#include "net.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, REPLY_SIZE = 512, REQUEST_SIZE = 4096 };

struct reply {
    char bytes[REPLY_SIZE];
    size_t size;
};

// Writes what a server answers to `search morpheus`: the length of the header
// in two bytes, the header, the content.
static void build_reply(struct reply *reply)
{
    static const char content[] =
        "{\"result\": \"Follow the white rabbit. \U0001F430\"}";
    char *header = reply->bytes + sizeof(uint16_t);
    int length = snprintf(header, REPLY_SIZE - sizeof(uint16_t),
                          "{\"byteorder\": \"little\", "
                          "\"content-type\": \"text/json\", "
                          "\"content-encoding\": \"utf-8\", "
                          "\"content-length\": %zu}",
                          sizeof content - 1);
    uint16_t wire_length = htons((uint16_t)length);
    memcpy(reply->bytes, &wire_length, sizeof wire_length);
    memcpy(header + length, content, sizeof content - 1);
    reply->size = sizeof wire_length + (size_t)length + sizeof content - 1;
}

// Accepts all who wait: most often there are several.
static void accept_clients(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
            close(fd);
    }
}

static void answer(int fd, const struct reply *reply)
{
    char request[REQUEST_SIZE];
    if (recv(fd, request, sizeof request, 0) > 0 &&
        send(fd, reply->bytes, reply->size, MSG_NOSIGNAL) == -1)
        perror("bare_epoll: send");
    close(fd);
}

// Returns only if epoll does not work, with errno.
static void serve(int listener, const struct reply *reply)
{
    struct epoll_event events[EVENTS] = {{.events = EPOLLIN}};
    int epoll = epoll_create1(0);
    events[0].data.fd = listener;
    if (epoll == -1 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]) == -1)
        return;
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                accept_clients(epoll, listener);
            else
                answer(events[i].data.fd, reply);
        }
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 3 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "usage: bare_epoll HOST PORT\n");
        return EXIT_FAILURE;
    }
    int listener = net_listen(&address, SOMAXCONN);
    if (listener == -1 || net_set_nonblocking(listener) == -1 ||
        net_local_address(listener, &address) == -1) {
        perror("bare_epoll: listen");
        return EXIT_FAILURE;
    }
    struct reply reply = {.size = 0};
    build_reply(&reply);
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(&address, text, sizeof text));
    fflush(stdout);
    serve(listener, &reply);
    perror("bare_epoll: epoll");
    return EXIT_FAILURE;
}
