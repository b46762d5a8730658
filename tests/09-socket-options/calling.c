#include "calling.h"

#include "kernel/tcpinfo.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct program *serve_at(const char *host, const char *port,
                         const char *const more[])
{
    struct program_options options = {.input = NULL};
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        options.arguments[i + 2] = more[i];
    return start_server_with(SERVER, host, port, options);
}

struct program *serve(void)
{
    return serve_at("127.0.0.1", "0", NULL);
}

struct program *serve_with_buffer(int bytes)
{
    return serve_at(
        "127.0.0.1", "0",
        (const char *const[]){"--buffer", formatted("%d", bytes), NULL});
}

void call(struct peer *client, const void *bytes, size_t size)
{
    // In one piece, as of somebody who has no stall.
    unsigned char *whole = malloc(HEADER_SIZE + size);
    const uint32_t header = htonl((uint32_t)size);
    memcpy(whole, &header, sizeof header);
    if (size > 0)
        memcpy(whole + sizeof header, bytes, size);
    peer_send(client, whole, HEADER_SIZE + size);
    free(whole);
}

void call_text(struct peer *client, const char *text)
{
    call(client, text, strlen(text));
}

void expect_called(struct peer *client, const char *text)
{
    call_text(client, text);
    expect_responses(client);
}

void expect_finished(struct peer *client)
{
    peer_finish_sending(client);
    expect_hung_up(client->program, client,
                   "The client has finished, between two requests: so is the "
                   "server, with this one, and close() says so, and gives the "
                   "descriptor back.");
    expect_responses(client);
}

void expect_service(struct program *server)
{
    struct peer *client = connect_to(server);
    expect_called(client, "Is anybody there?");
    expect_finished(client);
}

void expect_complaints(struct program *server, size_t count, const char *why)
{
    expect_complaints_of(server, count, why, why);
}

static bool has_hung_up(void *subject)
{
    return is_over(subject);
}

void expect_hung_up(struct program *server, struct peer *client,
                    const char *why)
{
    const struct failure failure = {
        .wait = stage_wait(has_hung_up, client),
        .program = server,
        .peer = client,
        .awaits = AWAITS_CONNECTION_END,
        .means = why,
        .is_sure = true,
    };
    if (!is_over(client))
        expect_fail(&failure, "the end of the connection",
                    "one that is still open");
}

static int own_option(int fd, int option)
{
    int value;
    if (!tcpinfo_option(fd, SOL_SOCKET, option, &value))
        err(2, "getsockopt");
    return value;
}

static int reference_listener(int bytes, struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    inet_pton(AF_INET, peer_own_host(), &address->sin_addr);
    if (bytes != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    if (fd == -1 || bind(fd, (struct sockaddr *)address, size) == -1 ||
        listen(fd, 1) == -1 ||
        getsockname(fd, (struct sockaddr *)address, &size) == -1)
        err(2, "a listener of the grader's");
    return fd;
}

struct reference reference_of(int bytes)
{
    struct sockaddr_in address;
    struct tcpinfo info = {.scale = 0};
    int listener = reference_listener(bytes, &address);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address) == -1)
        err(2, "a connection of the grader's");
    int accepted = accept(listener, NULL, NULL);
    tcpinfo_ask(client, &info);
    const struct reference reference = {
        .receive = own_option(listener, SO_RCVBUF),
        .send = own_option(listener, SO_SNDBUF),
        .its_receive = own_option(accepted, SO_RCVBUF),
        .its_send = own_option(accepted, SO_SNDBUF),
        .scale = info.scale,
    };
    close(accepted);
    close(client);
    close(listener);
    return reference;
}

struct peer *await_rounds(void)
{
    return peer_listen(peer_own_host());
}

struct program *make_rounds(struct peer *server, const char *rounds)
{
    return start_client(CLIENT, server,
                        (struct program_options){.arguments = {[2] = rounds}});
}

struct request {
    const struct peer *server;
    size_t size;
};

static bool is_there(void *subject)
{
    const struct request *request = subject;
    return request->server->in.size >= request->size ||
           is_over(request->server);
}

void expect_request(struct program *client, struct peer *server,
                    unsigned number)
{
    struct request request = {server, number * (size_t)WHOLE_SIZE};
    struct failure failure = {
        .wait = stage_wait(is_there, &request),
        .program = client,
        .peer = server,
        .awaits = AWAITS_ITS_MESSAGE,
    };
    const char *expected =
        formatted("request %u: its length, 32, and 32 bytes", number);
    const size_t before = request.size - WHOLE_SIZE;
    const struct bytes *in = &server->in;
    uint32_t header = 0;
    if (in->size >= before + HEADER_SIZE)
        memcpy(&header, in->at + before, sizeof header);
    if (in->size >= before + HEADER_SIZE && ntohl(header) != REQUEST_SIZE) {
        failure.means = formatted("A request begins with its length, 4 bytes "
                                  "in network byte order, for 32: 0, 0, 0, 32. "
                                  "These say %u.",
                                  (unsigned)ntohl(header));
        failure.is_sure = true;
        expect_fail(&failure, expected, "another length");
    }
    if (is_over(server))
        failure.means = formatted("It has ended, and request %u was still to "
                                  "come: there are as many rounds as ROUNDS "
                                  "says, if each response is right.",
                                  number);
    if (in->size < request.size)
        expect_fail(&failure, expected, "%zu bytes of it",
                    in->size < before ? 0 : in->size - before);
    expect_quiet(client);
    failure.awaits = AWAITS_NOTHING;
    failure.is_sure = true;
    failure.means = "One round is a request, and then its response: the next "
                    "request is for when that is there.";
    if (in->size > request.size)
        expect_fail(&failure, formatted("request %u alone", number),
                    "%zu bytes behind it", in->size - request.size);
}

// The line that begins with the number of rounds; NULL if there is none.
static const char *line_of(const struct program *client, const char *rounds)
{
    const char *beginning = formatted("%s rounds in ", rounds);
    const char *line = strstr(client->out.bytes, beginning);
    if (line == NULL || (line > client->out.bytes && line[-1] != '\n'))
        return NULL;
    return line + strlen(beginning);
}

double expect_rounds(struct program *client, const char *rounds)
{
    expect_exit_status(client, 0);
    const char *line = line_of(client, rounds);
    char *end = NULL;
    double ms = 0;
    if (line != NULL && (isdigit((unsigned char)*line) || *line == '-'))
        ms = strtod(line, &end);
    if (end == NULL || strncmp(end, " ms\n", 4) != 0)
        expect_fail_line(client, formatted("%s rounds in MS ms", rounds),
                         "MS is a number of milliseconds, with a fraction or "
                         "without one, and nothing else stands in the line. ");
    return ms;
}

void expect_given_up(struct program *client, const char *why)
{
    expect_failure(client, why);
    expect_complaint(client, 1);
}
