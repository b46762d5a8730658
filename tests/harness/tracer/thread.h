// thread: what the tracer knows of each thread that it watches, and of all of
// them together. tracer.h is what it does with them.

#ifndef THREAD_H
#define THREAD_H

#include "trace/trace.h"
#include "tracer/clock.h"
#include "tracer/connections.h"
#include "tracer/resolver.h"
#include "tracer/sites.h"
#include "tracer/weather.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct parcel;

enum thread_phase {
    THREAD_RUNS,
    THREAD_IN_CALL, // in a call that is in the trace
    THREAD_HELD,    // kept from starting a call, by the weather
    THREAD_STOPPED, // by a stop signal
};

struct thread {
    pid_t tid, pid;
    pid_t root; // the process of which all others of the program come
    enum thread_phase phase;
    size_t event;           // its call's number in the trace
    uint64_t stack_pointer; // at that call's entry
    uint64_t release_us;    // THREAD_HELD: when it goes on; 0 when told to
    bool restarts;          // its call was interrupted and may start again
    bool interrupt_connect; // report EINTR when the attempt has begun,
    bool connect_is_slow;   // or that its limit of time is over
    unsigned in_vain;       // so many of its waits were, by the weather
    int connect_fd;         // then: on this socket,
    int saved_flags;        // whose flags were these
    int64_t began_ns;       // when its call began, by the programs' time,
    int64_t began_ahead_ns; // and how far that was ahead then
    uint64_t waiting_since; // of a call that is not in the trace: switches then
    bool times_out;         // its call is to end: its time is up
    int64_t time_out_result, time_out_ns;
    bool for_resolver; // it makes a socket of libc's own (resolver.h)
    struct {           // an argument that was replaced for this call
        bool replaced;
        int index;
        uint64_t value;
    } argument;
    struct {         // a vector that was shortened for this call
        uint64_t at; // address of the iov_len; 0: none
        uint64_t length;
        uint64_t count_at, count; // msg_iovlen likewise
    } vector;
};

// What IPv6 sockets of the programs are like.
enum tracer_ipv6 {
    IPV6_AS_IT_IS,
    IPV6_ALONE,  // they serve no IPv4 by themselves: net.ipv6.bindv6only
    IPV6_LACKING // there are none: a kernel without IPv6
};

struct tracer {
    struct trace *trace;
    struct sites sites;
    struct weather_rules weather;
    struct connections connections;
    struct connections datagrams; // which descriptors are UDP's
    struct parcel *parcels;       // datagrams that are held back
    struct clock clock;
    struct resolver resolver;
    struct thread *threads;
    size_t count, room;
    uint64_t moved;          // bytes it has sent, received, or read from stdin
    int descriptors_at_exit; // of the process that ended last; -1 unknown
    bool timed_sockets;      // it has set SO_RCVTIMEO or SO_SNDTIMEO
    bool connects;           // it has called connect(2): it is a client
    enum tracer_ipv6 ipv6;
    bool uses_epoll;   // it has called epoll_wait(2)
    bool uses_timerfd; // or timerfd_create(2)
    bool uses_uring;   // or io_uring_setup(2): it does more than is seen
};

// Returns what is known of thread TID; NULL if it is not traced. Good until a
// thread is added or removed.
struct thread *thread_find(const struct tracer *tracer, pid_t tid);

// Adds a thread, unless it is known. Ends the process without memory.
struct thread *thread_add(struct tracer *tracer, pid_t tid);
void thread_remove(struct tracer *tracer, pid_t tid);

// Its call, which has been held up till now or has not, begins: its limit, too.
void thread_begins_call(const struct tracer *tracer, struct thread *thread);

// Returns a thread that the weather holds up; NULL if there is none.
const struct thread *thread_held(const struct tracer *tracer);

// The call that the thread is in, as it stands in the trace; NULL if it is in
// none, or that is forgotten.
struct call *thread_call(const struct tracer *tracer,
                         const struct thread *thread);

// The trace begins anew: whatever call a thread is in has no place in it.
void thread_forget_calls(struct tracer *tracer);

// Returns the call that process PID is blocked in now, or if it is in none
// that is in the trace, another of the processes; NULL if none is known.
const struct call *thread_blocked_call(const struct tracer *tracer, pid_t pid);

#endif
