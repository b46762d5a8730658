// What dual's programs say of addresses, in lines of their own.

#include "dual.h"

#include "explain/naming_errors.h"
#include "stage/stage.h"
#include "words/expect_fail.h"
#include "words/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The last one that begins like that; NULL if none does.
static const char *last_line(const struct program *program,
                             const char *beginning)
{
    const char *found = NULL;
    for (const char *at = program->out.bytes;
         (at = strstr(at, beginning)) != NULL; at++)
        found = at;
    return found;
}

static bool has(const char *line, size_t length, const char *text)
{
    return memmem(line, length, text, strlen(text)) != NULL;
}

// True if the line ends with the endpoint's port.
static bool has_its_port(const char *line, size_t length,
                         const union endpoint *endpoint)
{
    char port[sizeof ":65535"];
    size_t size = (size_t)snprintf(port, sizeof port, ":%u",
                                   ntohs(endpoint->v4.sin_port));
    return length >= size && memcmp(line + length - size, port, size) == 0;
}

// Which half of an address is wrong: the host, the port or both.
static const char *meaning_of_difference(const char *line, size_t length,
                                         const union endpoint *endpoint)
{
    char host[ENDPOINT_TEXT_SIZE];
    endpoint_host(endpoint, host);
    bool has_host = has(line, length, host);
    bool has_port = has_its_port(line, length, endpoint);
    if (has_host && has_port && *line == '[')
        return "An IPv4 address stands without brackets: it has no colons that "
               "could be taken for the port's.";
    if (has_host)
        return "The host is right, and its port is not. Where a structure is "
               "copied, sin6_port goes to sin_port as it is, in network byte "
               "order; getnameinfo() makes a number of it, with "
               "NI_NUMERICSERV.";
    if (has_port)
        return "The port is right, and the host before it is not. It is "
               "written in numbers (NI_NUMERICHOST), from all bytes of the "
               "address: four of sin_addr, or sixteen of sin6_addr; and a "
               "mapped IPv4 address is bytes 12 to 15 of these, as they are.";
    return "The address is the other end's, as accept() or getpeername() fill "
           "it in, and not one's own, or one that was typed; in numbers, with "
           "its port.";
}

// The peer whose address that is, and nothing else; NULL if it is nobody's.
static const struct peer *find_peer(const char *line, size_t length)
{
    for (const struct peer *peer = stage_current()->peers; peer != NULL;
         peer = peer->next) {
        char text[ENDPOINT_TEXT_SIZE];
        endpoint_text(&peer->local, text);
        if (strlen(text) == length && memcmp(text, line, length) == 0)
            return peer;
    }
    return NULL;
}

// How many lines are BEGINNING, and then those LENGTH bytes.
static size_t count_lines(const struct program *program, const char *beginning,
                          const char *line, size_t length)
{
    char *whole = formatted("%s%.*s\n", beginning, (int)length, line);
    size_t count = 0;
    for (const char *at = program->out.bytes; (at = strstr(at, whole)) != NULL;
         at++)
        count++;
    free(whole);
    return count;
}

// The last line is another peer's; or it is the server's own address.
static const char *meaning_of_owner(const struct program *program,
                                    const char *beginning, const char *line,
                                    size_t length)
{
    const struct peer *peer = find_peer(line, length);
    if (strcmp(beginning, "connected by ") != 0)
        return NULL;
    if (peer != NULL && count_lines(program, beginning, line, length) == 1)
        return formatted("That line is client %d's, and none has come for this "
                         "one yet. Who has connected is said before the echo, "
                         "and fflush(stdout) writes it out: whoever reads it "
                         "wants to know who is there now.",
                         peer->number);
    if (peer != NULL)
        return formatted("That is client %d's address once more: print the one "
                         "that accept() has filled in for this client.",
                         peer->number);
    if (has_its_port(line, length, &program->address))
        return "That port is your server's own: getsockname() tells where a "
               "socket is itself. Where its other end is, accept() has filled "
               "in, and getpeername() tells.";
    return NULL;
}

// Bytes that a variable has before anything is stored there; gcc and clang
// fill it in with such.
static bool was_never_filled_in(const char *line, size_t length)
{
    return has(line, length, "fefe:fefe") || has(line, length, "aaaa:aaaa") ||
           has(line, length, "254.254.254.254") ||
           has(line, length, "170.170.170.170");
}

// The host is nobody's, or one of the other family.
static const char *meaning_of_host(const char *beginning, const char *line,
                                   size_t length,
                                   const union endpoint *endpoint)
{
    const char *call = strstr(beginning, "by") != NULL   ? "accept()"
                       : strstr(beginning, "to") != NULL ? "getpeername()"
                                                         : "getsockname()";
    bool has_no_port = length >= 2 && memcmp(line + length - 2, ":0", 2) == 0;
    bool is_rest = was_never_filled_in(line, length);
    if (is_rest || has(line, length, "[::]") ||
        (has_no_port && has(line, length, "0.0.0.0")))
        return formatted("That is %s. %s fills in as much as it is given room "
                         "for, and an IPv6 address takes more than an IPv4 "
                         "one. A struct sockaddr_storage has room for any; and "
                         "its whole size goes into the last argument before "
                         "each call.",
                         is_rest ? "what was in memory before, where not all "
                                   "of the address was filled in"
                                 : "not its address",
                         call);
    if (endpoint->any.sa_family == AF_INET6 &&
        memchr(line, '[', length) == NULL)
        return "Your line has an IPv4 address, and that is an IPv6 one. Only "
               "where IN6_IS_ADDR_V4MAPPED() is true does an IPv6 address "
               "stand for an IPv4 one; any other is written as it is, in "
               "brackets. Read: man 7 ipv6.";
    if (has_its_port(line, length, endpoint) && has(line, length, "0.0.0.0"))
        return "The port is right, and the host is 0.0.0.0: it was not copied, "
               "or from other bytes. Where an IPv6 address stands for an IPv4 "
               "one, the last four of its bytes are that, 12 to 15 of "
               "sin6_addr; they go to sin_addr as they are.";
    return NULL;
}

// What may be wrong about a line, by what has come of it.
static const char *meaning_of_line(const struct program *program,
                                   const char *beginning,
                                   const union endpoint *endpoint)
{
    const char *line = last_line(program, beginning), *means;
    if (line == NULL && strcmp(beginning, "connected by ") == 0)
        return "Has it been printed before the echo? And into a pipe, printf() "
               "only fills a buffer: has the line been written out by "
               "fflush(stdout) when it was to be read?";
    if (line == NULL)
        return "Into a pipe, printf() only fills a buffer: has the line been "
               "written out by fflush(stdout) when it was to be read?";
    line += strlen(beginning);
    size_t length = strcspn(line, "\n");
    means = meaning_of_naming_error(line, length);
    if (means != NULL)
        return means;
    if (has(line, length, "::ffff:"))
        return "A socket that serves both families tells of an IPv4 client by "
               "an IPv6 address, ::ffff: and the IPv4 address behind it, in its "
               "last four bytes. That is what a person knows the client by. "
               "Which addresses are such ones, IN6_IS_ADDR_V4MAPPED() tells.";
    if (memchr(line, '[', length) == NULL &&
        memchr(line, ':', length) != memrchr(line, ':', length))
        return "An IPv6 address has colons in it, so it stands in brackets "
               "where a port comes behind it: [::1]:80.";
    means = meaning_of_host(beginning, line, length, endpoint);
    if (means != NULL)
        return means;
    means = meaning_of_owner(program, beginning, line, length);
    return means != NULL ? means
                         : meaning_of_difference(line, length, endpoint);
}

static void expect_line_of(struct program *program, const char *beginning,
                           const union endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];
    endpoint_text(endpoint, text);
    char *line = formatted("%s%s\n", beginning, text);
    const char *at = strstr(program->out.bytes, line);
    if (at != NULL && (at == program->out.bytes || at[-1] == '\n')) {
        free(line);
        return;
    }
    const char *found = last_line(program, beginning);
    const struct failure failure = {
        .program = program,
        .is_sure = true,
        .means = meaning_of_line(program, beginning, endpoint),
    };
    expect_fail(&failure,
                formatted("on stdout the line \"%s%s\"", beginning, text),
                found == NULL ? "no such line" : "\"%.*s\"",
                (int)strcspn(found == NULL ? "" : found, "\n"), found);
}

void expect_connected_by(struct program *server, const struct peer *client)
{
    expect_line_of(server, "connected by ", &client->local);
}

void expect_connected_to(struct program *client, const struct peer *server)
{
    expect_line_of(client, "connected to ", &server->local);
}

void expect_listening_on(struct program *server)
{
    expect_line_of(server, "listening on ", &server->address);
}

void expect_connected_lines(struct program *server, size_t count)
{
    static const char beginning[] = "connected by ";
    size_t found = 0;
    for (const char *at = server->out.bytes;
         (at = strstr(at, beginning)) != NULL; at++)
        found += at == server->out.bytes || at[-1] == '\n';
    if (found <= count)
        return;
    const struct failure failure = {
        .program = server,
        .is_sure = true,
        .means = "Where accept() has failed, nobody has connected: there is no "
                 "address to print, and no socket for an echo. Go on with the "
                 "next accept() right away. Read: man 2 accept, \"Error "
                 "handling\".",
    };
    expect_fail(&failure,
                formatted("%zu lines that begin with \"connected by\"", count),
                "%zu", found);
}
