// What a request has to be: RFC 9112.

#include "fetching.h"

#include "words/content.h"
#include "words/expect_fail.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool is_asked(const struct peer *server)
{
    const struct bytes *in = &server->in;
    return memmem(in->at, in->size, "\r\n\r\n", 4) != NULL ||
           memmem(in->at, in->size, "\n\n", 2) != NULL;
}

static bool has_request(void *subject)
{
    const struct peer *server = subject;
    return is_asked(server) || is_over(server);
}

// How many lines begin with that name and a colon; *value is the last one's.
static size_t count_fields(const char *request, const char *name,
                           const char **value)
{
    size_t count = 0;
    const size_t size = strlen(name);
    for (const char *line = request; (line = strchr(line, '\n')) != NULL;) {
        line++;
        if (strncasecmp(line, name, size) != 0 || line[size] != ':')
            continue;
        count++;
        *value = line + size + 1;
    }
    return count;
}

static bool has_bare_newline(const char *request)
{
    for (const char *at = request; (at = strchr(at, '\n')) != NULL; at++)
        if (at == request || at[-1] != '\r')
            return true;
    return false;
}

// PATH as it may be written, too: what is no ASCII, in percent (RFC 3986, 2.1).
static const char *in_percent(const char *path)
{
    char *text = malloc(3 * strlen(path) + 1), *to = text;
    for (; text != NULL && *path != '\0'; path++)
        to += sprintf(to, (unsigned char)*path < 0x80 ? "%c" : "%%%02X",
                      (unsigned char)*path);
    return text;
}

// True if that is how the Host field has to be: HOST, and PORT, a number, which
// only 80 need not be told.
static bool is_host(const char *value, const char *host, uint16_t port)
{
    const char *wanted =
        formatted(strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
    const size_t size = strcspn(value, "\r");
    const char *begin = value + strspn(value, " \t");
    size_t length = size - (size_t)(begin - value);
    while (length > 0 &&
           (begin[length - 1] == ' ' || begin[length - 1] == '\t'))
        length--;
    return length == strlen(wanted) && strncasecmp(begin, wanted, length) == 0;
}

// Returns what is wrong with it; NULL if nothing is.
static const char *find_fault(const char *request, const char *host,
                              uint16_t port, const char *path)
{
    const char *value = NULL;
    const char *first = formatted("GET %s HTTP/1.", path);
    if (strncmp(request, first, strlen(first)) != 0)
        first = formatted("GET %s HTTP/1.", in_percent(path));
    if (strncmp(request, "GET ", 4) != 0)
        return "It begins with the method, GET, and one blank.";
    if (strncmp(request, first, strlen(first)) != 0)
        return "Behind GET and a blank comes PATH as it was given, a blank, "
               "and HTTP/1.1 (or HTTP/1.0).";
    const char *version = request + strlen(first);
    if ((*version != '0' && *version != '1') || version[1] != '\r')
        return "Its first line ends with HTTP/1.1 (or HTTP/1.0), and \\r\\n.";
    if (has_bare_newline(request))
        return "Each line of it ends with \\r\\n: a newline alone is no end of "
               "a line to all servers.";
    const size_t hosts = count_fields(request, "Host", &value);
    if (hosts != 1 && !(hosts == 0 && *version == '0'))
        return "A request of HTTP/1.1 has one field \"Host: \": a server has "
               "many hosts, and answers 400 to who names none.";
    if (hosts == 1 && !is_host(value, host, port))
        return formatted(
            "\"Host: \" has the HOST that was given, and behind a colon the "
            "port, as a number, %u here (only 80 may be left out); an IPv6 "
            "address stands in brackets there. RFC 9110, 7.2.",
            port);
    return NULL;
}

// What it means that not all of it has come.
static const char *meaning_of_part(const struct program *client,
                                   const struct peer *server, const char *why)
{
    const char *unsent = meaning_of_unsent(client);
    if (server->in.size > 0 && unsent != NULL)
        return unsent;
    if (server->in.size > 0)
        return formatted(
            "Of the request %zu bytes have come, and not all of them: send() "
            "takes what there is room for, and returns how much that was. "
            "Offer it the rest, until there is none.",
            server->in.size);
    const char *early = meaning_of_early_end(client);
    return early != NULL ? early : why;
}

void expect_request_because(struct program *client, struct peer *server,
                            const char *host, const char *path, const char *why)
{
    struct failure failure = {
        .wait = stage_wait(has_request, server),
        .program = client,
        .peer = server,
        .awaits = AWAITS_ITS_MESSAGE,
    };
    if (!is_asked(server))
        stage_settle(); // it may be about to end
    failure.means = meaning_of_part(client, server, why);
    failure.is_sure = meaning_of_early_end(client) != NULL;
    static const char expected[] = "a whole request, with an empty line behind "
                                   "its header";
    if (!is_asked(server))
        expect_fail(&failure, expected, "%zu bytes", server->in.size);
    char *request = formatted("%.*s", (int)server->in.size, server->in.at);
    const char *fault =
        find_fault(request, host, ntohs(server->local.v4.sin_port), path);
    char got[SUMMARY_SIZE];
    failure.means = fault;
    failure.is_sure = true;
    if (fault != NULL)
        expect_fail(&failure, "a request that any server understands", "%s",
                    show_bytes(got, "", request, strlen(request), 120));
    const char *end = strstr(request, "\r\n\r\n");
    failure.means = "A GET ends with the empty line: what comes behind it is "
                    "taken for the next request. Are more bytes sent than the "
                    "request has, the zero at its end, say?";
    if (end == NULL || end[4] != '\0' || strlen(request) < server->in.size)
        expect_fail(&failure, "nothing behind the request", "more");
    free(request);
}

void expect_request(struct program *client, struct peer *server,
                    const char *host, const char *path)
{
    expect_request_because(client, server, host, path, NULL);
}
