// What there is to know of the calls that fetch has made.

#include "fetching.h"
#include "why.h"

#include "kernel/procfs.h"
#include "stage/stage.h"
#include "trace/format.h"
#include "tracer/waits.h"
#include "words/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static bool is_option(const struct call *call, int option)
{
    return call->info->number == SYS_setsockopt &&
           (int)call->args[1] == SOL_SOCKET && (int)call->args[2] == option;
}

// A call, or what it was asked about, and not for want of something ready.
static bool has_failed(const struct call *call)
{
    int error = 0;
    if (!call->on_socket || !call->finished || call->local)
        return false;
    if (call->info->number == SYS_getsockopt && call->note_size == sizeof error)
        memcpy(&error, call->note, sizeof error);
    return error != 0 ||
           (call->result < 0 && call->result != -EINTR &&
            call->result != -EAGAIN && call->result != -EINPROGRESS);
}

static bool sets_alarm(const struct call *call)
{
#ifdef SYS_alarm
    if (call->info->number == SYS_alarm)
        return true;
#endif
    return call->info->number == SYS_setitimer ||
           call->info->number == SYS_timer_settime;
}

static void look_at(struct past *past, const struct call *call)
{
    past->connects += call->group == CALLS_CONNECT && !call->local;
    past->has_connected =
        past->has_connected ||
        (call->group == CALLS_CONNECT && call->finished && call->result == 0);
    past->interrupted += call->finished && call->result == -EINTR &&
                         call->group != CALLS_CONNECT;
    past->cut_connect =
        past->cut_connect ||
        (call->finished && call->result == -EINTR &&
         call->group == CALLS_CONNECT && call->effect != MADE_TO_FAIL);
    past->moved +=
        call->on_socket && call->group == CALLS_RECEIVE && call->result > 0;
    past->sets_descriptor_flag =
        past->sets_descriptor_flag ||
        (call->info->number == SYS_fcntl && (int)call->args[1] == F_SETFD &&
         (call->args[2] & O_NONBLOCK) != 0);
    past->limits_receiving =
        past->limits_receiving || is_option(call, SO_RCVTIMEO);
    past->limits_sending = past->limits_sending || is_option(call, SO_SNDTIMEO);
    past->has_failed = past->has_failed || has_failed(call);
    past->sets_alarm = past->sets_alarm || sets_alarm(call);
    if (call->group == CALLS_SEND && call->on_socket && call->finished) {
        past->taken += call->result > 0 ? (uint64_t)call->result : 0;
        past->sent = call;
    }
    if (call->effect == TIMED_OUT)
        past->over = call;
}

struct past look_back(const struct program *client)
{
    const struct tracer *tracer = &stage_current()->tracer;
    struct past past = {.limit_ns = -1};
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(tracer->trace, &i)) != NULL;) {
        if (call->root != client->pid)
            continue;
        look_at(&past, call);
        if (is_option(call, SO_RCVTIMEO) || is_option(call, SO_SNDTIMEO))
            past.limited_at = i;
        if (past.connects == 1 && past.begun_at == 0)
            past.begun_at = i;
        if ((call->group & WAITS) != 0 && call->finished &&
            (call->on_socket || call->group == CALLS_WAIT))
            past.waited_at = i;
    }
    if (client->ended)
        return past;
    past.blocked = thread_blocked_call(tracer, client->pid);
    struct thread_state state;
    if (past.blocked != NULL && !past.blocked->finished &&
        procfs_thread(past.blocked->tid, &state) == 0) {
        past.limit_ns = waits_limit_ns(tracer, past.blocked->tid, &state);
        past.waited_ns = clock_now_ns(&tracer->clock) -
                         thread_find(tracer, past.blocked->tid)->began_ns;
    }
    return past;
}

char *time_text(int64_t ns)
{
    char text[16];
    format_time(text, sizeof text, (uint64_t)ns / 1000000);
    return formatted("%s", text);
}

char *what_it_said(const struct program *client)
{
    return formatted("On stderr it says \"%.*s\".",
                     (int)strcspn(client->err.bytes, "\n"), client->err.bytes);
}
