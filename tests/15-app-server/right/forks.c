// Case: an
// A child process for each client; the parent accepts, logs, and waits for
// its children's ends (SIGCHLD in ppoll()).

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "buffer.h"
#include "codec.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 3000 };

static struct {
    pid_t pid;
    struct sockaddr_in address;
} children[MOST];
static size_t count;
static bool resting; // until a child has ended, or a second has passed
static volatile sig_atomic_t stop_wanted;

static void on_signal(int signal)
{
    if (signal != SIGCHLD)
        stop_wanted = 1;
}

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

// pselect() and its kin let a signal through only when nothing is ready. So
// that a busy server stops too, the signals are asked for in each turn.
static bool signal_waits(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
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
        char *text = response == NULL ? NULL : json_dumps(response, 0);
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

// Receives exactly SIZE bytes. Returns 1; 0 if the stream ends first; -1.
static int receive_all(int fd, void *bytes, size_t size)
{
    char *next = bytes;
    while (size > 0) {
        ssize_t got = recv(fd, next, size, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        next += got;
        size -= (size_t)got;
    }
    return 1;
}

static int refuse(const struct sockaddr_in *address, const char *why)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "app_server: request of %s refused: %s\n",
            net_address_text(address, text, sizeof text), why);
    return -1;
}

// Receives the header and the content, and answers. Returns 0; -1 if that is
// the end of it.
static int exchange(int fd, const struct sockaddr_in *address)
{
    unsigned char length[2];
    char text[CODEC_HEADER_MAX];
    struct codec_header header;
    struct codec_problem problem;
    size_t size;
    int first = receive_all(fd, length, 1);
    if (first != 1)
        return first == 0 ? -1 : refuse(address, strerror(errno));
    if (receive_all(fd, length + 1, 1) != 1)
        return refuse(address, "half a length");
    if (codec_parse_protoheader(length, 2, &size, &problem) != CODEC_DONE)
        return refuse(address, problem.why);
    if (receive_all(fd, text, size) != 1)
        return refuse(address, "half a header");
    if (codec_parse_header(text, size, &header, &problem) != CODEC_DONE)
        return refuse(address, problem.why);
    // The kernel gives no memory before it is written to.
    char *content = malloc(header.content_length + 1);
    if (content == NULL)
        return refuse(address, strerror(errno));
    struct buffer out = {.memory = NULL};
    int result = -1;
    if (receive_all(fd, content, header.content_length) != 1)
        refuse(address, "half a content");
    else if (respond(&out, &header, content, header.content_length, &problem) ==
             -1)
        refuse(address, problem.why);
    else if (net_send_all(fd, buffer_bytes(&out), buffer_size(&out)) == -1)
        refuse(address, strerror(errno));
    else
        result = 0;
    buffer_free(&out);
    free(content);
    return result;
}

static bool has_more(int client)
{
    char byte;
    ssize_t got;
    do
        got = recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (got == -1 && errno == EINTR);
    return got > 0;
}

static void converse(int client, const struct sockaddr_in *address)
{
    while (exchange(client, address) == 0 && has_more(client))
        continue;
}

static void be_child(int client, const struct sockaddr_in *address,
                     const sigset_t *mask)
{
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    converse(client, address);
    _exit(0);
}

static void welcome(int listener, const sigset_t *mask)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int client = accept(listener, (struct sockaddr *)&address, &size);
    if (client == -1) {
        if (errno == EAGAIN || errno == EINTR)
            return;
        resting = is_shortage(errno);
        complain("accept", &address);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        close(listener);
        be_child(client, &address, mask);
    }
    if (child == -1) {
        complain("fork", &address);
    } else {
        children[count].pid = child;
        children[count].address = address;
        count++;
        say("accepted connection from", &address);
    }
    close(client);
}

static void forget(pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        if (children[i].pid != pid)
            continue;
        say("closing connection to", &children[i].address);
        children[i] = children[--count];
        resting = false;
        return;
    }
}

static int run(int listener, const sigset_t *mask)
{
    while (!stop_wanted && !signal_waits()) {
        struct pollfd p = {.fd = listener, .events = POLLIN};
        bool deaf = resting || count == MOST;
        struct timespec second = {.tv_sec = 1};
        int ready = ppoll(&p, deaf ? 0 : 1, resting ? &second : NULL, mask);
        int reason = errno;
        for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
            forget(pid);
        if (ready == -1 && reason != EINTR) {
            errno = reason;
            return -1;
        }
        if (ready == 0)
            resting = false;
        if (ready > 0)
            welcome(listener, mask);
    }
    return 0;
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
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ours, &before);
    sigdelset(&before, SIGINT);
    sigdelset(&before, SIGTERM);
    sigdelset(&before, SIGCHLD);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1)
        return 1;
    say("listening on", &address);
    if (run(listener, &before) == -1) {
        complain("ppoll", &address);
        status = 1;
    }
    close(listener);
    for (size_t i = 0; i < count; i++)
        kill(children[i].pid, SIGTERM);
    while (count > 0) {
        pid_t pid = waitpid(-1, NULL, 0);
        if (pid > 0)
            forget(pid);
        else if (errno != EINTR)
            break;
    }
    return status;
}
