// fetch HOST PORT PATH [SECONDS]
//
// Asks an HTTP/1.1 server for PATH, and prints its response as it comes, header
// included. All of it, connecting, sending and receiving, has to be done within
// SECONDS, 5 if left out; fractions are allowed.
//
// What it knowingly leaves out: a limit for getaddrinfo(3), which has its own
// (resolv.conf(5)); to try the next address while one has not answered yet (RFC
// 8305); chunked responses, which it prints with what is around the chunks.

#include "deadline.h"
#include "http.h"
#include "names.h"
#include "printable.h"
#include "standard.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    PIECE_SIZE = 16384, // how much is received at most in a call
};

static const char *seconds = "5"; // SECONDS, for what is said of it

// Says which phase has failed, "connect 127.0.0.1:81", say, and why; LATE is
// what there was not, if the time is over.
static void say_failed(const char *phase, const char *late)
{
    if (errno == ETIME)
        fprintf(stderr, "fetch: %s: %s within %s s\n", phase, late, seconds);
    else
        fprintf(stderr, "fetch: %s: %s\n", phase, strerror(errno));
}

// Closes a socket that is of no use. Returns -1 with the errno that there was.
static int give_up(int fd)
{
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

// Waits until a connection attempt that goes on in the kernel has ended.
// Returns 0 if the socket is connected now; -1 with connect's errno, or ETIME.
static int finish_connect(int fd, const struct deadline *deadline)
{
    // It is writable then, whether the attempt succeeded or not.
    if (deadline_wait(fd, POLLOUT, deadline) == -1)
        return -1;
    int error;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        return -1;
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

// Connects to one address. Returns the socket, which is non-blocking, and which
// the caller closes; -1 with errno, ETIME if the time is over.
static int connect_to(const struct addrinfo *one,
                      const struct deadline *deadline)
{
    int fd =
        socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
               one->ai_protocol);
    if (fd == -1)
        return -1;
    int result = connect(fd, one->ai_addr, one->ai_addrlen);
    if (result == -1 && (errno == EINPROGRESS || errno == EINTR))
        result = finish_connect(fd, deadline);
    return result == 0 ? fd : give_up(fd);
}

// Connects to the addresses of a list, one after the other, until one answers
// or the time is over. Returns the socket, as connect_to() does; -1 with the
// errno of the last attempt. *tried is the last address that was tried.
static int connect_any(const struct addrinfo *list,
                       const struct deadline *deadline,
                       const struct addrinfo **tried)
{
    int fd = -1;
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next) {
        *tried = one;
        fd = connect_to(one, deadline);
        if (fd != -1 || errno == ETIME)
            break;
    }
    return fd;
}

// Sends all SIZE bytes over a non-blocking socket.
// Returns 0; -1 with errno, ETIME if the time is over.
static int send_all_by(int fd, const char *bytes, size_t size,
                       const struct deadline *deadline)
{
    while (size > 0) {
        if (deadline_wait(fd, POLLOUT, deadline) == -1)
            return -1;
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent == -1 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (sent == -1)
            return -1;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

// Receives a response from a non-blocking socket, and prints it, until it is
// over. Returns 0; -1 with errno, ETIME if the time is over before.
static int receive_by(int fd, struct http_response *response,
                      const struct deadline *deadline)
{
    char bytes[PIECE_SIZE];
    while (!http_is_over(response)) {
        if (deadline_wait(fd, POLLIN, deadline) == -1)
            return -1;
        ssize_t received = recv(fd, bytes, sizeof bytes, 0);
        if (received == -1 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (received == -1)
            return -1;
        if (received == 0)
            http_end(response);
        // An error on stdout stays set: it is asked for once, at the end.
        fwrite(bytes, 1, http_take(response, bytes, (size_t)received), stdout);
    }
    return 0;
}

// Returns EXIT_SUCCESS if the response is complete, and EXIT_FAILURE after
// saying what is wrong with it.
static int judge(const struct http_response *response)
{
    if (response->state == HTTP_COMPLETE)
        return EXIT_SUCCESS;
    if (response->state == HTTP_MALFORMED)
        fprintf(stderr, "fetch: the response is malformed: %s\n",
                response->problem);
    else if (response->has_length)
        fprintf(stderr,
                "fetch: the response ended after %" PRIu64 " of %" PRIu64
                " bytes\n",
                response->content, response->length);
    else
        fprintf(stderr,
                "fetch: the response ended after %zu bytes of its header\n",
                response->header_size);
    return EXIT_FAILURE;
}

// Writes the request for PATH; any of HOST's addresses has its port.
// Returns it, to be freed; NULL with errno.
static char *write_request(const char *host, const struct addrinfo *address,
                           const char *path)
{
    char port[sizeof "65535"];
    if (getnameinfo(address->ai_addr, address->ai_addrlen, NULL, 0, port,
                    sizeof port, NI_NUMERICSERV) == 0)
        return http_write_request(host, port, path);
    errno = EINVAL;
    return NULL;
}

// Says that none of the addresses has answered.
static int connect_failed(const struct addrinfo *tried)
{
    const int reason = errno;
    char address[NAMES_TEXT_SIZE], phase[sizeof "connect " + NAMES_TEXT_SIZE];
    names_text(tried->ai_addr, tried->ai_addrlen, address);
    snprintf(phase, sizeof phase, "connect %s", address);
    errno = reason;
    say_failed(phase, "no answer");
    return EXIT_FAILURE;
}

// Has one exchange with a connected server. Returns the exit status.
static int exchange(int server, const char *request,
                    const struct deadline *deadline)
{
    static struct http_response response;
    if (send_all_by(server, request, strlen(request), deadline) == -1) {
        say_failed("send", "the server did not take all of it");
        return EXIT_FAILURE;
    }
    http_begin(&response);
    if (receive_by(server, &response, deadline) == -1) {
        say_failed("receive",
                   response.header_size == 0 ? "no answer" : "no whole answer");
        return EXIT_FAILURE;
    }
    return judge(&response);
}

// Fetches PATH from the first of the addresses that answers, within that many
// nanoseconds. Returns the exit status.
static int fetch(const char *host, const struct addrinfo *list,
                 const char *path, int64_t limit_ns)
{
    char *request = write_request(host, list, path);
    if (request == NULL) {
        perror("fetch: request");
        return EXIT_FAILURE;
    }
    const struct deadline deadline = deadline_after(limit_ns);
    const struct addrinfo *tried;
    int status;
    int server = connect_any(list, &deadline, &tried);
    if (server == -1) {
        status = connect_failed(tried);
    } else {
        status = exchange(server, request, &deadline);
        close(server);
    }
    free(request);
    return status;
}

static int usage(const char *problem, const char *argument)
{
    char text[80];
    fprintf(stderr, "fetch: %s '%s'\n", problem,
            printable(argument, strlen(argument), PRINTABLE_BYTES, text,
                      sizeof text));
    fprintf(stderr, "usage: fetch HOST PORT PATH [SECONDS]\n");
    return EXIT_USAGE;
}

// It would end a line of the request, or a word of one.
static bool has_blank(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

// Returns EXIT_SUCCESS if all arguments can be right, with SECONDS in
// nanoseconds in *limit_ns; and EXIT_USAGE after saying which can't.
static int check_arguments(int argc, char *argv[], int64_t *limit_ns)
{
    static const char *const names[] = {"HOST", "PORT", "PATH"};
    if (argc < 4)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 5)
        return usage("one argument too many:", argv[5]);
    if (has_blank(argv[1]))
        return usage("HOST has a blank or a control character:", argv[1]);
    if (argv[3][0] != '/')
        return usage("PATH does not begin with '/':", argv[3]);
    if (has_blank(argv[3]))
        return usage("PATH has a blank or a control character:", argv[3]);
    if (argc == 5)
        seconds = argv[4];
    if (deadline_parse(seconds, limit_ns) == 0)
        return EXIT_SUCCESS;
    return usage(errno == ERANGE ? "SECONDS is too much:"
                                 : "SECONDS is no number of seconds:",
                 seconds);
}

int main(int argc, char *argv[])
{
    int64_t limit_ns;
    int status = check_arguments(argc, argv, &limit_ns);
    if (status != EXIT_SUCCESS)
        return status;
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("fetch: stdout");
        return EXIT_FAILURE;
    }
    struct addrinfo *list;
    int error = names_find(argv[1], argv[2], 0, &list);
    if (error != 0) {
        fprintf(stderr, "fetch: HOST '%s', PORT '%s': %s\n", argv[1], argv[2],
                names_reason(error));
        return EXIT_FAILURE;
    }
    status = fetch(argv[1], list, argv[3], limit_ns);
    freeaddrinfo(list);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("fetch: stdout");
        return EXIT_FAILURE;
    }
    return status;
}
