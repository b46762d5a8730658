// A blocking socket: sends all, then receives exactly the length, exactly the
// header, exactly the content, and looks at nothing behind that. Shows bytes
// as Python does: b'...'.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(const char *problem)
{
    fprintf(stderr,
            "app_client: %s\n"
            "usage: app_client HOST PORT ACTION VALUE\n",
            problem);
    return 2;
}

// Receives SIZE bytes. Returns 0; -1 after saying why not.
static int receive(int fd, void *bytes, size_t size, const char *part)
{
    char *at = bytes;
    for (size_t count = 0; count < size;) {
        ssize_t received = recv(fd, at + count, size - count, 0);
        if (received == -1 && errno == EINTR)
            continue;
        if (received == -1) {
            fprintf(stderr, "app_client: recv: %s\n", strerror(errno));
            return -1;
        }
        if (received == 0) {
            fprintf(stderr, "app_client: %zu bytes of %s are missing\n",
                    size - count, part);
            return -1;
        }
        count += (size_t)received;
    }
    return 0;
}

static int malformed(const struct codec_problem *problem)
{
    fprintf(stderr, "app_client: bad response: %s\n", problem->why);
    return -1;
}

static void show_bytes(const unsigned char *bytes, size_t size)
{
    fputs("got response: b'", stdout);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            printf("\\x%02x", bytes[i]);
        else if (bytes[i] == '\'' || bytes[i] == '\\')
            printf("\\%c", bytes[i]);
        else
            putchar(bytes[i]);
    puts("'");
}

static int show_json(const unsigned char *bytes, size_t size,
                     const char *encoding)
{
    struct codec_problem problem;
    json_t *json = codec_parse_json(bytes, size, encoding, &problem);
    if (json == NULL)
        return malformed(&problem);
    const json_t *result = json_object_get(json, "result");
    if (!json_is_string(result)) {
        fprintf(stderr, "app_client: no result in the response\n");
        json_decref(json);
        return -1;
    }
    fputs("got result: ", stdout);
    fwrite(json_string_value(result), 1, json_string_length(result), stdout);
    putchar('\n');
    json_decref(json);
    return 0;
}

static int take_response(int fd)
{
    unsigned char bytes[CODEC_PROTOHEADER_SIZE], text[CODEC_HEADER_MAX];
    size_t length;
    struct codec_header header;
    struct codec_problem problem;
    if (receive(fd, bytes, sizeof bytes, "the length") == -1)
        return -1;
    if (codec_parse_protoheader(bytes, sizeof bytes, &length, &problem) !=
        CODEC_DONE)
        return malformed(&problem);
    if (receive(fd, text, length, "the header") == -1)
        return -1;
    if (codec_parse_header(text, length, &header, &problem) != CODEC_DONE)
        return malformed(&problem);
    unsigned char *content = malloc(header.content_length + 1);
    if (content == NULL) {
        perror("app_client: response");
        return -1;
    }
    int result = receive(fd, content, header.content_length, "the content");
    if (result == 0 && strcmp(header.type, CODEC_JSON) == 0)
        result = show_json(content, header.content_length, header.encoding);
    else if (result == 0)
        show_bytes(content, header.content_length);
    free(content);
    return result;
}

static int build(struct buffer *out, const char *action, const char *value)
{
    bool is_search = strcmp(action, "search") == 0;
    json_t *json = json_pack("{s:s, s:s}", "action", "search", "value", value);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    char *both = malloc(strlen(action) + strlen(value) + 1);
    int result = -1;
    if (both != NULL)
        strcat(strcpy(both, action), value);
    if (is_search && text != NULL)
        result = codec_build(out, CODEC_JSON, "utf-8", text, strlen(text));
    if (!is_search && both != NULL)
        result = codec_build(out, "binary/custom-client-binary-type",
                             CODEC_BINARY, both, strlen(both));
    free(both);
    free(text);
    json_decref(json);
    return result;
}

static int ask(int fd, const char *action, const char *value)
{
    struct buffer request = {.memory = NULL};
    if (build(&request, action, value) == -1) {
        fprintf(stderr, "app_client: the request can't be built\n");
        return -1;
    }
    int sent = net_send_all(fd, buffer_bytes(&request), buffer_size(&request));
    buffer_free(&request);
    if (sent == -1)
        perror("app_client: send"); // but it may have answered before
    return take_response(fd);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 5)
        return usage("four arguments, please");
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("HOST or PORT can't be right");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 ||
        (connect(fd, (const struct sockaddr *)&address, sizeof address) == -1 &&
         (errno != EINTR || net_finish_connect(fd) == -1))) {
        perror("app_client: connect");
        return 1;
    }
    int result = ask(fd, argv[3], argv[4]);
    close(fd);
    if (fclose(stdout) == EOF) {
        perror("app_client: stdout");
        return 1;
    }
    return result == 0 ? 0 : 1;
}
