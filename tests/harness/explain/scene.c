#include "explain/scene.h"

#include "trace/format.h"
#include "show/source.h"

#include "kernel/sockdiag.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void scene_say(const struct scene *scene, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    vfprintf(scene->out, text, arguments);
    va_end(arguments);
}

void scene_say_where(const struct scene *scene, const struct call *call)
{
    struct source_line line;
    if (source_of(&scene->stage->tracer.sites, call->site, &line))
        scene_say(scene, " at %s:%d", line.file, line.line);
}

void scene_say_call(const struct scene *scene, const struct call *call)
{
    scene_say(scene, "%s()", format_name(call));
    scene_say_where(scene, call);
}

void scene_say_not_below(const struct scene *scene, const struct call *wait,
                         int fd)
{
    scene_say_call(scene, wait);
    scene_say(scene,
              " looks at the descriptors below its first argument, %d; "
              "descriptor %d is in the set, but not below it. Pass the highest "
              "of all, plus one.",
              (int)wait->args[0], fd);
}

void scene_say_read(const struct scene *scene, const char *what)
{
    scene_say(scene, " Read: %s.", what);
}

const char *scene_wait_name(const struct scene *scene)
{
    const struct call *wait = scene_last(scene, CALLS_WAIT);
    if (wait == NULL || strstr(wait->info->name, "select") != NULL)
        return "select";
    return strstr(wait->info->name, "epoll") != NULL ? "epoll_wait" : "poll";
}

void scene_say_read_wait(const struct scene *scene, const char *part)
{
    scene_say(scene, " Read: man 2 %s%s.", scene_wait_name(scene), part);
}

// Of a call that was made up nothing is known, so it is anybody's.
static bool is_its_own(const struct scene *scene, const struct call *call)
{
    return scene->program == NULL || call->root == 0 ||
           call->root == scene->program->pid;
}

const struct call *scene_next_call(const struct scene *scene, size_t *number)
{
    for (const struct call *call;
         (call = trace_next_call(scene->trace, number)) != NULL;)
        if (is_its_own(scene, call))
            return call;
    return NULL;
}

const struct call *scene_last_call(const struct scene *scene, size_t *number)
{
    for (const struct call *call;
         (call = trace_last_call(scene->trace, number)) != NULL;)
        if (is_its_own(scene, call))
            return call;
    return NULL;
}

static bool matches(const struct scene *scene, const struct call *call,
                    unsigned groups, int fd)
{
    return call != NULL && call->on_socket && (call->group & groups) != 0 &&
           (fd == -1 || call->fd == fd) && is_its_own(scene, call);
}

const struct call *scene_next(const struct scene *scene, unsigned groups,
                              int fd, size_t *number)
{
    for (; *number < scene->trace->count; ++*number) {
        const struct call *call = trace_call(scene->trace, *number);
        if (matches(scene, call, groups, fd))
            return call;
    }
    return NULL;
}

const struct call *scene_next_datagram(const struct scene *scene, int fd,
                                       size_t *number)
{
    unsigned moves = CALLS_RECEIVE | CALLS_SEND;
    for (const struct call *call;
         (call = scene_next(scene, moves, fd, number)) != NULL; ++*number)
        if (call->on_datagrams && !call->only_looks)
            return call;
    return NULL;
}

const struct call *scene_find(const struct scene *scene, long number)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->info->number == number)
            return call;
    }
    return NULL;
}

const struct call *scene_last(const struct scene *scene, unsigned groups)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (matches(scene, call, groups, -1))
            return call;
    }
    return NULL;
}

// The last close() of that descriptor in the process, before event AT; NULL if
// it was another file that was closed there, or none.
static const struct call *find_close(struct trace *trace, size_t at,
                                     const struct call *bad)
{
    for (const struct call *call; (call = trace_last_call(trace, &at)) != NULL;)
        if (call->info->number == SYS_close && call->pid == bad->pid &&
            call->fd == bad->fd && call->result == 0)
            return call->on_socket ? call : NULL;
    return NULL;
}

// True if it is what stdio does to a stream whose number a socket has had, as
// the stream was closed when the program began.
static bool is_of_a_stream(const struct call *call)
{
    return call->fd <= STDERR_FILENO && (call->info->number == SYS_write ||
                                         call->info->number == SYS_writev ||
                                         call->info->number == SYS_close);
}

const struct call *scene_closed_before(const struct call **closed)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call_failed_with(call, EBADF) && call->info->number != SYS_fcntl &&
            !is_of_a_stream(call) &&
            (*closed = find_close(trace, i - 1, call)) != NULL)
            return call;
    return NULL;
}

bool scene_has_gap(const struct failure *failure, size_t *at, size_t *same)
{
    const char *got = failure->actual, *wanted = failure->expected;
    size_t size = failure->actual_size, whole = failure->expected_size;
    *at = *same = 0;
    while (*at < size && *at < whole && got[*at] == wanted[*at])
        ++*at;
    while (*same < size - *at &&
           got[size - 1 - *same] == wanted[whole - 1 - *same])
        ++*same;
    return *at > 0 && size > *at && size < whole && *at + *same == size;
}

size_t scene_place_of(const struct peer *peer, size_t *at)
{
    enum { LEAST = 5, ENOUGH = 16, MOST = 256 };
    const struct bytes *in = &peer->in, *out = &peer->out;
    *at = 0;
    while (*at < in->size && *at < peer->sent && in->at[*at] == out->at[*at])
        ++*at;
    size_t more = in->size - *at, same = 0;
    if (more > MOST)
        more = MOST;
    // All of it again, and again: a short message may be shorter than that.
    while (*at > 0 && *at == peer->sent && more >= *at && same < more &&
           in->at[*at + same] == out->at[same % *at])
        same++;
    if (same == more && same >= LEAST)
        return 0;
    if (more < ENOUGH)
        return SIZE_MAX;
    const unsigned char *found = memmem(out->at, out->size, in->at + *at, more);
    return found == NULL ? SIZE_MAX : (size_t)(found - out->at);
}

uint64_t call_flags(const struct call *call)
{
    switch (call->info->number) {
    case SYS_recvfrom:
    case SYS_sendto: return call->args[3];
    case SYS_recvmsg:
    case SYS_sendmsg: return call->args[2];
    default: return 0;
    }
}

bool call_waits_for_all(const struct call *call)
{
    return call->group == CALLS_RECEIVE &&
           (call_flags(call) & MSG_WAITALL) != 0;
}

bool call_failed_with(const struct call *call, int error)
{
    return call->finished && call->result == -error;
}

bool call_is_failure(const struct call *call)
{
    return call->finished && call->result < 0 &&
           !call_failed_with(call, EINTR) && !call_failed_with(call, EAGAIN) &&
           !call_failed_with(call, EINPROGRESS);
}

const struct call *scene_find_failed(const struct scene *scene, int error)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->on_socket && call_failed_with(call, error))
            return call;
    }
    return NULL;
}

bool scene_awaits_announcement(const struct scene *scene)
{
    return scene->program != NULL &&
           scene->failure->awaits == AWAITS_ANNOUNCEMENT;
}

const struct call *scene_last_failed(const struct scene *scene)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->on_socket && call_is_failure(call))
            return call;
    }
    return NULL;
}

bool scene_speaks(const struct scene *scene, enum protocol protocol)
{
    return (scene->stage->speaks & protocol) != 0;
}

bool scene_is_server(const struct scene *scene)
{
    return scene->program != NULL && scene->program->address.v4.sin_port != 0;
}

bool scene_is_loop(const struct scene *scene)
{
    return scene_last(scene, CALLS_WAIT) != NULL;
}

const struct peer *scene_peer_of(const struct scene *scene,
                                 const struct call *call)
{
    return peer_of_call(scene->stage, call);
}

int scene_descriptor_of(const struct scene *scene, const struct peer *peer)
{
    size_t i = peer == NULL ? 0 : scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (scene_peer_of(scene, call) != peer)
            continue;
        if (call->info->number == SYS_close)
            return -1;
        return call->group == CALLS_ACCEPT ? (int)call->result : call->fd;
    }
    return -1;
}

void scene_say_peer(const struct scene *scene, const struct peer *peer)
{
    const char *other = peer->datagrams != NULL ? "peer" : "connection";
    scene_say(scene, "%s %d", scene_is_server(scene) ? "client" : other,
              peer->number);
}

uint64_t scene_received(const struct scene *scene)
{
    uint64_t total = 0;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++)
        if (call->finished && call->result > 0)
            total += (uint64_t)call->result;
    return total;
}

const struct call *scene_blocked_call(const struct scene *scene)
{
    return thread_blocked_call(&scene->stage->tracer, scene->program->pid);
}

// True if the program's last receive from that peer found the end.
bool scene_has_seen_end(const struct scene *scene, const struct peer *peer)
{
    const struct call *last = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++)
        if (scene_peer_of(scene, call) == peer)
            last = call;
    return last != NULL && last->result == 0 && last->asked > 0;
}

// What the program could receive: bytes, or the end of the stream (1).
size_t scene_receivable(const struct scene *scene, const struct peer *peer)
{
    struct tcp_socket socket;
    if (!sockdiag_find(&peer->remote, &peer->local, &socket))
        return 0;
    bool ended =
        socket.state == TCP_CLOSE_WAIT && !scene_has_seen_end(scene, peer);
    return socket.unread > 0 ? socket.unread : ended;
}
