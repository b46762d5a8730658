// Without net.h: getaddrinfo() with AI_NUMERICHOST and AI_PASSIVE, strtol() for
// the port, getnameinfo() for the announcement, dprintf() to write it.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_port(const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == '\0' && errno == 0 &&
           number <= 65535;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
                                         AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (argc != 3 || !is_port(argv[2]) ||
        getaddrinfo(*argv[1] ? argv[1] : NULL, argv[2], &hints, &found) != 0) {
        fputs("Usage: echo_server HOST PORT\n", stderr);
        exit(2);
    }
    int s = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (s < 0)
        err(1, "socket");
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0)
        err(1, "setsockopt");
    if (bind(s, found->ai_addr, found->ai_addrlen) < 0)
        err(1, "bind");
    if (listen(s, SOMAXCONN) < 0)
        err(1, "listen");
    freeaddrinfo(found);

    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(s, (struct sockaddr *)&address, &length) < 0)
        err(1, "getsockname");
    getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port,
                sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    dprintf(STDOUT_FILENO, "listening on %s:%s\n", host, port);

    int c;
    length = sizeof address;
    do
        c = accept(s, (struct sockaddr *)&address, &length);
    while (c < 0 && errno == EINTR);
    if (c < 0)
        err(1, "accept");
    char buffer[512];
    ssize_t got;
    while ((got = TEMP_FAILURE_RETRY(recv(c, buffer, sizeof buffer, 0))) > 0)
        for (ssize_t put, done = 0; done < got; done += put) {
            put = TEMP_FAILURE_RETRY(
                send(c, buffer + done, (size_t)(got - done), MSG_NOSIGNAL));
            if (put < 0)
                err(EXIT_FAILURE, "send");
        }
    if (got < 0)
        err(EXIT_FAILURE, "recv");
    return EXIT_SUCCESS;
}
