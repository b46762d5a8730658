#include "client.h"

#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int client_connect(const char *name, const char *host, const char *port)
{
    struct addrinfo *list;
    int error = names_find(host, port, 0, &list);
    if (error != 0) {
        fprintf(stderr, "%s: HOST '%s', PORT '%s': %s\n", name, host, port,
                names_reason(error));
        return -1;
    }
    int tried;
    int server = names_connect(list, &tried);
    if (server == -1)
        fprintf(stderr,
                "%s: connect to HOST '%s', PORT '%s': addresses tried: %d; "
                "the last: %s\n",
                name, host, port, tried, strerror(errno));
    freeaddrinfo(list);
    return server;
}
