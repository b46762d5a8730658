// sendmsg() with the length and the header apart from the content; recvmsg()
// with MSG_WAITALL, which may end early all the same.

#include "codec.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// Says why it can't go on. Returns -1.
static int give_up(const char *what, const char *why)
{
    fprintf(stderr, "app_client: %s: %s\n", what, why);
    return -1;
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

// Moves all of the parts. Returns 0; -1 after saying why not.
static int move(int fd, bool sends, struct iovec *part, size_t parts)
{
    while (parts > 0) {
        struct msghdr message = {.msg_iov = part, .msg_iovlen = parts};
        ssize_t count = sends ? sendmsg(fd, &message, MSG_NOSIGNAL)
                              : recvmsg(fd, &message, MSG_WAITALL);
        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1)
            return give_up(sends ? "sendmsg" : "recvmsg", strerror(errno));
        if (count == 0 && !sends)
            return give_up("recvmsg", "the server has closed too early");
        size_t moved = (size_t)count;
        for (; parts > 0 && moved >= part->iov_len; part++, parts--)
            moved -= part->iov_len;
        if (parts > 0) {
            part->iov_base = (char *)part->iov_base + moved;
            part->iov_len -= moved;
        }
    }
    return 0;
}

static int take(int fd, void *bytes, size_t size)
{
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    return size == 0 ? 0 : move(fd, false, &part, 1);
}

static int send_request(int fd, char *action, char *value)
{
    bool is_search = strcmp(action, "search") == 0;
    json_t *json = json_pack("{s:s, s:s*}", "action", action, "value", value);
    char *text = is_search ? json_dumps(json, JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    if (is_search && text == NULL)
        return give_up("VALUE", strerror(EILSEQ));
    if (text != NULL) { // all of the content is in one part
        action = text;
        value = text + strlen(text);
    }
    json_t *header = json_pack(
        "{s:s, s:s, s:I, s:s, s:n}", "content-type",
        is_search ? CODEC_JSON : "binary/custom-client-binary-type",
        "content-encoding", is_search ? "UTF-8" : CODEC_BINARY,
        "content-length", (json_int_t)(strlen(action) + strlen(value)),
        "byteorder", "little", "comment");
    char *head = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    size_t length = strlen(head);
    unsigned char bytes[2] = {(unsigned char)(length >> 8),
                              (unsigned char)length};
    struct iovec parts[] = {{.iov_base = bytes, .iov_len = 2},
                            {.iov_base = head, .iov_len = length},
                            {.iov_base = action, .iov_len = strlen(action)},
                            {.iov_base = value, .iov_len = strlen(value)}};
    // Where it fails it says why; the server may have answered before.
    move(fd, true, parts, 4);
    free(head);
    free(text);
    return 0;
}

static int take_response(int fd)
{
    static unsigned char text[CODEC_HEADER_MAX];
    struct codec_problem problem;
    struct codec_header header;
    size_t length;
    if (take(fd, text, CODEC_PROTOHEADER_SIZE) == -1)
        return -1;
    if (codec_parse_protoheader(text, CODEC_PROTOHEADER_SIZE, &length,
                                &problem) != CODEC_DONE)
        return give_up("length of the header", problem.why);
    if (take(fd, text, length) == -1)
        return -1;
    if (codec_parse_header(text, length, &header, &problem) != CODEC_DONE)
        return give_up("header", problem.why);
    unsigned char *content = malloc(header.content_length + 1);
    if (content == NULL)
        return give_up("content", strerror(errno));
    int result = take(fd, content, header.content_length);
    if (result == 0)
        result = show(&header, content);
    free(content);
    return result;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 5)
        return usage("HOST, PORT, ACTION and VALUE, and nothing else");
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("not an address of IPv4");
    int fd = open_connection(&address);
    int result = fd == -1 ? -1 : send_request(fd, argv[3], argv[4]);
    if (result == 0)
        result = take_response(fd);
    if (fd != -1)
        close(fd);
    if (fflush(stdout) == EOF)
        result = give_up("stdout", strerror(errno));
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
