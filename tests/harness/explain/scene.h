// scene: a failed check as the detectors see it, and the words they use to
// speak about it.

#ifndef SCENE_H
#define SCENE_H

#include "explain/failure.h"
#include "stage/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct scene {
    const struct failure *failure;
    struct stage *stage;
    struct trace *trace;
    struct program *program; // the one that is to blame, if any
    struct peer *peer;       // the one it talks to, if any
    FILE *out;               // what is said
};

// True if its last receive from that peer has told it of the end of the stream.
bool scene_has_seen_end(const struct scene *scene, const struct peer *peer);

// What it could receive from that peer now: bytes, or the end (1); 0: nothing.
size_t scene_receivable(const struct scene *scene, const struct peer *peer);

// True if the scene's program speaks that.
bool scene_speaks(const struct scene *scene, enum protocol protocol);

// True if the scene's program is a server.
bool scene_is_server(const struct scene *scene);

// True if it calls select() or one of its kin.
bool scene_is_loop(const struct scene *scene);

// The peer that is the other end of the call's connection; NULL if unknown.
const struct peer *scene_peer_of(const struct scene *scene,
                                 const struct call *call);

// Returns the program's descriptor for its connection to that peer; -1 if it
// has none, as far as is known.
int scene_descriptor_of(const struct scene *scene, const struct peer *peer);

// Says "client 2", or "connection 2" if the program is the client.
void scene_say_peer(const struct scene *scene, const struct peer *peer);

// How many bytes the program has received from its sockets.
uint64_t scene_received(const struct scene *scene);

__attribute__((format(printf, 2, 3))) void scene_say(const struct scene *scene,
                                                     const char *text, ...);

// Says " at FILE:LINE", or nothing if the line is not known.
void scene_say_where(const struct scene *scene, const struct call *call);

// Says "recv() at echo_server.c:46".
void scene_say_call(const struct scene *scene, const struct call *call);

// Says that WAIT, a select() or pselect(), does not look at descriptor FD: it
// is in a set, but not below the first argument.
void scene_say_not_below(const struct scene *scene, const struct call *wait,
                         int fd);

// Says what to read: a manual page with its section, or a lesson's part.
void scene_say_read(const struct scene *scene, const char *what);

// Which call the program waits with for any of several sockets, by the name of
// its manual's page: "select", "poll", "epoll_wait"; "select" if it has none.
const char *scene_wait_name(const struct scene *scene);

// Says to read that page; PART is what goes behind its name: ", EINTR".
void scene_say_read_wait(const struct scene *scene, const char *part);

// Returns the first call with that number (SYS_listen, ...) by any of the
// programs; NULL if there is none.
const struct call *scene_find(const struct scene *scene, long number);

// Walk over the calls of the scene's program, as trace_next_call() and
// trace_last_call() do over all: one that ran before it is none of its
// business.
const struct call *scene_next_call(const struct scene *scene, size_t *number);
const struct call *scene_last_call(const struct scene *scene, size_t *number);

// Returns the first call, from event NUMBER on, of one of the GROUPS by the
// scene's program, on descriptor FD (-1: any); *number becomes its event.
// NULL if there is none. Only socket calls count.
const struct call *scene_next(const struct scene *scene, unsigned groups,
                              int fd, size_t *number);

// The same of what has sent or received a datagram.
const struct call *scene_next_datagram(const struct scene *scene, int fd,
                                       size_t *number);

// Returns the last such call.
const struct call *scene_last(const struct scene *scene, unsigned groups);

// Returns the first call of the scene's program that failed with that errno;
// NULL if there is none.
const struct call *scene_find_failed(const struct scene *scene, int error);

// True if a server's first line is what the check waits for in vain.
bool scene_awaits_announcement(const struct scene *scene);

// Returns the last call that is a failure; NULL if there is none.
const struct call *scene_last_failed(const struct scene *scene);

// Returns the first call on a descriptor that its process had closed before, by
// *closed, and which was a socket; NULL if there is none.
const struct call *scene_closed_before(const struct call **closed);

// The call that the scene's program is blocked in now; NULL if none is known.
const struct call *scene_blocked_call(const struct scene *scene);

// True if what the program printed is what it should be, but for some bytes
// that are left out in the middle: the first AT are right, and the last SAME.
bool scene_has_gap(const struct failure *failure, size_t *at, size_t *same);

// Where in what a client of an echo server has sent the bytes stand that it has
// got in the place of others, or behind all of its echo, from *at on: before
// that if it has got them twice, behind it if some were left out. SIZE_MAX if
// there are none, or not of its own.
size_t scene_place_of(const struct peer *peer, size_t *at);

// Quotes the first line of what the program said on stderr.
void scene_say_stderr(const struct scene *scene);

// True if that gives the reason of some error, be it "Success".
bool scene_gives_a_reason(const struct output *output);

// True if the call failed with that errno.
bool call_failed_with(const struct call *call, int error);

// True if the call failed, and in a way that is a failure: not EINTR, EAGAIN
// or EINPROGRESS.
bool call_is_failure(const struct call *call);

// The flags (MSG_DONTWAIT, ...) of a receive or a send; 0 if it takes none.
uint64_t call_flags(const struct call *call);

// True if it is to return only once all that was asked for is there.
bool call_waits_for_all(const struct call *call);

#endif
