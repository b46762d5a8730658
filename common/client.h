// client: what a client begins with, as lesson 03 has you write it.

#ifndef CLIENT_H
#define CLIENT_H

// Connects to HOST and PORT as names_find() takes them: to the first of its
// addresses that answers. NAME is the program's, for what is said on stderr.
// Returns the socket, which the caller closes; -1 after saying what failed.
int client_connect(const char *name, const char *host, const char *port);

#endif
