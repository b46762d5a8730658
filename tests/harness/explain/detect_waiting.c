// The detectors for programs that wait for ever or run in circles.

#include "explain/detectors.h"

#include "base/names.h"
#include "trace/format.h"
#include "kernel/procfs.h"
#include "kernel/sockdiag.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// Both sides send, and neither receives.
bool detect_deadlock(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    const struct program *program = scene->program;
    if (peer == NULL || program == NULL || program->ended ||
        scene->failure->wait != WAIT_HANGS || !peer->echoes)
        return false;
    const struct call *blocked = scene_blocked_call(scene);
    struct tcp_socket socket;
    if (blocked == NULL || blocked->group != CALLS_SEND ||
        !sockdiag_find(&peer->remote, &peer->local, &socket) ||
        socket.unread == 0)
        return false;
    scene_say(scene, "Deadlock: your program is blocked in ");
    scene_say_call(scene, blocked);
    scene_say(scene,
              ", because the server takes no more until its echo is "
              "taken; and %zu bytes of that echo lie unread at your "
              "program's socket. The kernel's buffers between the two "
              "are full. Receive while you send: a piece, then its "
              "echo, then the next piece.",
              socket.unread);
    scene_say_read(scene, "the lesson's README.md on the deadlock");
    return true;
}

static const char *uncommon_call(long number)
{
    switch (number) {
    case SYS_futex: return "a lock, a condition variable or pthread_join()";
    case SYS_nanosleep:
    case SYS_clock_nanosleep: return "sleep() or its kin";
    case SYS_wait4:
    case SYS_waitid: return "wait(), for a child process";
#ifdef SYS_pause
    case SYS_pause: return "pause()";
#endif
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait: return "waiting for a signal";
    case SYS_flock: return "waiting for a file lock";
    default: return NULL;
    }
}

// It waits for more of an echo that is all there.
static bool say_all_echoed(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    if (scene_is_server(scene) || !scene_speaks(scene, PROTOCOL_ECHO) ||
        peer->in.size != peer->sent || !peer->echoes)
        return false;
    if (peer->sent == 0)
        scene_say(scene, " It has sent nothing, so nothing comes back: an echo "
                         "has as many bytes as the message.");
    else
        scene_say(scene,
                  " All %zu bytes that it has sent have come back, and the "
                  "server waits for more from it: an echo has as many bytes "
                  "as the message, so count them.",
                  peer->sent);
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
    return true;
}

// It waits, and has called nothing on a socket since it began to connect it.
static void say_connecting(const struct scene *scene)
{
    unsigned next = CALLS_SETUP | CALLS_RECEIVE | CALLS_SEND | CALLS_CLOSE;
    const struct call *last = scene_last(scene, CALLS_CONNECT);
    const struct call *then = scene_last(scene, next);
    // What it called last was before that.
    if (last == NULL || !call_failed_with(last, EINPROGRESS) ||
        (then != NULL && then > last))
        return;
    scene_say(scene, " ");
    scene_say_call(scene, last);
    scene_say(scene, " has begun to connect: the socket becomes writable, and "
                     "not readable, when that has succeeded.");
    scene_say_read(scene, "man 2 connect, EINPROGRESS");
}

// What a server that waits in accept() should do for the client that is there.
static void say_next_client(const struct scene *scene)
{
    if (scene_speaks(scene, PROTOCOL_IN_TURN))
        scene_say(scene, " It waits for the next client, and the one that was "
                         "here has not had all that it should.");
    else if (scene_speaks(scene, PROTOCOL_MESSAGES | PROTOCOL_RPC))
        scene_say(scene, " It waits for one more client, and those that are "
                         "here wait for it.");
    else
        scene_say(scene, " It waits for one more client, but this server "
                         "serves one and then exits.");
}

// True if a server is in read(), as stdio is, and has got all of what the other
// side has sent, which is no line.
static bool is_stdio_without_newline(const struct scene *scene,
                                     const struct call *call)
{
    const struct bytes *sent = &scene->peer->out;
    return call->info->number == SYS_read && scene_is_server(scene) &&
           scene_speaks(scene, PROTOCOL_ECHO) &&
           scene_received(scene) == sent->size && sent->size > 0 &&
           memchr(sent->at, '\n', sent->size) == NULL;
}

static void say_more_awaited(const struct scene *scene, const struct call *call)
{
    if (call_waits_for_all(call))
        scene_say(scene,
                  " MSG_WAITALL lets it return only once all %" PRIu64
                  " bytes are there.",
                  call->asked);
    scene_say(scene, " It waits for more, but the grader has sent all it "
                     "will send before it sees the answer: use what has "
                     "arrived, however little.");
    if (is_stdio_without_newline(scene, call))
        scene_say(scene, " (None of the bytes that came is a newline: "
                         "fgets() and its kin wait for one.)");
    scene_say_read(scene, "man 2 recv, DESCRIPTION; the lesson on recv");
}

// What the blocked call waits for, in the words of the lesson.
static void say_reason(const struct scene *scene, const struct call *call)
{
    const struct peer *peer = scene->peer;
    if (call->group == CALLS_ACCEPT && peer != NULL) {
        say_next_client(scene);
    } else if (call->group == CALLS_RECEIVE && !call->on_socket) {
        scene_say(scene, " That is standard input, which this program should "
                         "not wait for now.");
    } else if (call->group == CALLS_RECEIVE && call->on_datagrams) {
        scene_say(scene, " It waits for a datagram. What was to be done with "
                         "those that have come, if any have? Read: man 7 udp.");
    } else if (call->group == CALLS_RECEIVE && peer != NULL &&
               !peer->finished && peer->sent == peer->out.size &&
               scene_speaks(scene, PROTOCOL_MESSAGES)) {
        scene_say(scene, " It waits for more than there is: the two lengths "
                         "in a message say where it ends. Nothing behind it "
                         "is to be waited for, and neither is the end of the "
                         "stream.");
        scene_say_read(scene, "the lesson on when a message is complete");
    } else if (call->group == CALLS_RECEIVE && peer != NULL &&
               !peer->finished && peer->sent == peer->out.size) {
        if (!say_all_echoed(scene))
            say_more_awaited(scene, call);
    } else if (call->group == CALLS_RECEIVE) {
        scene_say(scene, " It waits for bytes that nobody will send.");
        scene_say_read(scene, "man 2 recv; the lesson on recv");
    } else if (call->group == CALLS_WAIT) {
        say_connecting(scene);
    } else if (call->group == CALLS_SEND) {
        scene_say(scene, " The kernel's buffers are full, and nobody takes "
                         "anything out of them.");
    }
}

bool detect_blocked(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || program->ended ||
        (scene->failure->wait != WAIT_HANGS &&
         scene->failure->wait != WAIT_STALLED))
        return false;
    const struct call *call = scene_blocked_call(scene);
    if (call != NULL) {
        scene_say(scene, "Your program is blocked in ");
        scene_say_call(scene, call);
        scene_say(scene, ", and nothing is on its way that could wake it.");
        say_reason(scene, call);
        return true;
    }
    struct thread_state state;
    const char *name = NULL;
    if (procfs_thread(program->pid, &state) == 0)
        name = uncommon_call(state.call);
    if (name == NULL && !scene->stage->traced)
        scene_say(scene, "Your program waits, and nothing is on its way that "
                         "could wake it. This check runs without the tracer, "
                         "so no more is known.");
    else
        scene_say(scene,
                  "Your program is blocked in %s, and nothing is on its way "
                  "that could wake it.",
                  name != NULL ? name
                               : "a call that has nothing to do with "
                                 "sockets");
    if (scene->failure->awaits == AWAITS_PROGRAM_END)
        scene_say(scene, " It should have ended instead.");
    return true;
}

static const struct call *last_finished(const struct scene *scene)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->on_socket && call->finished && call->group != CALLS_REST)
            return call;
    }
    return NULL;
}

// More on stdout than a pipe holds.
enum { MUCH = 64 * 1024 };

// What to do about a call that answers the same over and over.
static const char *way_out_of_spin(const struct scene *scene,
                                   const struct call *last)
{
    if (last->group == CALLS_SEND && last->result == 0 && last->asked == 0)
        return ". It is offered no bytes: once all are sent there is nothing "
               "to send any more, and a part that has none left is stepped "
               "over.";
    if (call_failed_with(last, EAGAIN) && !scene_is_loop(scene) &&
        last->on_datagrams && last->group == CALLS_RECEIVE &&
        !scene_is_server(scene))
        return ". There is nothing yet. poll() waits until there is, and no "
               "longer than you say: for what is left of the time.";
    if (call_failed_with(last, EAGAIN) && !scene_is_loop(scene) &&
        (call_flags(last) & MSG_DONTWAIT) != 0)
        return ". MSG_DONTWAIT asks it not to wait: without that flag it waits "
               "by itself, and takes no processor time meanwhile.";
    if (call_failed_with(last, EAGAIN))
        return ". EAGAIN is no failure: there is nothing to do on that socket "
               "now, and all others wait meanwhile. Leave it, and wait until "
               "it is named as ready.";
    return last->result < 0 ? ". A call that fails will most likely fail again."
                            : ". Let it wait for something.";
}

// The sleep of its last rounds, in which it also calls something else; NULL if
// it sleeps in none.
static const struct call *find_nap(const struct scene *scene)
{
    enum { ROUNDS = 16 };
    const struct call *nap = NULL;
    size_t i = scene->trace->count, naps = 0, others = 0;
    for (const struct call *call;
         naps < ROUNDS && (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->group == CALLS_REST &&
            strstr(call->info->name, "nanosleep") != NULL) {
            nap = call;
            naps++;
        } else {
            others += call->on_socket && call->finished;
        }
    }
    return naps >= ROUNDS && others >= ROUNDS - 1 ? nap : NULL;
}

// It asks its sockets how it is, and sleeps, and asks again.
static bool say_naps(const struct scene *scene)
{
    const struct call *nap = find_nap(scene);
    if (nap == NULL)
        return false;
    scene_say(scene, "Your program wakes up again and again: it tries its "
                     "sockets, ");
    scene_say_call(scene, nap);
    scene_say(scene,
              " lets time pass, whatever comes meanwhile, and it tries "
              "them again. That takes processor time while nothing "
              "happens, and is late when something does. Let %s() "
              "wait for all of them: it returns as soon as there is "
              "something.",
              scene_wait_name(scene));
    scene_say_read_wait(scene, "");
    return true;
}

bool detect_spin(const struct scene *scene)
{
    if (scene->failure->wait != WAIT_SPINS || scene->program == NULL)
        return false;
    if (say_naps(scene))
        return true;
    const struct call *last = last_finished(scene);
    size_t count = 0;
    for (size_t i = scene->trace->count; i-- > 0 && last != NULL;) {
        const struct call *call = trace_call(scene->trace, i);
        if (call == NULL || call->info != last->info ||
            (call->finished && call->result != last->result))
            break;
        count++;
    }
    if (count < 10) {
        scene_say(scene, "Your program runs in circles without waiting for "
                         "anything");
        if (last != NULL) {
            scene_say(scene, "; its last call on a socket was ");
            scene_say_call(scene, last);
        }
        scene_say(scene, ".");
        if (scene->program->out.size > MUCH)
            scene_say(scene, " It prints on and on meanwhile: what has been "
                             "dealt with is to be taken out of what is left.");
        return true;
    }
    scene_say(scene, "Your program spins: it calls ");
    scene_say_call(scene, last);
    scene_say(scene, " over and over, and each time the answer is ");
    format_result(scene->out, last);
    scene_say(scene, "%s", way_out_of_spin(scene, last));
    return true;
}

static bool is_in_want(const struct call *accept)
{
    return call_failed_with(accept, EMFILE) ||
           call_failed_with(accept, ENFILE) ||
           call_failed_with(accept, ENOBUFS) ||
           call_failed_with(accept, ENOMEM);
}

// accept() failed for want of a descriptor, or of memory, and has never been
// called again.
bool detect_accept_forgotten(const struct scene *scene)
{
    const struct call *accept = scene_last(scene, CALLS_ACCEPT);
    const struct program *program = scene->program;
    if (program == NULL || program->ended || accept == NULL ||
        scene->failure->awaits == AWAITS_PROGRAM_END ||
        (scene->failure->wait != WAIT_HANGS &&
         scene->failure->wait != WAIT_STALLED) ||
        !is_in_want(accept))
        return false;
    const struct call *wait = scene_blocked_call(scene);
    // One that goes round may be judged between two waits.
    if (wait == NULL || wait->group == CALLS_SETUP)
        wait = scene_last(scene, CALLS_WAIT);
    if (wait == NULL || wait->group == CALLS_ACCEPT)
        return false;
    scene_say_call(scene, accept);
    scene_say(scene, " failed with %s, and was not called again since: ",
              name_of_error((int)-accept->result));
    scene_say_call(scene, wait);
    scene_say(
        scene,
        " waits for others than the listening socket, again and "
        "again or for ever. What was missing may be given back by anybody, "
        "with no client of yours leaving: look again after a while.");
    scene_say_read(scene, "man 2 accept, ENFILE; the lesson on accept");
    return true;
}
