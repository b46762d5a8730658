// app_client HOST PORT ACTION VALUE
//
// Asks a server: ACTION "search" for VALUE, as JSON; any other ACTION is sent
// with VALUE right behind it, as bytes. Prints what comes back.
//
// This file is the loop. It would serve many exchanges as well as this one:
// what belongs to one is in message.c.

#include "message.h"
#include "net.h"
#include "selector.h"
#include "standard.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    SILENCE_LIMIT_MS = 30 * 1000, // a server that moves nothing is given up
};

// Says which call failed, for which address, and why (errno).
// Returns -1, so that a function can report and give up in one statement.
static int failed(const char *call, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    net_address_text(address, text, sizeof text);
    fprintf(stderr, "app_client: %s %s: %s\n", call, text, strerror(reason));
    return -1;
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// Begins to connect. How that ends, message_process_events() finds out.
// Returns the socket; -1 after saying what failed.
static int start_connection(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        return failed("socket", address);
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("starting connection to %s\n",
           net_address_text(address, text, sizeof text));
    if (net_set_nonblocking(fd) == -1 ||
        (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 &&
         errno != EINPROGRESS)) {
        failed("connect", address);
        close(fd);
        return -1;
    }
    return fd;
}

// Waits until the message can do something, and has it done.
static enum message_result take_turn(struct selector *selector,
                                     struct message *message,
                                     long long *moved_ms)
{
    long long left = *moved_ms + SILENCE_LIMIT_MS - now_ms();
    struct selector_event event;
    int ready =
        selector_modify(selector, message->channel.fd, message_events(message));
    if (ready == 0)
        ready = selector_select(selector, left > 0 ? (int)left : 0);
    if (ready == -1 && errno == EINTR)
        return MESSAGE_GOES_ON; // a signal has interrupted the waiting
    if (ready == -1) {
        failed("wait for", &message->channel.address);
        return MESSAGE_FAILED;
    }
    if (selector_next(selector, &event)) {
        *moved_ms = now_ms();
        return message_process_events(message, event.events);
    }
    errno = ETIMEDOUT;
    failed("wait for", &message->channel.address);
    return MESSAGE_FAILED;
}

// The whole exchange. Returns 0; -1 after saying why not.
static int run(struct selector *selector, struct message *message)
{
    if (selector_register(selector, message->channel.fd,
                          message_events(message), message) == -1)
        return failed("wait for", &message->channel.address);
    long long moved_ms = now_ms();
    enum message_result result;
    do
        result = take_turn(selector, message, &moved_ms);
    while (result == MESSAGE_GOES_ON);
    selector_unregister(selector, message->channel.fd);
    return result == MESSAGE_DONE ? 0 : -1;
}

static int ask(const struct sockaddr_in *address, const char *action,
               const char *value)
{
    struct selector *selector = selector_open(SELECTOR_DEFAULT);
    if (selector == NULL)
        return failed("prepare", address);
    int result = -1, fd = start_connection(address);
    if (fd != -1) {
        struct message message;
        message_start(&message, fd, address, action, value);
        result = run(selector, &message);
        message_close(&message);
    }
    selector_close(selector);
    return result;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "app_client: %s '%s'\n", problem, argument);
    fprintf(stderr, "usage: app_client HOST PORT ACTION VALUE\n");
    return EXIT_USAGE;
}

// Text in JSON is UTF-8, and an argument can be any bytes.
static bool is_utf8(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

int main(int argc, char *argv[])
{
    static const char *const names[] = {"HOST", "PORT", "ACTION", "VALUE"};
    if (argc < 5)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 5)
        return usage("one argument too many:", argv[5]);

    uint16_t port;
    if (net_parse_port(argv[2], &port) == -1)
        return usage("PORT is not a number from 0 to 65535:", argv[2]);
    struct sockaddr_in address;
    if (net_parse_address(argv[1], argv[2], &address) == -1)
        return usage("HOST is not a numeric IPv4 address:", argv[1]);
    if (strcmp(argv[3], "search") == 0 && !is_utf8(argv[4]))
        return usage("VALUE is not text in UTF-8:", argv[4]);
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("app_client: stdout");
        return EXIT_FAILURE;
    }
    // By it jansson keeps a server from making all names fall into one place of
    // a table. With the first object, there may be no descriptor to get it by.
    json_object_seed(0);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);

    int result = ask(&address, argv[3], argv[4]);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("app_client: stdout");
        return EXIT_FAILURE;
    }
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
