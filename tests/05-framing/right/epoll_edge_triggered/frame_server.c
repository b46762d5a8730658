// What is different: epoll, edge-triggered: of a socket that was ready it is
// told once, so all that can be done is done until there is nothing to receive
// and no answer can be sent. And the wish to stop is an event.

#include "frame.h"
#include "names.h"
#include "net.h"
#include "signals.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int fd;
    char address[NAMES_TEXT_SIZE];
    unsigned char in[FRAME_MAX], out[FRAME_MAX];
    size_t from, held;    // what waits in `in`: from up to, and not with, held
    size_t sent, to_send; // of out, which has one answer at a time
    uint64_t consumed;
    bool has_ended; // there is nothing more to receive
};

static enum framing framing;

static int failed(const char *what)
{
    fprintf(stderr, "frame_server: %s: %s\n", what, strerror(errno));
    return -1;
}

static void tell(const struct client *client, const char *problem, size_t at)
{
    fprintf(stderr, "frame_server: %s: byte %" PRIu64 ": %s\n", client->address,
            client->consumed + at, problem);
}

static void capitalise(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 'a' && bytes[i] <= 'z')
            bytes[i] -= 'a' - 'A';
}

// What becomes of a client: it has to wait for the kernel, or is over.
enum turn { GOES_ON, WAITS, IS_OVER };

static enum turn lost(const struct client *client)
{
    if (errno == EINTR)
        return GOES_ON;
    if (errno == EAGAIN)
        return WAITS;
    tell(client, strerror(errno), client->held - client->from);
    return IS_OVER;
}

static enum turn send_some(struct client *client)
{
    ssize_t sent = send(client->fd, client->out + client->sent,
                        client->to_send - client->sent, MSG_NOSIGNAL);
    if (sent == -1)
        return lost(client);
    client->sent += (size_t)sent;
    return GOES_ON;
}

static enum turn receive_some(struct client *client)
{
    client->held -= client->from;
    memmove(client->in, client->in + client->from, client->held);
    client->from = 0;
    ssize_t got = recv(client->fd, client->in + client->held,
                       sizeof client->in - client->held, 0);
    if (got == -1)
        return lost(client);
    client->held += (size_t)got;
    client->has_ended = got == 0;
    return GOES_ON;
}

// The next thing there is to do: send an answer, make one, or receive.
static enum turn take_turn(struct client *client)
{
    if (client->sent < client->to_send)
        return send_some(client);
    struct frame frame;
    const size_t waiting = client->held - client->from;
    switch (frame_decode(framing, client->in + client->from, waiting, &frame)) {
    case FRAME_DONE:
        capitalise(client->in + (frame.message - client->in), frame.size);
        client->sent = 0;
        client->to_send =
            frame_encode(framing, frame.message, frame.size, client->out);
        client->from += frame.consumed;
        client->consumed += frame.consumed;
        return GOES_ON;
    case FRAME_MALFORMED: tell(client, frame.problem, frame.at); return IS_OVER;
    default: break;
    }
    if (!client->has_ended)
        return receive_some(client);
    if (waiting > 0)
        tell(client, "an end in the midst of a message", waiting);
    return IS_OVER;
}

static void look_after(struct client *client)
{
    enum turn turn;
    while ((turn = take_turn(client)) == GOES_ON)
        ;
    if (turn == IS_OVER) {
        close(client->fd);
        free(client);
    }
}

static int watch(int epoll, int fd, void *what, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int welcome(int epoll, int fd, const struct sockaddr_storage *address,
                   socklen_t size)
{
    struct client *client = malloc(sizeof *client);
    if (client == NULL || net_set_nonblocking(fd) == -1 ||
        watch(epoll, fd, client, EPOLLIN | EPOLLOUT | EPOLLET) == -1) {
        free(client);
        close(fd);
        return failed("a new client");
    }
    client->fd = fd;
    names_text((const struct sockaddr *)address, size, client->address);
    client->from = client->held = client->sent = client->to_send = 0;
    client->consumed = 0;
    client->has_ended = false;
    return 0;
}

// Accepts all that wait, as it is not told of them again.
static int accept_all(int epoll, int listener)
{
    for (;;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd = accept(listener, (struct sockaddr *)&address, &size);
        if (fd == -1 && errno == EAGAIN)
            return 0;
        if (fd == -1 && errno != EINTR && errno != ECONNABORTED)
            return failed("accept");
        if (fd != -1 && welcome(epoll, fd, &address, size) == -1)
            return -1;
    }
}

static int serve_all(int listener)
{
    enum { EVENTS = 16 };
    static char stop_place, listener_place;
    const int stop = signals_open(), epoll = epoll_create1(EPOLL_CLOEXEC);
    if (stop == -1 || epoll == -1 ||
        watch(epoll, stop, &stop_place, EPOLLIN) == -1 ||
        watch(epoll, listener, &listener_place, EPOLLIN | EPOLLET) == -1)
        return failed("epoll");
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, -1);
        if (count == -1 && errno != EINTR)
            return failed("epoll_wait");
        for (int i = 0; i < count; i++) {
            void *place = events[i].data.ptr;
            if (place == &stop_place)
                return 0;
            if (place != &listener_place)
                look_after(place);
            else if (accept_all(epoll, listener) == -1)
                return -1;
        }
    }
}

static int announce(int listener)
{
    struct sockaddr_storage here;
    socklen_t size = sizeof here;
    char text[NAMES_TEXT_SIZE];
    if (getsockname(listener, (struct sockaddr *)&here, &size) == -1)
        return failed("getsockname");
    printf("listening on %s\n",
           names_text((struct sockaddr *)&here, size, text));
    return fflush(stdout) == 0 ? 0 : failed("stdout");
}

static int listen_and_serve(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = names_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "frame_server: %s %s: %s\n", host, port,
                names_reason(error));
        return -1;
    }
    int listener = names_listen(list, 20);
    if (listener == -1)
        failed(port);
    freeaddrinfo(list);
    if (listener == -1)
        return -1;
    if (net_set_nonblocking(listener) == -1)
        return failed("O_NONBLOCK");
    return announce(listener) == 0 ? serve_all(listener) : -1;
}

int main(int argc, char *argv[])
{
    if (argc != 4 || frame_find_framing(argv[3], &framing) == -1) {
        fprintf(stderr, "usage: frame_server HOST PORT length|line|fixed\n");
        return 2;
    }
    if (standard_open() == -1) {
        perror("frame_server: stdout");
        return EXIT_FAILURE;
    }
    return listen_and_serve(argv[1], argv[2]) == 0 ? EXIT_SUCCESS
                                                   : EXIT_FAILURE;
}
