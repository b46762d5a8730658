// What is different: one loop for many clients, poll() and sockets that don't
// wait. Answers are queued, and no more is received while there is no room for
// another one.

#include "frame.h"
#include "names.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 32 };

struct client {
    unsigned char in[FRAME_MAX], out[2 * FRAME_MAX];
    size_t held;     // bytes of in
    size_t from, to; // what is to be sent of out
    uint64_t consumed;
    bool is_last; // nothing is received any more: it ends behind the answers
};

static enum framing framing;
static struct pollfd watched[1 + CLIENTS];
static struct client clients[1 + CLIENTS];

static bool has_to_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void tell(const struct client *client, const char *problem, size_t at)
{
    fprintf(stderr, "frame_server: client %d: %s at byte %" PRIu64 "\n",
            (int)(client - clients), problem, client->consumed + at);
}

static bool has_room(const struct client *client)
{
    return sizeof client->out - (client->to - client->from) >= FRAME_MAX;
}

static void answer(struct client *client, struct frame *frame)
{
    // It is capitalised where it has been received, and forgotten then.
    unsigned char *message = client->in + (frame->message - client->in);
    for (size_t i = 0; i < frame->size; i++)
        if (message[i] >= 'a' && message[i] <= 'z')
            message[i] = (unsigned char)(message[i] - 'a' + 'A');
    memmove(client->out, client->out + client->from, client->to - client->from);
    client->to -= client->from;
    client->from = 0;
    client->to +=
        frame_encode(framing, message, frame->size, client->out + client->to);
}

// Answers what is there whole, as long as there is room for answers.
static void decode(struct client *client)
{
    size_t done = 0;
    while (!client->is_last && has_room(client)) {
        struct frame frame;
        enum frame_result result = frame_decode(framing, client->in + done,
                                                client->held - done, &frame);
        if (result == FRAME_INCOMPLETE)
            break;
        if (result == FRAME_MALFORMED) {
            tell(client, frame.problem, frame.at);
            client->is_last = true;
            break;
        }
        answer(client, &frame);
        done += frame.consumed;
        client->consumed += frame.consumed;
    }
    client->held -= done;
    memmove(client->in, client->in + done, client->held);
}

// Both return false once the client is over.
static bool receive(int fd, struct client *client)
{
    ssize_t got = recv(fd, client->in + client->held,
                       sizeof client->in - client->held, 0);
    if (got == -1 && has_to_wait())
        return true;
    if (got == -1) {
        tell(client, strerror(errno), client->held);
        return false;
    }
    client->held += (size_t)got;
    decode(client);
    if (got > 0)
        return true;
    if (client->held > 0)
        tell(client, "the end within a message", client->held);
    client->is_last = true;
    return client->from < client->to;
}

static bool send_more(int fd, struct client *client)
{
    ssize_t sent = send(fd, client->out + client->from,
                        client->to - client->from, MSG_NOSIGNAL);
    if (sent == -1 && has_to_wait())
        return true;
    if (sent == -1) {
        tell(client, strerror(errno), client->held);
        return false;
    }
    client->from += (size_t)sent;
    decode(client);
    return true;
}

static void look_after(int place)
{
    struct pollfd *it = &watched[place];
    struct client *client = &clients[place];
    bool goes_on = true;
    if ((it->events & POLLOUT) != 0 && (it->revents & ~POLLIN) != 0)
        goes_on = send_more(it->fd, client);
    if (goes_on && (it->events & POLLIN) != 0 && (it->revents & ~POLLOUT) != 0)
        goes_on = receive(it->fd, client);
    const bool has_answers = client->from < client->to;
    if (!goes_on || (client->is_last && !has_answers)) {
        close(it->fd);
        it->fd = -1;
        watched[0].events = POLLIN;
        return;
    }
    it->events = has_answers ? POLLOUT : 0;
    if (!client->is_last && has_room(client))
        it->events |= POLLIN;
}

// Returns -1 if nobody can be accepted any more.
static int accept_one(int listener)
{
    int place = 1;
    while (place <= CLIENTS && watched[place].fd != -1)
        place++;
    if (place > CLIENTS) {
        watched[0].events = 0; // until one goes
        return 0;
    }
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = accept(listener, (struct sockaddr *)&address, &size);
    if (fd == -1)
        return has_to_wait() || errno == ECONNABORTED ? 0 : -1;
    if (net_set_nonblocking(fd) == -1) {
        close(fd);
        return -1;
    }
    watched[place] = (struct pollfd){.fd = fd, .events = POLLIN};
    struct client *client = &clients[place];
    client->held = client->from = client->to = 0;
    client->consumed = 0;
    client->is_last = false;
    return 0;
}

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

static int failed(const char *what)
{
    fprintf(stderr, "frame_server: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int serve_all(int listener)
{
    watched[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int i = 1; i <= CLIENTS; i++)
        watched[i].fd = -1;
    for (;;) {
        int ready = poll(watched, 1 + CLIENTS, -1);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return failed("poll");
        for (int i = 1; i <= CLIENTS; i++)
            if (watched[i].fd != -1 && watched[i].revents != 0)
                look_after(i);
        if (watched[0].revents != 0 && accept_one(listener) == -1)
            return failed("accept");
    }
}

static int listen_and_serve(const char *host, const char *port)
{
    struct addrinfo *list;
    int error = names_find(host, port, AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "frame_server: %s %s: %s\n", host, port,
                names_reason(error));
        return EXIT_FAILURE;
    }
    int listener = names_listen(list, 20);
    freeaddrinfo(list);
    struct sockaddr_storage here;
    socklen_t size = sizeof here;
    if (listener == -1 || net_set_nonblocking(listener) == -1 ||
        getsockname(listener, (struct sockaddr *)&here, &size) == -1)
        return failed(port);
    char text[NAMES_TEXT_SIZE];
    printf("listening on %s\n",
           names_text((struct sockaddr *)&here, size, text));
    if (fflush(stdout) == EOF)
        return failed("stdout");
    return serve_all(listener);
}

int main(int argc, char *argv[])
{
    if (argc != 4 || frame_find_framing(argv[3], &framing) == -1) {
        fprintf(stderr,
                "frame_server: bad arguments '%s'\n"
                "usage: frame_server HOST PORT length|line|fixed\n",
                argc < 4 ? "(too few)" : argv[argc - 1]);
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (standard_open() == -1)
        return failed("stdout");
    return listen_and_serve(argv[1], argv[2]);
}
