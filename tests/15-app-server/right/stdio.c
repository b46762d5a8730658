// A detached thread for each client, which reads its socket by stdio,
// whose buffer holds the next request perhaps; one more thread
// accepts, and main() waits for the signals.

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
#include <sys/ioctl.h>
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
    fprintf(stderr, "app_server: %s %s: %s\n", call,
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

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static void leave(struct client *c, FILE *in)
{
    pthread_mutex_lock(&lock);
    say("closing connection to", &c->address);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        clients = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (in != NULL)
        fclose(in);
    else
        close(c->fd);
    free(c);
    pthread_cond_broadcast(&left);
    pthread_mutex_unlock(&lock);
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

// Reads exactly SIZE bytes. A signal ends an fread() early; it goes on then.
static bool read_all(FILE *in, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        errno = 0;
        done += fread((char *)bytes + done, 1, size - done, in);
        if (done < size && (feof(in) || errno != EINTR))
            return false;
        clearerr(in);
    }
    return true;
}

// Reads SIZE bytes into CONTENT, which grows as they come.
static bool read_content(FILE *in, struct buffer *content, size_t size)
{
    enum { PIECE = 16 * 1024 };
    while (size > 0) {
        size_t part = size < PIECE ? size : PIECE;
        void *place = buffer_reserve(content, part);
        if (place == NULL || !read_all(in, place, part))
            return false;
        buffer_added(content, part);
        size -= part;
    }
    return true;
}

static int refuse(const struct sockaddr_in *address, const char *why)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "app_server: request of %s refused: %s\n",
            net_address_text(address, text, sizeof text), why);
    return -1;
}

// Reads a request and sends its response. Returns 0; -1 if that is the end.
static int exchange(FILE *in, const struct sockaddr_in *address)
{
    unsigned char length[2];
    char text[CODEC_HEADER_MAX];
    struct codec_header header;
    struct codec_problem problem;
    size_t size;
    if (!read_all(in, length, 1))
        return ferror(in) ? refuse(address, strerror(errno)) : -1;
    if (!read_all(in, length + 1, 1))
        return refuse(address, "half a length");
    if (codec_parse_protoheader(length, 2, &size, &problem) != CODEC_DONE)
        return refuse(address, problem.why);
    if (!read_all(in, text, size))
        return refuse(address, "half a header");
    if (codec_parse_header(text, size, &header, &problem) != CODEC_DONE)
        return refuse(address, problem.why);
    struct buffer content = {.memory = NULL}, response = {.memory = NULL};
    int result = -1;
    if (!read_content(in, &content, header.content_length))
        refuse(address, "half a content");
    else if (respond(&response, &header, buffer_bytes(&content),
                     header.content_length, &problem) == -1)
        refuse(address, problem.why);
    else if (net_send_all(fileno(in), buffer_bytes(&response),
                          buffer_size(&response)) == -1)
        refuse(address, strerror(errno));
    else
        result = 0;
    buffer_free(&response);
    buffer_free(&content);
    return result;
}

// True if the next request has begun: in the stream's buffer, or at the socket.
static bool has_more(FILE *in, int fd)
{
    int waiting = 0;
    return in->_IO_read_ptr < in->_IO_read_end ||
           (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0);
}

static void *serve(void *argument)
{
    struct client *c = argument;
    FILE *in = fdopen(c->fd, "r");
    if (in == NULL)
        complain("fdopen", &c->address);
    else
        while (exchange(in, &c->address) == 0 && has_more(in, c->fd))
            continue;
    leave(c, in);
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
        leave(c, NULL);
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
        perror("app_server: standard output");
        return 1;
    }
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, NULL); // all threads inherit this
    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, 512 * 1024);
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
    int number;
    while (sigwait(&both, &number) != 0)
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
