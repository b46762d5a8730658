// What is different: poll() and a socket that doesn't wait: it sends while
// there is something to send and receives whatever has come, so that it can't
// happen that both sides wait for the other to receive.

#include "client.h"
#include "frame.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

struct exchange {
    int server;
    enum framing framing;
    char **messages;
    int count, sent, answered; // of the messages
    unsigned char out[FRAME_MAX], in[FRAME_MAX];
    size_t from, to; // what is to be sent of out
    size_t held;     // bytes of in
    bool has_finished;
};

static bool failed(const char *call)
{
    fprintf(stderr, "frame_client: %s: %s\n", call, strerror(errno));
    return false;
}

static bool has_to_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static bool send_more(struct exchange *it)
{
    if (it->from == it->to && it->sent < it->count) {
        const char *message = it->messages[it->sent++];
        it->from = 0;
        it->to = frame_encode(it->framing, message, strlen(message), it->out);
    }
    ssize_t sent =
        send(it->server, it->out + it->from, it->to - it->from, MSG_NOSIGNAL);
    if (sent == -1)
        return has_to_wait() || failed("send");
    it->from += (size_t)sent;
    if (it->from < it->to || it->sent < it->count)
        return true;
    it->has_finished = true;
    return shutdown(it->server, SHUT_WR) == 0 || failed("shutdown");
}

static bool print_answers(struct exchange *it)
{
    size_t done = 0;
    struct frame frame;
    enum frame_result result;
    while ((result = frame_decode(it->framing, it->in + done, it->held - done,
                                  &frame)) == FRAME_DONE) {
        done += frame.consumed;
        if (++it->answered > it->count) {
            fprintf(stderr, "frame_client: too many answers\n");
            return false;
        }
        fwrite(frame.message, 1, frame.size, stdout);
        putchar('\n');
    }
    if (result == FRAME_MALFORMED) {
        fprintf(stderr, "frame_client: in answer %d: %s\n", it->answered + 1,
                frame.problem);
        return false;
    }
    it->held -= done;
    memmove(it->in, it->in + done, it->held);
    return true;
}

static bool receive(struct exchange *it, bool *is_over)
{
    ssize_t got =
        recv(it->server, it->in + it->held, sizeof it->in - it->held, 0);
    if (got == -1)
        return has_to_wait() || failed("recv");
    *is_over = got == 0;
    it->held += (size_t)got;
    return print_answers(it);
}

static bool talk(struct exchange *it)
{
    bool is_over = false;
    while (!is_over) {
        struct pollfd watched = {
            it->server, it->has_finished ? POLLIN : POLLIN | POLLOUT, 0};
        if (poll(&watched, 1, -1) == -1 && errno != EINTR)
            return failed("poll");
        if ((watched.revents & ~POLLOUT) != 0 && !receive(it, &is_over))
            return false;
        if ((watched.revents & POLLOUT) != 0 && !is_over && !send_more(it))
            return false;
    }
    if (it->answered == it->count && it->held == 0)
        return true;
    fprintf(stderr,
            "frame_client: %d answers to %d messages, and %zu bytes of one\n",
            it->answered, it->count, it->held);
    return false;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "frame_client: %s %s\n"
            "usage: frame_client HOST PORT length|line|fixed MESSAGE...\n",
            problem, argument);
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    static struct exchange it;
    if (argc < 5)
        return usage("too few", "arguments");
    if (frame_find_framing(argv[3], &it.framing) == -1)
        return usage("no framing:", argv[3]);
    it.messages = argv + 4;
    it.count = argc - 4;
    for (int i = 0; i < it.count; i++) {
        const char *obstacle =
            frame_obstacle(it.framing, it.messages[i], strlen(it.messages[i]));
        if (obstacle != NULL)
            return usage("a message has", obstacle);
    }
    if (standard_open() == -1) {
        perror("frame_client: stdout");
        return EXIT_FAILURE;
    }
    it.server = client_connect("frame_client", argv[1], argv[2]);
    if (it.server == -1)
        return EXIT_FAILURE;
    const bool is_well =
        net_set_nonblocking(it.server) == 0 ? talk(&it) : failed("O_NONBLOCK");
    close(it.server);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("frame_client: stdout");
        return EXIT_FAILURE;
    }
    return is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
