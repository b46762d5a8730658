// dual: the words of lesson 03's checks.

#ifndef DUAL_H
#define DUAL_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stddef.h>

#define SERVER "dual_server"
#define CLIENT "dual_client"
#define HELLO "Hello, world"

// The one name that there is, and the name of a service.
#define NAME "made.up"
#define SERVICE "workbook"

// NAME has these addresses, in this order; ends with NULL. And SERVICE that
// port; 0: there is no service. A text that stands for a port.
void name_addresses(const char *const addresses[], unsigned service_port);
const char *port_text(const struct peer *peer);

// An address where nobody is, NUMBER from 1 on; good until the next call.
const char *dead_address(int number);

// Starts the server at HOST, where it is reached at that numeric address.
struct program *start_at(const char *host, const char *port,
                         const char *reached_at);

// The same at 127.0.0.1, and at a port that the kernel chooses.
struct program *start_here(void);

// A client comes, has an echo and goes; and the server says who that was.
void expect_served_client(struct program *server);
void expect_announced_client(struct program *server);

// The server says where it listens, and where a client has connected from; the
// client, where it has connected to.
void expect_listening_on(struct program *server);
void expect_connected_by(struct program *server, const struct peer *client);
void expect_connected_to(struct program *client, const struct peer *server);

// It has said of so many clients that they have connected, and of no more.
void expect_connected_lines(struct program *server, size_t count);

// Waits until so many lines are on its stderr, and no more.
void expect_complaints(struct program *program, size_t count);

// And one of them gives the reason of a reset.
void expect_reason_for_reset(struct program *server);

// It ends with status 1, and stderr has the resolver's own text for that error.
void expect_resolver_reason(struct program *program, int error);

// It ends with status 1 or 2 and says something about PORT, which can't be one;
// it has connected to nobody, and listens nowhere.
void expect_port_refused(struct program *program, const char *port);

// The grader's echo server, at an address that no other program uses.
struct peer *serve(void);

// Starts the client for the server that HOST leads to, and expects the whole
// exchange, and that it says to whom it is connected.
struct program *start_client_at(const char *host, struct peer *server,
                                const char *message);
void expect_exchange_with(struct peer *server, struct program *client);

// The same, to NAME and SERVICE.
struct program *start_client_by_service(struct peer *server);

// It has made so many attempts to connect; and it says so.
void expect_attempts(struct program *client, size_t count);
void expect_tried(struct program *client, size_t count);

// It has tried to connect to an IPv6 address on that link.
void expect_attempt_at_scope(struct program *client, unsigned scope);

#endif
