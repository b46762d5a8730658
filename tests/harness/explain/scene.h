// scene: a failed check as the detectors see it, and the words they use to
// speak about it.

#ifndef SCENE_H
#define SCENE_H

#include "words/verdict.h"

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

// A detector says what it found, or returns false and says nothing.
typedef bool detector(const struct scene *scene);

// What programs a detector knows about.
enum detector_kind {
    OF_ALL,
    OF_ECHOES,   // those that send back what they receive
    OF_MESSAGES, // those that answer messages
};

// The detectors, most telling first; ends with one that is NULL.
extern const struct detector_entry {
    detector *detect;
    enum detector_kind kind;
} detectors[];

// The detector for what a sanitizer stopped.
detector detect_sanitizer;

// Detectors for what goes wrong around a server's start, and for blocked and
// spinning programs; listed in detectors[].
detector detect_no_listener, detect_early_announcement, detect_no_flush,
    detect_wrong_target, detect_deadlock, detect_blocked, detect_spin;

// Detectors for how bytes were moved over a connection; they are silent about
// programs that serve several from a loop, where much may lie between two
// calls on one of them.
detector detect_address_length, detect_minus_one_as_length, detect_wrong_amount,
    detect_short_send, detect_interrupted, detect_end_ignored,
    detect_nothing_sent, detect_left_early;

// Detectors for programs that serve several connections from a loop.
detector detect_mixed_up, detect_blocked_by_one, detect_unwatched,
    detect_idle_turns, detect_fatal_answer, detect_stale_sets,
    detect_closed_early, detect_backlog, detect_stop_ignored,
    detect_connect_given_up;

// Detectors for clients with many connections.
detector detect_all_given_up, detect_echo_left, detect_too_few,
    detect_outcome_missed, detect_client_waits;

// Detectors for programs that exchange messages.
detector detect_message_left, detect_message_waited_for, detect_message_cut,
    detect_message_refused, detect_rest_unsent;

// Detectors for calls on the wrong thing or with the wrong arguments.
detector detect_wrong_descriptor, detect_wrong_socket_type, detect_no_room,
    detect_peek, detect_nothing_yet, detect_port_in_use, detect_shared_port,
    detect_odd_announcement, detect_error_ignored, detect_bad_address;

// Detectors for clients, and for bytes that are not as they should be.
detector detect_bytes, detect_reply_left, detect_no_connect,
    detect_socket_as_stdout, detect_overwritten;

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

// Returns the first call, from event NUMBER on, of one of the GROUPS by the
// scene's program, on descriptor FD (-1: any); *number becomes its event.
// NULL if there is none. Only socket calls count.
const struct call *scene_next(const struct scene *scene, unsigned groups,
                              int fd, size_t *number);

// Returns the last such call.
const struct call *scene_last(const struct scene *scene, unsigned groups);

// Returns the last call that failed, but for those that are no failure:
// EINTR, EAGAIN, EINPROGRESS. NULL if there is none.
const struct call *scene_last_failed(const struct scene *scene);

// Quotes the first line of what the program said on stderr.
void scene_say_stderr(const struct scene *scene);

// True if the call failed with that errno.
bool call_failed_with(const struct call *call, int error);

#endif
