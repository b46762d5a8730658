// resolver: what getaddrinfo(3) does in a program's name. It opens files, which
// can be others than this machine's; and sockets, which are libc's own: nobody
// is to see them in the trace, and no weather is to meet them.

#ifndef RESOLVER_H
#define RESOLVER_H

#include "trace/trace.h"
#include "tracer/connections.h"
#include "tracer/sites.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { RESOLVER_FILES = 4 };

struct resolver {
    bool is_made; // the files below are the programs', and no others
    char path[RESOLVER_FILES][PATH_MAX];
    struct connections sockets; // libc's own
};

// Makes names that only the programs know which are started from here on: HOSTS
// has them as hosts(5), SERVICES as services(5). Nobody else is asked, whatever
// nsswitch.conf(5) says here. Takes the place of those that were made before.
// Returns 0; -1 with errno.
int resolver_make(struct resolver *resolver, const char *hosts,
                  const char *services);

// Removes the files.
void resolver_free(struct resolver *resolver);

// At the entry of open(2) or its kin: returns the path that takes the place of
// the one that is to be opened; NULL if none does.
const char *resolver_opens(const struct resolver *resolver,
                           const struct call *call);

// At the entry of socket(2): returns true if it is libc's own, as libc calls it
// for itself. And of any other call: true if it is about such a socket.
bool resolver_makes_socket(struct sites *sites, const struct call *call,
                           uint64_t stack_pointer);
bool resolver_uses_socket(struct resolver *resolver, const struct call *call);

#endif
