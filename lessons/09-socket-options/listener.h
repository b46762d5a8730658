// listener: the socket of a server that listens, with options.
//
// Nothing here prints or exits.

#ifndef LISTENER_H
#define LISTENER_H

#include "options.h"

#include <netdb.h>

enum { LISTENER_BACKLOG = 128 }; // clients that may wait to be accepted

// Opens a socket that listens on the first address of the list that it can
// have, for all of HOST "" on a socket that serves both families, if there is
// IPv6: as names_listen() does. Returns the socket, which the caller closes; -1
// with the errno of the last address that was tried.
int listener_open(const struct addrinfo *list,
                  const struct options_wishes *wishes);

#endif
