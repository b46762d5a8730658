#include "tracer/meddle.h"

#include "kernel/arch.h"
#include "kernel/epolled.h"
#include "kernel/memory.h"
#include "trace/poll_sets.h"
#include "tracer/parcel.h"
#include "tracer/polled.h"
#include "tracer/vectors.h"
#include "tracer/waits.h"
#include "kernel/sockets.h"
#include "base/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Replaces an argument for the length of this one call. A program may count
// on finding it unchanged in its register afterwards.
static bool replace_argument(struct thread *thread, const struct call *call,
                             int index, uint64_t value)
{
    thread->argument.replaced = true;
    thread->argument.index = index;
    thread->argument.value = call->args[index];
    return arch_set_argument(thread->tid, index, value) == 0;
}

// Shortens a vector, in the program's memory, to BYTES: to the elements before
// the one in which these end, and the beginning of that; meddle_at_exit() puts
// back what was there.
static bool cut_vector(struct thread *thread, const struct call *call,
                       uint64_t bytes)
{
    uint64_t at, count_at, count, kept = 0;
    struct iovec vector = {.iov_len = 0};
    if (!vectors_find(call, &at, &count, &count_at))
        return false;
    for (; kept < count; at += sizeof vector) {
        if (!memory_read(call->pid, at, &vector, sizeof vector))
            return false;
        kept++;
        if (vector.iov_len >= bytes)
            break;
        bytes -= vector.iov_len;
    }
    if (vector.iov_len < bytes)
        return false;
    thread->vector.at = at + offsetof(struct iovec, iov_len);
    thread->vector.length = vector.iov_len;
    thread->vector.count_at = count_at;
    thread->vector.count = count;
    if (count_at == 0)
        replace_argument(thread, call, 2, kept);
    else
        memory_write(call->pid, count_at, &kept, sizeof kept);
    return memory_write(call->pid, thread->vector.at, &bytes, sizeof bytes);
}

static void restore(struct thread *thread)
{
    if (thread->argument.replaced)
        arch_set_argument(thread->tid, thread->argument.index,
                          thread->argument.value);
    thread->argument.replaced = false;
    if (thread->vector.at == 0)
        return;
    memory_write(thread->pid, thread->vector.at, &thread->vector.length,
                 sizeof thread->vector.length);
    if (thread->vector.count_at != 0)
        memory_write(thread->pid, thread->vector.count_at,
                     &thread->vector.count, sizeof thread->vector.count);
    thread->vector.at = 0;
}

static bool cut_short(struct thread *thread, struct call *call, size_t bytes)
{
    // A datagram goes whole, or not at all.
    if (call->asked <= bytes || call->on_datagrams)
        return false;
    if (call->info->length == LENGTH_ARGUMENT)
        return replace_argument(thread, call, call->info->length_argument,
                                bytes);
    return call->info->length != LENGTH_NONE && cut_vector(thread, call, bytes);
}

// A signal that arrives while connect() waits leaves the attempt going on. To
// get the kernel into exactly that state, the socket doesn't block for the
// length of this one call; meddle_at_exit() reports EINTR for EINPROGRESS.
static bool interrupt_connect(struct thread *thread, const struct call *call)
{
    int fd = sockets_borrow(call->pid, call->fd);
    if (fd == -1)
        return false;
    thread->connect_fd = call->fd;
    thread->saved_flags = fcntl(fd, F_GETFL);
    thread->interrupt_connect =
        thread->saved_flags != -1 && (thread->saved_flags & O_NONBLOCK) == 0 &&
        fcntl(fd, F_SETFL, thread->saved_flags | O_NONBLOCK) == 0;
    close(fd);
    return thread->interrupt_connect;
}

static int64_t connect_result(struct thread *thread, int64_t result)
{
    int fd = sockets_borrow(thread->pid, thread->connect_fd);
    if (fd != -1) {
        fcntl(fd, F_SETFL, thread->saved_flags);
        close(fd);
    }
    bool is_slow = thread->connect_is_slow;
    thread->interrupt_connect = thread->connect_is_slow = false;
    if (result != -EINPROGRESS || is_slow)
        return result;
    arch_set_result(thread->tid, -EINTR);
    return -EINTR;
}

// Has argument INDEX point to these bytes. What it points to is left alone, as
// other threads may use it at this moment: they are written far enough below
// the top of this thread's stack.
static bool replace_pointer(struct thread *thread, const struct call *call,
                            int index, const void *bytes, size_t size)
{
    uint64_t copy = (thread->stack_pointer - 4096 - size) & ~UINT64_C(15);
    return memory_write(call->pid, copy, bytes, size) &&
           replace_argument(thread, call, index, copy);
}

bool meddle_replace_text(struct thread *thread, const struct call *call,
                         int index, const char *text)
{
    return replace_pointer(thread, call, index, text, strlen(text) + 1);
}

// Points the attempt at a port where nobody listens.
static bool divert(struct thread *thread, const struct call *call,
                   uint16_t port)
{
    union endpoint address;
    size_t size = call->args[2];
    if (size < sizeof address.v4 || size > sizeof address ||
        !memory_read(call->pid, call->args[1], &address, size))
        return false;
    address.v4.sin_port = port;
    return replace_pointer(thread, call, 1, &address, size);
}

// Who does not wait, but asks how it is at this moment, is told so.
static bool raise_false_alarm(const struct tracer *tracer,
                              struct thread *thread, const struct call *call)
{
    struct thread_state state = {.call = call->info->number};
    memcpy(state.args, call->args, sizeof state.args);
    if (waits_limit_ns(tracer, thread->tid, &state) == 0)
        return false;
    int count = polled_make_false_alarm(call);
    return count > 0 && arch_skip_call(thread->tid, count) == 0;
}

// The programs' clock goes on by the limit of a call that waits; then that is
// over. Who waits again and again sleeps through the rest.
static bool wait_in_vain(struct tracer *tracer, struct thread *thread,
                         struct call *call, int delay_ms)
{
    enum { MS_NS = 1000000, WAKES_MAX = 100 };
    struct thread_state state = {.call = call->info->number};
    memcpy(state.args, call->args, sizeof state.args);
    int64_t limit_ns = waits_limit_ns(tracer, thread->tid, &state);
    int64_t left_ns = (int64_t)delay_ms * MS_NS - tracer->clock.ahead_ns;
    if (limit_ns <= 0 || limit_ns > left_ns)
        return false;
    if (call->group == CALLS_CONNECT)
        thread->connect_is_slow = interrupt_connect(thread, call);
    else if (!waits_find_nothing(call) || arch_skip_call(thread->tid, 0) != 0)
        return false;
    if (call->group == CALLS_CONNECT && !thread->connect_is_slow)
        return false;
    call->waited_ms = (uint64_t)limit_ns / MS_NS;
    thread->in_vain++;
    tracer->clock.ahead_ns += thread->in_vain < WAKES_MAX ? limit_ns : left_ns;
    clock_ring(&tracer->clock);
    return true;
}

static bool was_told_not_to_wait(const struct call *call)
{
    switch (call->info->number) {
    case SYS_recvfrom:
    case SYS_sendto: return (call->args[3] & MSG_DONTWAIT) != 0;
    case SYS_recvmsg:
    case SYS_sendmsg: return (call->args[2] & MSG_DONTWAIT) != 0;
    default: return false;
    }
}

// True if the call does not wait; also if that can't be found out.
static bool never_waits(const struct call *call)
{
    return was_told_not_to_wait(call) ||
           sockets_is_nonblocking(call->pid, call->fd);
}

// EAGAIN only comes from a call that never waits; and not when epoll(7) or a
// signal has just told, once, that there is something.
static bool may_say_again(const struct tracer *tracer, const struct call *call)
{
    if (tracer->uses_epoll && epolled_is_edge_triggered(call->pid, call->fd))
        return false;
    return never_waits(call) && !sockets_sends_signals(call->pid, call->fd) &&
           (was_told_not_to_wait(call) || sockets_can_be_borrowed());
}

// EINTR never does: the kernel says EAGAIN before it looks for signals.
static bool may_be_interrupted(const struct call *call)
{
    unsigned moving = CALLS_RECEIVE | CALLS_SEND | CALLS_ACCEPT;
    return (call->group & moving) == 0 || !never_waits(call);
}

// True if the error is one of a datagram that was sent before. A socket that is
// not connected is told of none.
static bool is_of_earlier_one(const struct call *call, int error)
{
    return call->on_datagrams && error != EINTR && error != EAGAIN &&
           (call->group == CALLS_RECEIVE || error == ECONNREFUSED);
}

static bool make_to_fail(const struct tracer *tracer, struct thread *thread,
                         const struct call *call, int error)
{
    if (error == EAGAIN && !may_say_again(tracer, call))
        return false;
    if (error == EINTR && !may_be_interrupted(call))
        return false;
    if (is_of_earlier_one(call, error) &&
        !sockets_hears_of_errors(call->pid, call->fd))
        return false;
    // epoll_wait(2) needs no memory.
    if (error == ENOMEM && call->group == CALLS_WAIT &&
        !poll_sets_are_known(call))
        return false;
    if (error == EINTR && call->group == CALLS_CONNECT)
        return interrupt_connect(thread, call);
    return arch_skip_call(thread->tid, -error) == 0;
}

static bool lacks_family(const struct tracer *tracer, const struct call *call)
{
    return tracer->ipv6 == IPV6_LACKING && call->info->number == SYS_socket &&
           (int)call->args[0] == AF_INET6;
}

// What befalls a datagram on its way; CALM if that does not befall this one.
static enum weather_effect post(struct tracer *tracer, struct thread *thread,
                                const struct call *call, enum weather_kind kind)
{
    switch (kind) {
    case WEATHER_DOUBLE: return parcel_double(call) ? DOUBLED : CALM;
    case WEATHER_LOSE:
        return parcel_lose(call) &&
                       arch_skip_call(thread->tid, (int64_t)call->asked) == 0
                   ? LOST
                   : CALM;
    case WEATHER_HOLD_BACK:
        return parcel_keep(call, &tracer->parcels) &&
                       arch_skip_call(thread->tid, (int64_t)call->asked) == 0
                   ? HELD_BACK
                   : CALM;
    default: return CALM;
    }
}

void meddle_at_entry(struct tracer *tracer, struct thread *thread,
                     struct call *call)
{
    size_t bytes = 0;
    const struct weather *weather = weather_for(&tracer->weather, call, &bytes);
    thread->phase = THREAD_IN_CALL;
    if (lacks_family(tracer, call) &&
        arch_skip_call(thread->tid, -EAFNOSUPPORT) == 0)
        call->effect = MADE_TO_FAIL;
    if (weather == NULL || call->effect != CALM)
        return;
    if (weather->kind == WEATHER_CUT && cut_short(thread, call, bytes))
        call->effect = CUT_SHORT;
    if (weather->kind == WEATHER_FAIL &&
        make_to_fail(tracer, thread, call, weather->error))
        call->effect = MADE_TO_FAIL;
    if (weather->kind == WEATHER_REFUSE && divert(thread, call, weather->port))
        call->effect = REFUSED;
    if (weather->kind == WEATHER_FALSE_ALARM &&
        raise_false_alarm(tracer, thread, call))
        call->effect = ALARMED;
    if (weather->kind == WEATHER_SLOW &&
        wait_in_vain(tracer, thread, call, weather->delay_ms))
        call->effect = TIMED_OUT;
    if (weather->kind >= WEATHER_LOSE)
        call->effect = post(tracer, thread, call, weather->kind);
    if (weather->kind == WEATHER_HOLD) {
        call->effect = HELD_UP;
        thread->phase = THREAD_HELD;
        thread->release_us = weather->delay_ms == 0
                                 ? 0
                                 : trace_now_us(tracer->trace) +
                                       (uint64_t)weather->delay_ms * 1000;
    }
}

int64_t meddle_at_exit(struct thread *thread, int64_t result)
{
    restore(thread);
    return thread->interrupt_connect ? connect_result(thread, result) : result;
}
