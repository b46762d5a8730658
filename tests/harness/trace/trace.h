// trace: what happened on both ends of the wire, in order. The tracer adds
// the program's calls, the peers add what the grader did; the timeline and
// the diagnosis read it.
//
// A program may make millions of calls. The first TRACE_HEAD events are kept
// and the last TRACE_TAIL; those between are forgotten and counted.

#ifndef TRACE_H
#define TRACE_H

#include "trace/calls.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    TRACE_HEAD = 4096,
    TRACE_TAIL = 4096,
    CALL_NOTE_SIZE = 72,     // ENDPOINT_TEXT_SIZE is no more
    POLLED_DESCRIPTORS = 64, // of higher ones polled.h takes no note
};

// What a polling call watches or finds: bit N stands for descriptor N.
struct polled {
    uint64_t read, write;
    uint64_t closed; // poll(2) finds it not open (POLLNVAL)
};

enum weather_effect {
    CALM,
    CUT_SHORT,
    MADE_TO_FAIL,
    HELD_UP,
    REFUSED,
    ALARMED,
    TIMED_OUT, // its time was up, as time passed (stage/passing.h)
    LOST,      // a datagram's: the call succeeds, and nothing leaves
    DOUBLED,   // it leaves twice
    HELD_BACK, // it leaves later, behind others (tracer/parcel.h)
};

// One system call of the program.
struct call {
    const struct call_info *info;
    enum call_group group; // info's, but for splice what it turned out to do
    pid_t pid, tid;
    pid_t root; // the process that the grader started, of whose program it is
    uint64_t args[6];
    int fd;          // the descriptor it works on; -1 if it has none
    uint16_t port;   // its connection (connections.h); 0: unknown
    bool on_socket;  // that descriptor is a socket
    bool local;      // socket(2) or connect(2) for what only has a path
    bool only_looks; // with MSG_PEEK: what it receives stays there
    bool
        on_datagrams; // the socket is UDP's: PORT is its other end's, this time
    uint32_t address_room; // it receives, and says its address buffer has that
    bool finished;         // false: the program is still in it
    int64_t result;    // once finished: as the kernel gives it, -errno or more
    uint64_t ended_us; // once finished: when, since the check began
    enum weather_effect effect;
    uint64_t waited_ms; // TIMED_OUT: how long its limit was
    uint64_t asked;     // bytes the program asked for, where it says so
    int site;           // where in the program, for source_of(); -1 unknown
    // An address, the first bytes written, or an option's value. Of a datagram:
    // where it goes, or comes from, once that is known.
    char note[CALL_NOTE_SIZE];
    size_t note_size;
    struct polled wants, found; // of a polling call
};

enum peer_action {
    PEER_CONNECTS,
    PEER_IS_REFUSED,
    PEER_ACCEPTS,
    PEER_SENDS,
    PEER_LOSES,    // a datagram's: it would have sent it
    PEER_FINISHES, // shuts its sending side down
    PEER_CLOSES,
    PEER_RESETS,
    PEER_RECEIVES,
    PEER_SEES_END,
    PEER_SEES_RESET,
};

struct event {
    uint64_t at_us; // since the check began
    enum {
        EVENT_CALL,
        EVENT_PEER,
        EVENT_STARTED,
        EVENT_ENDED,
        EVENT_TIME,
        EVENT_SIGNAL,
    } kind;
    union {
        struct call call;
        struct {
            int peer; // which one, counted from 1
            enum peer_action action;
            size_t bytes;
        } deed;
        struct {
            pid_t pid;
            int status; // as wait(2) gives it; unused for EVENT_STARTED
        } process;
        uint64_t passed_ms; // for the programs, from here to the next event
        int signal;         // that the grader has sent
    };
};

struct trace {
    uint64_t began_us;
    size_t count; // events ever added
    struct event head[TRACE_HEAD];
    struct event tail[TRACE_TAIL];
};

// Makes an empty trace that begins now. Ends the process without memory.
struct trace *trace_start(void);
void trace_free(struct trace *trace);

// Microseconds since the trace began.
uint64_t trace_now_us(const struct trace *trace);

// Adds a copy of *event, stamped with the time. Returns its number, from 0.
size_t trace_add(struct trace *trace, const struct event *event);

// Returns event NUMBER; NULL if it is forgotten or was never added. The
// pointer is good until the next trace_add().
struct event *trace_event(struct trace *trace, size_t number);

// Returns the call of event NUMBER; NULL if that is no call, or forgotten.
const struct call *trace_call(struct trace *trace, size_t number);

// Returns the first call from event *NUMBER on, which becomes the event behind
// it; or the last one before event *NUMBER, which becomes that call's event.
// NULL if there is none. So both walk over all calls, from 0 or from ->count.
const struct call *trace_next_call(struct trace *trace, size_t *number);
const struct call *trace_last_call(struct trace *trace, size_t *number);

// The sleep that CALL, a polling one that did not wait, came behind; NULL if
// there was none.
const struct call *trace_nap_before(struct trace *trace,
                                    const struct call *call);

// What getsockopt() has told by SO_ERROR: an errno; 0: no error; -1 if the call
// is another, or that is not known.
int call_told_error(const struct call *call);

// True if setsockopt() was given, or getsockopt() has told, an option's value
// that is an int, and that is known; it is in *value then.
bool call_option(const struct call *call, int *value);

#endif
