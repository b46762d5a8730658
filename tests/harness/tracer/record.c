#include "tracer/record.h"

#include "tracer/meddle.h"
#include "kernel/arch.h"
#include "kernel/memory.h"
#include "trace/poll_sets.h"
#include "tracer/polled.h"
#include "tracer/udp.h"
#include "tracer/vectors.h"
#include "tracer/waits.h"
#include "kernel/procfs.h"
#include "kernel/sockets.h"
#include "base/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

// What the kernel returns inside itself for a call that a signal interrupted;
// the program never sees these numbers (linux/errno.h).
enum { ERESTARTSYS = 512, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };

// Finds which descriptor the call works on, and what it does there.
static void find_descriptor(struct call *call)
{
    long number = call->info->number;
    call->fd = (int)call->args[0];
    call->on_socket = !call->info->any_file;
    if ((call->info->group & (CALLS_WAIT | CALLS_REST)) != 0 ||
        number == SYS_socket) {
        call->fd = -1;
    } else if (number == SYS_splice) {
        call->on_socket = procfs_is_socket(call->pid, call->fd);
        call->group = CALLS_RECEIVE;
        if (!call->on_socket) {
            call->fd = (int)call->args[2];
            call->on_socket = procfs_is_socket(call->pid, call->fd);
            call->group = CALLS_SEND;
        }
    } else if (call->info->any_file) {
        call->on_socket = procfs_is_socket(call->pid, call->fd) ||
                          (call->group == CALLS_CLOSE && call->fd >= 0 &&
                           !procfs_is_open(call->pid, call->fd));
    }
}

static void note_address(struct call *call, uint64_t at, uint64_t size)
{
    union endpoint address = {.any.sa_family = AF_UNSPEC};
    if (size > sizeof address)
        size = sizeof address;
    if (size < sizeof address.any.sa_family ||
        !memory_read(call->pid, at, &address, size))
        return;
    sa_family_t family = address.any.sa_family;
    call->local = call->info->number == SYS_connect && family == AF_UNIX;
    if ((family != AF_INET && family != AF_INET6) ||
        size < endpoint_size(&address))
        return;
    call->note_size = strlen(endpoint_text(&address, call->note));
}

static void note_bytes(struct call *call, uint64_t at, uint64_t size)
{
    if (size > sizeof call->note)
        size = sizeof call->note;
    if (memory_read(call->pid, at, call->note, size))
        call->note_size = size;
}

// How long the program means to rest or to wait at most, or until its alarm.
static void note_length_of_time(struct call *call)
{
    double seconds = waits_length_of_time(call);
    if (seconds >= 0)
        call->note_size =
            (size_t)snprintf(call->note, sizeof call->note, "%.4g s", seconds);
}

// Keeps what a reader of the trace wants to know of the call's arguments.
static void take_note(struct call *call)
{
    long number = call->info->number;
    if (call->group == CALLS_WAIT) {
        polled_wants(call);
        note_length_of_time(call);
    } else if (number == SYS_socket) {
        call->local = (int)call->args[0] == AF_UNIX;
    } else if (number == SYS_bind || number == SYS_connect) {
        note_address(call, call->args[1], call->args[2]);
    } else if (number == SYS_write) {
        note_bytes(call, call->args[1], call->args[2]);
    } else if (call->group == CALLS_REST) {
        note_length_of_time(call);
    } else if (number == SYS_setsockopt) {
        note_bytes(call, call->args[3], call->args[4]);
    } else if (call->group == CALLS_ACCEPT && call->args[2] != 0) {
        // The length that the program says its address buffer has.
        uint32_t length;
        if (memory_read(call->pid, call->args[2], &length, sizeof length))
            call->asked = length;
    }
}

static uint64_t asked_bytes(const struct call *call)
{
    if (call->info->length == LENGTH_NONE)
        return call->asked;
    if (call->info->length == LENGTH_ARGUMENT)
        return call->args[call->info->length_argument];
    uint64_t at, count_at, count, total = 0;
    if (!vectors_find(call, &at, &count, &count_at))
        return 0;
    for (uint64_t i = 0; i < count && i < 64; i++) {
        struct iovec vector;
        if (memory_read(call->pid, at + i * sizeof vector, &vector,
                        sizeof vector))
            total += vector.iov_len;
    }
    return total;
}

// The call that a signal interrupted: it starts again, or it has ended.
static bool goes_on(struct tracer *tracer, struct thread *thread,
                    const struct call *call)
{
    if (!thread->restarts)
        return false;
    thread->restarts = false;
    struct call *before = thread_call(tracer, thread);
    if (before == NULL)
        return false;
    if (before->info == call->info &&
        memcmp(before->args, call->args, sizeof call->args) == 0)
        return true;
    before->finished = true;
    before->result = -EINTR;
    before->ended_us = trace_now_us(tracer->trace);
    return false;
}

static bool is_standard_stream(const struct call *call)
{
    return (call->group == CALLS_SEND && (call->fd == 1 || call->fd == 2)) ||
           (call->group == CALLS_RECEIVE && call->fd == 0);
}

// Who only looks at what is there, moves nothing.
static bool only_looks(const struct call *call)
{
    long number = call->info->number;
    return (number == SYS_recvfrom && (call->args[3] & MSG_PEEK) != 0) ||
           (number == SYS_recvmsg && (call->args[2] & MSG_PEEK) != 0);
}

// Which connection the call is about. A descriptor that was copied before there
// was one is asked itself.
static uint16_t find_port(const struct tracer *tracer, const struct call *call)
{
    unsigned moving = CALLS_RECEIVE | CALLS_SEND;
    uint16_t port = connections_port(&tracer->connections, call->pid, call->fd);
    if (port != 0 || !call->on_socket || (call->group & moving) == 0)
        return port;
    return tracer->connects ? sockets_own_port(call->pid, call->fd)
                            : sockets_peer_port(call->pid, call->fd);
}

// At a call's entry: which connection it is about, or which datagram's end.
static void note_other_end(const struct tracer *tracer, struct call *call)
{
    udp_note_entry(tracer, call);
    if (!call->on_datagrams)
        call->port = find_port(tracer, call);
}

// A call that is none of the program's own: of its end something is to be
// known, and nothing to be recorded. Returns true.
static bool begin_unseen(struct thread *thread)
{
    thread->phase = THREAD_IN_CALL;
    thread->event = SIZE_MAX;
    return true;
}

static bool opens_another(const struct tracer *tracer, struct thread *thread,
                          const struct call *call)
{
    const char *path = resolver_opens(&tracer->resolver, call);
    int argument = call->info->number == SYS_openat ? 1 : 0;
    return path != NULL && meddle_replace_text(thread, call, argument, path);
}

bool record_entry(struct tracer *tracer, struct thread *thread,
                  const struct __ptrace_syscall_info *info)
{
    struct event event = {.kind = EVENT_CALL};
    struct call *call = &event.call;
    call->info = call_find((long)info->seccomp.nr);
    if (call->info == NULL)
        return false;
    call->group = call->info->group;
    call->pid = thread->pid;
    call->tid = thread->tid;
    call->root = thread->root;
    call->site = -1;
    memcpy(call->args, info->seccomp.args, sizeof call->args);
    thread->stack_pointer = info->stack_pointer;
    if (call->group == CALLS_FILES)
        return opens_another(tracer, thread, call) && begin_unseen(thread);
    find_descriptor(call);
    if (resolver_makes_socket(&tracer->sites, call, info->stack_pointer)) {
        thread->for_resolver = true;
        return begin_unseen(thread);
    }
    if (resolver_uses_socket(&tracer->resolver, call))
        return false;
    call->only_looks = only_looks(call);
    if (goes_on(tracer, thread, call)) {
        thread->phase = THREAD_IN_CALL;
        return true;
    }
    if (call->info->number == SYS_close && call->fd >= 0)
        weather_make_room(&tracer->weather, call->pid);
    if (!call->on_socket && !is_standard_stream(call))
        return false;
    note_other_end(tracer, call);
    if (call->group == CALLS_WAIT && !poll_sets_are_known(call))
        tracer->uses_epoll = true;
    take_note(call);
    call->asked = asked_bytes(call);
    call->site = sites_add(&tracer->sites, thread->pid, thread->tid,
                           info->instruction_pointer, info->stack_pointer);
    meddle_at_entry(tracer, thread, call);
    thread_begins_call(tracer, thread);
    thread->event = trace_add(tracer->trace, &event);
    return true;
}

static bool makes_a_copy(const struct call *call)
{
    switch (call->info->number) {
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup:
    case SYS_dup3: return true;
    case SYS_fcntl:
        return call->args[1] == F_DUPFD || call->args[1] == F_DUPFD_CLOEXEC;
    default: return false;
    }
}

// Keeps account of which descriptor is which connection.
static void follow_connection(struct connections *connections,
                              struct call *call)
{
    int result = (int)call->result;
    if (call->group == CALLS_ACCEPT && result >= 0) {
        call->port = sockets_peer_port(call->pid, result);
        connections_set(connections, call->pid, result, call->port);
    } else if (call->group == CALLS_CONNECT && !call->on_datagrams &&
               (result == 0 || result == -EINPROGRESS || result == -EINTR)) {
        call->port = sockets_own_port(call->pid, call->fd);
        connections_set(connections, call->pid, call->fd, call->port);
    } else if (makes_a_copy(call) && result >= 0) {
        connections_set(connections, call->pid, result, call->port);
    } else if (call->info->number == SYS_close && result == 0) {
        connections_drop(connections, call->pid, call->fd);
    }
}

// Likewise for those that are UDP's.
static void follow_datagrams(struct connections *datagrams,
                             const struct call *call)
{
    if (call->on_datagrams && makes_a_copy(call) && call->result >= 0)
        connections_set(datagrams, call->pid, (int)call->result, 1);
    else if (call->info->number == SYS_close && call->result == 0)
        connections_drop(datagrams, call->pid, call->fd);
}

// Keeps what the hang autopsy and the progress watch need to know.
static void learn_from(struct tracer *tracer, struct call *call)
{
    bool moves = (call->group & (CALLS_RECEIVE | CALLS_SEND)) != 0;
    bool counts = call->on_socket ? !call->only_looks : call->fd == 0;
    // What a datagram's receiver has got counts, and that may be nobody.
    if (call->on_datagrams)
        tracer->moved += call->group == CALLS_RECEIVE && call->result >= 0 &&
                         !call->only_looks;
    else if (moves && counts && call->result > 0)
        tracer->moved += (uint64_t)call->result;
    if (call->info->number == SYS_setsockopt && call->args[1] == SOL_SOCKET &&
        (call->args[2] == SO_RCVTIMEO || call->args[2] == SO_SNDTIMEO))
        tracer->timed_sockets = true;
    if (call->info->number == SYS_socket && tracer->ipv6 == IPV6_ALONE &&
        (int)call->args[0] == AF_INET6 && call->result >= 0)
        sockets_set_ipv6_only(call->pid, (int)call->result);
    if (call->group == CALLS_CONNECT)
        tracer->connects = true;
    if (call->info->number == SYS_timerfd_create)
        tracer->uses_timerfd = true;
    if (call->info->number == SYS_io_uring_setup && call->result >= 0)
        tracer->uses_uring = true;
    if (call->info->number == SYS_getsockopt && call->result == 0) {
        uint32_t size;
        if (memory_read(call->pid, call->args[4], &size, sizeof size))
            note_bytes(call, call->args[3], size);
    }
    if (call->info->number == SYS_getsockname && call->result == 0) {
        uint32_t size;
        if (memory_read(call->pid, call->args[2], &size, sizeof size))
            note_address(call, call->args[1], size);
    }
}

void record_exit(struct tracer *tracer, struct thread *thread, int64_t result)
{
    struct call *call = thread_call(tracer, thread);
    result = meddle_at_exit(thread, result);
    if (call != NULL)
        result = waits_result(tracer, thread, call, result);
    if (-result >= ERESTARTSYS && -result <= ERESTART_RESTARTBLOCK) {
        thread->restarts = true;
        // It would go on as restart_syscall(2), of which nobody tells what it
        // waits for, nor how long. Made anew, it is the call that it was.
        if (result == -ERESTART_RESTARTBLOCK)
            arch_set_result(thread->tid, -ERESTARTNOHAND);
        return;
    }
    if (thread->for_resolver && result >= 0)
        connections_set(&tracer->resolver.sockets, thread->pid, (int)result, 1);
    thread->for_resolver = false;
    if (call == NULL)
        return;
    call->finished = true;
    call->result = result;
    call->ended_us = trace_now_us(tracer->trace);
    follow_connection(&tracer->connections, call);
    follow_datagrams(&tracer->datagrams, call);
    udp_note_exit(tracer, call);
    if (call->group == CALLS_WAIT && call->effect != MADE_TO_FAIL)
        polled_finds(call);
    learn_from(tracer, call);
    clock_note_alarm(&tracer->clock, call);
}
