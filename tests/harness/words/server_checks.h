// server_checks: what checks of several lessons' servers do. Each is the body
// of a check; what it promises, its points and its hint stand in the lesson,
// which gives the NAME of its program and how it sees that a server serves.

#ifndef SERVER_CHECKS_H
#define SERVER_CHECKS_H

#include "stage/peer.h"
#include "stage/program.h"

// Expects that the server serves a client that comes now.
typedef void expect_served(struct program *server);

// It announces itself once it can be connected to.
void server_announces_itself(const char *name);

// It listens at the HOST and PORT that it is told, and not at another HOST; and
// for HOST "" at all.
void server_listens_where_told(const char *name, expect_served *expect_service);
void server_listens_everywhere(const char *name, expect_served *expect_service);

// Killed while it talked with a client, its port is in use; and it can be
// started again.
void server_restarts_at_once(const char *name, expect_served *expect_service);

// It says so if another one has its port.
void server_reports_a_busy_port(const char *name);

// It says so if it can't even have a socket, or if bind() or listen() fails.
void server_reports_no_socket(const char *name);

// It says so if its wait for any of several sockets fails for good; one that
// has no such wait is left alone.
void server_reports_a_failed_wait(const char *name);

// It ends well at that signal; and at one that comes right behind its
// announcement.
void stop_server(struct program *server, int signal);
void server_stops_once_announced(const char *name, int signal);

// It ends well at SIGTERM: while sockets are ready all the time; and right
// before it begins to wait.
void server_stops_while_busy(const char *name);
void server_stops_before_it_waits(const char *name);

// accept() fails once, with an error of one connection's way here or for want
// of memory: the next client is served.
void server_survives_lost_connections(const char *name,
                                      expect_served *expect_service);

// accept() fails for want of a descriptor, for half an hour, and no client is
// there whose end could change that: it rests meanwhile, and serves those who
// wait when that is over.
void server_survives_a_full_machine(const char *name, int error,
                                    expect_served *expect_service);

// The same, where it may end instead, with the reason; but not try for ever.
void server_rests_or_ends_when_full(const char *name);

// With LIMIT descriptors and more clients than that, CLIENTS, it rests, and
// serves the first one on, and new ones once the others are gone.
struct crowd {
    const char *name;
    int limit, clients;
    struct peer *(*begin)(struct program *server);
    void (*go_on)(struct program *server, struct peer *first);
    expect_served *expect_service;
};
void server_survives_without_descriptors(const struct crowd *crowd);

// It has printed a line when that client came, from
// connect_from_telling_port(), and one when it went.
void expect_came_and_went(struct program *server, const struct peer *client);

#endif
