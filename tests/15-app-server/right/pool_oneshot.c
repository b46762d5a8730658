// Four threads that share one epoll; each event is given out once
// (EPOLLONESHOT), so that one thread at a time has a client.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // for pipe2()
#endif
#include "buffer.h"
#include "codec.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
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
            response == NULL ? NULL : json_dumps(response, JSON_COMPACT);
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

// Receives once. Returns -1 if the connection is lost.
static int receive(struct session *s, int fd)
{
    char bytes[8192];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got == 0)
        s->ended = true;
    if (got == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return buffer_append(&s->in, bytes, (size_t)got);
}

// Sends once. Returns -1 if the connection is lost.
static int deliver(struct session *s, int fd)
{
    if (buffer_size(&s->out) == 0)
        return 0;
    ssize_t put =
        send(fd, buffer_bytes(&s->out), buffer_size(&s->out), MSG_NOSIGNAL);
    if (put == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    buffer_drop(&s->out, (size_t)put);
    return 0;
}

struct client {
    struct client *older, *newer;
    int fd;
    struct sockaddr_in address;
    struct session session;
};

enum { THREADS = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct client *newest;
static int listener, events_fd, stop_pipe[2];
static bool full; // the listener waits for a client to leave, or a second

static void wait_for(int command, int fd, void *data, unsigned events)
{
    struct epoll_event event = {.events = events | EPOLLONESHOT,
                                .data.ptr = data};
    if (epoll_ctl(events_fd, command, fd, &event) == -1)
        perror("app_server: epoll_ctl");
}

// With the lock.
static void listen_again(void)
{
    if (full)
        wait_for(EPOLL_CTL_MOD, listener, &listener, EPOLLIN);
    full = false;
}

static void leave(struct client *c)
{
    pthread_mutex_lock(&lock);
    say("closing connection to", &c->address);
    if (c->newer != NULL)
        c->newer->older = c->older;
    else
        newest = c->older;
    if (c->older != NULL)
        c->older->newer = c->newer;
    close(c->fd);
    listen_again();
    pthread_mutex_unlock(&lock);
    free_session(&c->session);
    free(c);
}

static void welcome(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    pthread_mutex_lock(&lock);
    int fd = net_accept(listener, &address);
    struct client *c = NULL;
    if (fd == -1) {
        full = is_shortage(errno);
        if (errno != EAGAIN && errno != EINTR)
            complain("accept", &address);
    } else if ((c = calloc(1, sizeof *c)) == NULL) {
        complain("calloc for", &address);
        close(fd);
    } else {
        *c = (struct client){.fd = fd, .address = address, .older = newest};
        if (newest != NULL)
            newest->newer = c;
        newest = c;
        say("accepted connection from", &address);
        wait_for(EPOLL_CTL_ADD, fd, c, EPOLLIN);
    }
    if (!full)
        wait_for(EPOLL_CTL_MOD, listener, &listener, EPOLLIN);
    pthread_mutex_unlock(&lock);
}

static void serve(struct client *c)
{
    struct session *s = &c->session;
    bool lost = buffer_size(&s->out) == 0 && receive(s, c->fd) == -1;
    if (!lost) {
        answer_all(s, &c->address);
        lost = deliver(s, c->fd) == -1;
    }
    if (lost)
        complain("lost", &c->address);
    if (lost || is_over(s, c->fd))
        leave(c);
    else
        wait_for(EPOLL_CTL_MOD, c->fd, c,
                 buffer_size(&s->out) > 0 ? EPOLLOUT : EPOLLIN);
}

// Waits for an event. Returns false if there was none.
static bool wait_for_one(struct epoll_event *event)
{
    pthread_mutex_lock(&lock);
    int timeout_ms = full ? 1000 : -1;
    pthread_mutex_unlock(&lock);
    int ready = epoll_wait(events_fd, event, 1, timeout_ms);
    if (ready == 0) {
        pthread_mutex_lock(&lock);
        listen_again();
        pthread_mutex_unlock(&lock);
    }
    return ready == 1;
}

static void *work(void *unused)
{
    for (;;) {
        struct epoll_event event;
        if (!wait_for_one(&event))
            continue;
        if (event.data.ptr == stop_pipe)
            return unused;
        if (event.data.ptr == &listener)
            welcome();
        else
            serve(event.data.ptr);
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
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    events_fd = epoll_create1(EPOLL_CLOEXEC);
    listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    if (events_fd == -1 || pipe2(stop_pipe, O_CLOEXEC) == -1) {
        complain("prepare for", &address);
        return 1;
    }
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = stop_pipe};
    epoll_ctl(events_fd, EPOLL_CTL_ADD, stop_pipe[0], &stop);
    wait_for(EPOLL_CTL_ADD, listener, &listener, EPOLLIN);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            return 1;
    say("listening on", &address);
    int number;
    while (sigwait(&both, &number) != 0)
        continue;
    close(stop_pipe[1]); // all threads see the end of it
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    while (newest != NULL)
        leave(newest);
    close(listener);
    close(events_fd);
    close(stop_pipe[0]);
    return status;
}
