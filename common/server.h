// server: a server of one client after another, as lesson 03 has you write one.

#ifndef SERVER_H
#define SERVER_H

// Serves the client of a connected socket, to its end. CLIENT is its address,
// for what is to be said of it on stderr. The caller closes the socket.
typedef void server_serve(int fd, const char *client);

// Listens on HOST and PORT as names_find() takes them, and says so on stdout,
// "listening on HOST:PORT". Serves one client after another until SIGINT or
// SIGTERM ends the process with status 0.
// NAME is the program's, for what is said on stderr if it fails.
// Returns the exit status then, EXIT_FAILURE.
int server_run(const char *name, const char *host, const char *port,
               server_serve *serve);

#endif
