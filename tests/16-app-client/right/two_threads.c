// Two threads: one sends the request, the other waits for the response
// meanwhile. Both block.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Says why it can't go on. Returns -1.
static int give_up(const char *what, const char *why)
{
    fprintf(stderr, "app_client: %s: %s\n", what, why);
    return -1;
}

// Appends the request to OUT. Returns 0; -1 if it can't be built.
static int build(struct buffer *out, const char *action, const char *value)
{
    if (strcmp(action, "search") != 0) {
        struct buffer both = {.memory = NULL};
        int result = buffer_append(&both, action, strlen(action));
        if (result == 0)
            result = buffer_append(&both, value, strlen(value));
        if (result == 0)
            result = codec_build(out, "binary/custom-client-binary-type",
                                 CODEC_BINARY, buffer_bytes(&both),
                                 buffer_size(&both));
        buffer_free(&both);
        return result;
    }
    json_t *json = json_pack("{s:s, s:s}", "action", action, "value", value);
    char *text = json == NULL ? NULL : json_dumps(json, 0);
    json_decref(json);
    int result = text == NULL ? -1
                              : codec_build(out, CODEC_JSON, "utf-8", text,
                                            strlen(text));
    free(text);
    return result;
}

// Prints what the content says. Returns 0; -1 after saying why not.
static int show(const struct codec_header *header, const void *content)
{
    struct codec_problem problem;
    if (strcmp(header->type, CODEC_JSON) != 0) {
        fputs("got response: ", stdout);
        fwrite(content, 1, header->content_length, stdout);
        putchar('\n');
        return 0;
    }
    json_t *json = codec_parse_json(content, header->content_length,
                                    header->encoding, &problem);
    if (json == NULL)
        return give_up("content", problem.why);
    const json_t *result = json_object_get(json, "result");
    if (json_is_string(result)) {
        fputs("got result: ", stdout);
        fwrite(json_string_value(result), 1, json_string_length(result),
               stdout);
        putchar('\n');
    } else
        give_up("content", "no text is its result");
    int status = json_is_string(result) ? 0 : -1;
    json_decref(json);
    return status;
}

// Returns a connected socket; -1 after saying why not.
static int open_connection(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return give_up("socket", strerror(errno));
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        (errno == EINTR && net_finish_connect(fd) == 0))
        return fd;
    give_up("connect", strerror(errno));
    close(fd);
    return -1;
}

static int usage(const char *problem)
{
    fprintf(stderr,
            "app_client: %s\n"
            "usage: app_client HOST PORT ACTION VALUE\n",
            problem);
    return 2;
}

struct job {
    int fd, reason;
    struct buffer *request;
};

static void *send_request(void *argument)
{
    struct job *job = argument;
    if (net_send_all(job->fd, buffer_bytes(job->request),
                     buffer_size(job->request)) == -1)
        job->reason = errno;
    return NULL;
}

static int take_response(int fd, struct buffer *in)
{
    struct codec_message message;
    struct codec_problem problem;
    enum codec_result result;
    while ((result = codec_parse(buffer_bytes(in), buffer_size(in), &message,
                                 &problem)) == CODEC_NEED_MORE) {
        char bytes[8192];
        ssize_t count = recv(fd, bytes, sizeof bytes, 0);
        if (count == 0)
            return give_up("response", "only a part of it has come");
        if (count == -1 && errno != EINTR)
            return give_up("recv", strerror(errno));
        if (count > 0 && buffer_append(in, bytes, (size_t)count) == -1)
            return give_up("response", strerror(errno));
    }
    if (result == CODEC_DONE && buffer_size(in) > message.size)
        return give_up("response", "more has come than the whole of it");
    return result == CODEC_DONE ? show(&message.header, message.content)
                                : give_up("response", problem.why);
}

static int exchange(int fd, struct buffer *request)
{
    struct job job = {.fd = fd, .request = request};
    struct buffer in = {.memory = NULL};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, send_request, &job);
    if (error != 0)
        return give_up("thread", strerror(error));
    int result = take_response(fd, &in);
    shutdown(fd, SHUT_RDWR); // the other thread may wait to send
    pthread_join(thread, NULL);
    // EPIPE may be of that shutdown().
    if (result == -1 && job.reason != 0 && job.reason != EPIPE)
        give_up("send", strerror(job.reason));
    buffer_free(&in);
    return result;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    struct buffer request = {.memory = NULL};
    if (argc != 5)
        return usage("HOST, PORT, ACTION and VALUE, and nothing else");
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("not an address of IPv4");
    if (build(&request, argv[3], argv[4]) == -1)
        return usage("ACTION or VALUE can't be sent");
    int fd = open_connection(&address);
    int result = fd == -1 ? -1 : exchange(fd, &request);
    buffer_free(&request);
    if (fd != -1)
        close(fd);
    if (fflush(stdout) == EOF)
        result = give_up("stdout", strerror(errno));
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
