// What lesson 16's client says of a byte behind the response that it has not
// received with it: 12-solutions.t builds this with the solution's files. All
// is there before the client looks, and of that it takes 64 KiB at once.

#include "codec.h"
#include "message.h"
#include "selector.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { AT_ONCE = 64 * 1024 };

// Puts a response of AT_ONCE bytes into OUT.
static bool build_response(struct buffer *out)
{
    static char content[AT_ONCE];
    memset(content, 'x', sizeof content);
    for (size_t size = AT_ONCE; size > 0; size--) {
        buffer_free(out);
        if (codec_build(out, "a/b", CODEC_BINARY, content, size) == -1)
            return false;
        if (buffer_size(out) == AT_ONCE)
            return true;
    }
    return false;
}

// What becomes of the exchange if so many bytes stand behind the response.
static int receive(const struct buffer *response, size_t behind)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        return -1;
    size_t size = buffer_size(response);
    if (send(pair[1], buffer_bytes(response), size, 0) != (ssize_t)size ||
        send(pair[1], "junk", behind, 0) != (ssize_t)behind)
        return -1;
    struct message message;
    const struct sockaddr_in address = {.sin_family = AF_INET};
    message_start(&message, pair[0], &address, "search", "x");
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    message.connected = message.request_queued = true;
    int result = (int)message_process_events(&message, SELECTOR_READ);
    message_close(&message);
    return result;
}

int main(void)
{
    struct buffer response = {.memory = NULL};
    if (!build_response(&response)) {
        perror("surplus: the response");
        return 1;
    }
    int alone = receive(&response, 0), followed = receive(&response, 1);
    buffer_free(&response);
    fprintf(stderr, "surplus: alone %d, with a byte behind it %d\n", alone,
            followed);
    return alone == MESSAGE_DONE && followed == MESSAGE_FAILED ? 0 : 1;
}
