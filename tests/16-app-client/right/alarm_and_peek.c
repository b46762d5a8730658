// A blocking socket and alarm(): SIGALRM ends 20 seconds of silence. Looks at
// the second byte with MSG_PEEK before it takes it with the header. Looks, at
// the end, whether more has come, and says so.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
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

enum { LIMIT_S = 20 };

static volatile sig_atomic_t is_late;

static void be_late(int signal_number)
{
    (void)signal_number;
    is_late = 1;
}

// Receives once. Returns how many; -1 after saying why not.
static ssize_t take_some(int fd, void *bytes, size_t size, int flags)
{
    for (;;) {
        ssize_t count = recv(fd, bytes, size, flags);
        if (count > 0) {
            alarm(LIMIT_S); // it moves
            return count;
        }
        if (count == 0)
            return give_up("recv", "0 bytes, too early");
        if (errno != EINTR)
            return give_up("recv", strerror(errno));
        if (is_late)
            return give_up("recv", "nothing for 20 seconds");
    }
}

static int take(int fd, unsigned char *bytes, size_t size)
{
    for (size_t have = 0; have < size;) {
        ssize_t count = take_some(fd, bytes + have, size - have, 0);
        if (count == -1)
            return -1;
        have += (size_t)count;
    }
    return 0;
}

static int exchange(int fd, struct buffer *request)
{
    static unsigned char text[CODEC_PROTOHEADER_SIZE + CODEC_HEADER_MAX];
    struct codec_problem problem;
    struct codec_header header;
    size_t length;
    struct sigaction action = {.sa_handler = be_late};
    sigaction(SIGALRM, &action, NULL);
    alarm(LIMIT_S);
    if (net_send_all(fd, buffer_bytes(request), buffer_size(request)) == -1)
        give_up("send", strerror(errno)); // an answer may have come
    if (take(fd, text, 1) == -1)
        return -1;
    if (take_some(fd, text + 1, 1, MSG_PEEK) == -1)
        return -1;
    if (codec_parse_protoheader(text, CODEC_PROTOHEADER_SIZE, &length,
                                &problem) != CODEC_DONE)
        return give_up("length", problem.why);
    if (take(fd, text + 1, 1 + length) == -1)
        return -1;
    if (codec_parse_header(text + CODEC_PROTOHEADER_SIZE, length, &header,
                           &problem) != CODEC_DONE)
        return give_up("header", problem.why);
    unsigned char *content = malloc(header.content_length + 1);
    if (content == NULL)
        return give_up("content", strerror(errno));
    int result = take(fd, content, header.content_length);
    if (result == 0)
        result = show(&header, content);
    free(content);
    char more;
    if (result == 0 && recv(fd, &more, 1, MSG_DONTWAIT) == 1)
        fputs("app_client: there is more behind the response\n", stderr);
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
