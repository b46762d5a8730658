// epoll, edge-triggered, for reading and writing at once and registered only
// once: what a socket can do is remembered until EAGAIN. One pass over all who
// can go on, a piece each, then a look at what is new.

#include "buffer.h"
#include "codec.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
    fflush(stdout);
}

static void complain(const char *what, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "app_server: %s %s: %s\n", what,
            net_address_text(address, text, sizeof text), strerror(reason));
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "app_server: %s: '%s'\n"
            "usage: app_server HOST PORT\n",
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

static int open_listener(struct sockaddr_in *address, int backlog)
{
    int fd = net_listen(address, backlog);
    if (fd != -1 && net_set_nonblocking(fd) == 0 &&
        net_local_address(fd, address) == 0)
        return fd;
    complain("listen", address);
    if (fd != -1)
        close(fd);
    return -1;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

// What a search or any other action results in. NULL: no memory.
static json_t *result_of(const json_t *request)
{
    static const char *const known[][2] = {
        {"morpheus", "Follow the white rabbit. \U0001F430"},
        {"ring", "In the caves beneath the Misty Mountains. \U0001F48D"},
        {"\U0001F436", "\U0001F43E Playing ball! \U0001F3D0"},
    };
    const json_t *action = json_object_get(request, "action");
    const json_t *value = json_object_get(request, "value");
    bool is_search = json_is_string(action) &&
                     json_string_length(action) == strlen("search") &&
                     strcmp(json_string_value(action), "search") == 0;
    for (size_t i = 0; is_search && i < sizeof known / sizeof *known; i++)
        if (json_is_string(value) &&
            json_string_length(value) == strlen(known[i][0]) &&
            strcmp(json_string_value(value), known[i][0]) == 0)
            return json_string(known[i][1]);
    const json_t *named = is_search ? value : action;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    fputs(is_search ? "No match for '" : "Error: invalid action '", out);
    if (json_is_string(named))
        fwrite(json_string_value(named), 1, json_string_length(named), out);
    else if (named != NULL)
        json_dumpf(named, out, JSON_ENCODE_ANY);
    fputs("'.", out);
    json_t *result = NULL;
    if (fclose(out) == 0)
        result = json_stringn(text, size);
    free(text);
    return result;
}

// Appends the response to a request. Returns 0; -1 after saying in *problem
// what is wrong.
static int respond(struct buffer *out, const struct codec_header *header,
                   const void *content, size_t size,
                   struct codec_problem *problem)
{
    int built = -1;
    if (strcmp(header->type, CODEC_JSON) != 0) {
        char text[64] = "First 10 bytes of request: ";
        size_t length = strlen(text), shown = size < 10 ? size : 10;
        if (shown > 0)
            memcpy(text + length, content, shown);
        built = codec_build(out, "binary/custom-server-binary-type",
                            CODEC_BINARY, text, length + shown);
    } else {
        json_t *request =
            codec_parse_json(content, size, header->encoding, problem);
        if (request == NULL)
            return -1;
        json_t *response = json_pack("{s:o}", "result", result_of(request));
        char *text =
            response == NULL ? NULL : json_dumps(response, JSON_SORT_KEYS);
        if (text != NULL)
            built = codec_build(out, CODEC_JSON, "utf-8", text, strlen(text));
        free(text);
        json_decref(response);
        json_decref(request);
    }
    if (built == -1)
        snprintf(problem->why, sizeof problem->why, "%s", strerror(errno));
    return built;
}

// One exchange: what has come and is not answered, and what is to be sent.
struct session {
    struct buffer in, out;
    bool ended;  // nothing more will come
    bool failed; // and once all is sent, it is over
    unsigned answers;
};

// Answers all that is complete.
static void answer_all(struct session *s, const struct sockaddr_in *address)
{
    struct codec_message message;
    struct codec_problem problem;
    enum codec_result result = CODEC_DONE;
    while (!s->failed && result == CODEC_DONE) {
        result = codec_parse(buffer_bytes(&s->in), buffer_size(&s->in),
                             &message, &problem);
        if (result == CODEC_DONE) {
            s->failed = respond(&s->out, &message.header, message.content,
                                message.header.content_length, &problem) == -1;
            buffer_drop(&s->in, message.size);
            s->answers++;
        }
        if (result == CODEC_MALFORMED)
            s->failed = true;
        if (s->failed) {
            char text[NET_ADDRESS_TEXT_SIZE];
            fprintf(stderr, "%s is not understood: %s\n",
                    net_address_text(address, text, sizeof text), problem.why);
        }
    }
    if (!s->failed && s->ended && buffer_size(&s->in) > 0) {
        s->failed = true;
        errno = ECONNABORTED;
        complain("half a request of", address);
    }
}

// True if there is nothing to be said or heard any more.
static bool is_over(const struct session *s, int fd)
{
    int waiting = 0;
    if (buffer_size(&s->out) > 0)
        return false;
    if (s->failed || s->ended)
        return true;
    if (s->answers == 0 || buffer_size(&s->in) > 0)
        return false;
    return ioctl(fd, FIONREAD, &waiting) == -1 || waiting == 0;
}

static void free_session(struct session *s)
{
    buffer_free(&s->in);
    buffer_free(&s->out);
}

struct client {
    struct client *next; // of those who can go on
    bool queued, can_read, can_write, lost;
    int fd;
    struct sockaddr_in address;
    struct session session;
    struct client *older, *newer; // of all
};

static struct client *first, **end = &first, *newest;
static int listener, events_fd, signals_fd;
static bool can_accept;
static bool must_look_again;

static void enqueue(struct client *c)
{
    if (c->queued)
        return;
    c->queued = true;
    c->next = NULL;
    *end = c;
    end = &c->next;
}

static void leave(struct client *c)
{
    say("closing connection to", &c->address);
    close(c->fd); // which takes it out of epoll too
    if (c->newer != NULL)
        c->newer->older = c->older;
    else
        newest = c->older;
    if (c->older != NULL)
        c->older->newer = c->newer;
    free_session(&c->session);
    free(c);
    can_accept = true;
}

static void take_some(struct client *c)
{
    char bytes[32 * 1024];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got > 0 && buffer_append(&c->session.in, bytes, (size_t)got) == -1)
        c->lost = true;
    if (got == 0)
        c->session.ended = true, c->can_read = false;
    if (got == -1 && errno == EAGAIN)
        c->can_read = false;
    else if (got == -1 && errno != EINTR)
        c->lost = true;
}

static void give_some(struct client *c)
{
    struct buffer *out = &c->session.out;
    ssize_t put =
        send(c->fd, buffer_bytes(out), buffer_size(out), MSG_NOSIGNAL);
    if (put >= 0)
        buffer_drop(out, (size_t)put);
    else if (errno == EAGAIN)
        c->can_write = false;
    else if (errno != EINTR)
        c->lost = true;
}

// One piece; then it is queued again if it can go on.
static void serve(struct client *c)
{
    struct session *s = &c->session;
    if (c->can_read && buffer_size(&s->out) == 0)
        take_some(c);
    if (!c->lost)
        answer_all(s, &c->address);
    if (c->can_write && buffer_size(&s->out) > 0)
        give_some(c);
    if (c->lost)
        complain("lost", &c->address);
    if (c->lost || (!c->can_read && is_over(s, c->fd)) ||
        (s->failed && is_over(s, c->fd)))
        leave(c);
    else if (buffer_size(&s->out) > 0 ? c->can_write : c->can_read)
        enqueue(c);
}

static void welcome(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = net_accept(listener, &address);
    if (fd == -1) {
        if (errno == EAGAIN || is_shortage(errno))
            can_accept = false;
        must_look_again = is_shortage(errno); // nobody tells when that is over
        if (errno != EAGAIN && errno != EINTR)
            complain("accept", &address);
        return;
    }
    struct client *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                .data.ptr = c};
    if (c == NULL || epoll_ctl(events_fd, EPOLL_CTL_ADD, fd, &event) == -1) {
        complain("epoll", &address);
        close(fd);
        free(c);
        return;
    }
    *c = (struct client){.fd = fd, .address = address, .older = newest};
    if (newest != NULL)
        newest->newer = c;
    newest = c;
    say("accepted connection from", &address);
}

static int run(void)
{
    for (;;) {
        struct epoll_event events[64];
        bool busy = first != NULL || can_accept;
        int limit = busy ? 0 : must_look_again ? 500 : -1;
        int ready = epoll_wait(events_fd, events, 64, limit);
        if (ready == 0 && must_look_again)
            can_accept = true;
        if (ready == -1 && errno != EINTR)
            return -1;
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (events[i].data.ptr == &signals_fd)
                return 0;
            if (events[i].data.ptr == &listener) {
                can_accept = true;
                continue;
            }
            const unsigned broken = EPOLLERR | EPOLLHUP;
            if (events[i].events & (EPOLLIN | broken))
                c->can_read = true;
            if (events[i].events & (EPOLLOUT | broken))
                c->can_write = true;
            enqueue(c);
        }
        struct client *turn = first;
        first = NULL;
        end = &first;
        while (turn != NULL) {
            struct client *c = turn;
            turn = c->next;
            c->queued = false;
            serve(c);
        }
        for (int i = 0; i < 16 && can_accept; i++)
            welcome();
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int status = arguments(argc, argv, &address);
    if (status != 0)
        return status;
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    signals_fd = signalfd(-1, &both, SFD_NONBLOCK | SFD_CLOEXEC);
    events_fd = epoll_create1(EPOLL_CLOEXEC);
    listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    struct epoll_event a = {.events = EPOLLIN, .data.ptr = &signals_fd};
    struct epoll_event b = {.events = EPOLLIN | EPOLLET, .data.ptr = &listener};
    epoll_ctl(events_fd, EPOLL_CTL_ADD, signals_fd, &a);
    epoll_ctl(events_fd, EPOLL_CTL_ADD, listener, &b);
    say("listening on", &address);
    if (run() == -1) {
        complain("epoll_wait", &address);
        status = 1;
    }
    while (newest != NULL)
        leave(newest);
    close(listener);
    close(events_fd);
    close(signals_fd);
    return status;
}
