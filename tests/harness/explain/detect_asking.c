// The detectors for where a socket of UDP's is bound, and for clients that ask
// over UDP and have to notice that nobody answers.

#include "explain/detectors.h"

#include "base/names.h"
#include "kernel/procfs.h"
#include "trace/format.h"
#include "tracer/waits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// The last bind() of UDP's that has succeeded; NULL if there is none.
static const struct call *find_bound(const struct scene *scene)
{
    const struct call *bound = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP, -1, &at)) != NULL; at++)
        if (call->info->number == SYS_bind && call->on_datagrams &&
            call->result == 0)
            bound = call;
    return bound;
}

static bool is_bound_to(const struct call *bound, const char *host)
{
    return bound->note_size >= strlen(host) &&
           memcmp(bound->note, host, strlen(host)) == 0;
}

// True if the socket gets what is sent to that address, as far as bind() tells:
// the kernel may have chosen the port.
static bool is_bound_for(const struct call *bound,
                         const union endpoint *address)
{
    union endpoint any_port = *address, everywhere = *address;
    char text[ENDPOINT_TEXT_SIZE];
    const bool ipv6 = address->any.sa_family == AF_INET6;
    any_port.v4.sin_port = 0;
    endpoint_make(ipv6 ? "::" : "0.0.0.0", address->v4.sin_port, &everywhere);
    if (is_bound_to(bound, endpoint_text(address, text)) ||
        is_bound_to(bound, endpoint_text(&everywhere, text)))
        return true;
    everywhere.v4.sin_port = 0;
    return is_bound_to(bound, endpoint_text(&any_port, text)) ||
           is_bound_to(bound, endpoint_text(&everywhere, text));
}

// What the client has asked came to no socket of the program.
static bool has_not_come(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++)
        if (call->on_datagrams && call->finished && call->result >= 0 &&
            scene_peer_of(scene, call) == peer)
            return false;
    return true;
}

// A setsockopt() that has failed, and not by the weather; NULL if none has.
static const struct call *find_refused_option(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call; (call = scene_next_call(scene, &i)) != NULL;)
        if (call->info->number == SYS_setsockopt && call->result < 0 &&
            call->effect == CALM)
            return call;
    return NULL;
}

// Why the socket is bound there, and not where the client has asked.
static void say_why_there(const struct scene *scene, const struct call *bound)
{
    const struct program *program = scene->program;
    const struct call *refused = find_refused_option(scene);
    const bool ipv6 = program->address.any.sa_family == AF_INET6;
    const bool is_alone =
        is_bound_to(bound, "127.0.0.1") || is_bound_to(bound, "[::1]");
    if (!ipv6 && is_bound_to(bound, "[::]")) {
        scene_say(scene, "A socket for IPv6 serves IPv4, too, if IPV6_V6ONLY "
                         "is 0. Whether it is so by itself, each machine has "
                         "set up for itself: set it to 0, before bind().");
        scene_say_read(scene, "man 7 ipv6, IPV6_V6ONLY");
    } else if (refused != NULL) {
        scene_say_call(scene, refused);
        scene_say(scene,
                  " has failed with %s for the socket before, which was "
                  "given up for that: is it an option that can be set "
                  "there?",
                  name_of_error((int)-refused->result));
        scene_say_read(scene, "man 7 ip; man 7 ipv6");
    } else if (ipv6 && is_bound_to(bound, "0.0.0.0")) {
        scene_say(scene, "0.0.0.0 is IPv4 alone. For HOST \"\" the list has :: "
                         "as well, if AF_UNSPEC was asked for: a socket of "
                         "that serves both.");
        scene_say_read(scene, "man 3 getaddrinfo, AI_PASSIVE; man 7 ipv6");
    } else if (is_alone && strstr(program->command, "\"\"") != NULL) {
        scene_say(scene, "HOST is \"\", and that is this machine alone. For "
                         "every interface getaddrinfo() is given NULL as a "
                         "name, and AI_PASSIVE in ai_flags.");
        scene_say_read(scene, "man 3 getaddrinfo, AI_PASSIVE");
    } else {
        scene_say(scene, "Bind what getaddrinfo() gives for HOST and PORT: "
                         "ai_addr, as it is. (A service has its own port over "
                         "UDP: ask for SOCK_DGRAM.)");
        scene_say_read(scene, "man 2 bind; man 3 getaddrinfo");
    }
}

// It is bound to an address that the client has not asked.
bool detect_bound_elsewhere(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *bound = find_bound(scene);
    if (program == NULL || program->ended || !scene_is_server(scene) ||
        scene->failure->awaits != AWAITS_DATAGRAM ||
        scene->failure->peer == NULL || bound == NULL || !has_not_come(scene))
        return false;
    char asked[ENDPOINT_TEXT_SIZE];
    if (is_bound_for(bound, &program->address))
        return false;
    endpoint_text(&program->address, asked);
    scene_say_call(scene, bound);
    scene_say(scene,
              " has bound the socket to %.*s, and the client has asked "
              "%s: that has never come. ",
              (int)bound->note_size, bound->note, asked);
    say_why_there(scene, bound);
    return true;
}

static const struct call *find_effect(const struct scene *scene,
                                      enum weather_effect effect)
{
    const struct call *last = NULL;
    size_t i = 0;
    for (const struct call *call; (call = scene_next_call(scene, &i)) != NULL;)
        if (call->effect == effect)
            last = call;
    return last;
}

// How long the client may stay in the call that it is in, by its own limit.
static int64_t limit_of(const struct scene *scene, const struct call *blocked)
{
    struct thread_state state;
    return procfs_thread(blocked->tid, &state) == -1
               ? -1
               : waits_limit_ns(&scene->stage->tracer, blocked->tid, &state);
}

// How often the client has asked. *last is the last time.
static size_t count_asked(const struct scene *scene, const struct call **last)
{
    size_t count = 0, at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SEND, -1, &at)) != NULL; at++)
        if (call->on_datagrams && call->finished && call->result >= 0) {
            count++;
            *last = call;
        }
    return count;
}

// The client has asked, and is in a call that has no limit, and nothing comes.
// (A server that has not announced itself asks nobody.)
bool detect_waits_for_the_lost(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *asked = NULL;
    if (program == NULL || program->ended || scene_is_server(scene) ||
        find_bound(scene) != NULL || scene->failure->wait == WAIT_SPINS ||
        count_asked(scene, &asked) == 0)
        return false;
    const struct call *blocked = scene_blocked_call(scene);
    if (blocked == NULL || blocked->finished ||
        (blocked->group & (CALLS_RECEIVE | CALLS_WAIT)) == 0 ||
        (call_flags(blocked) & MSG_DONTWAIT) != 0 ||
        limit_of(scene, blocked) >= 0)
        return false;
    const struct call *alarmed = find_effect(scene, ALARMED);
    if (alarmed != NULL && blocked->group == CALLS_RECEIVE) {
        scene_say_call(scene, alarmed);
        scene_say(scene, " said that there is something to receive, and there "
                         "was nothing: a datagram whose checksum is wrong is "
                         "only found out when it is fetched. So ");
        scene_say_call(scene, blocked);
        scene_say(scene, " waits, without a limit: with MSG_DONTWAIT it fails "
                         "with EAGAIN, and you can wait on.");
        scene_say_read(scene, "man 2 select, BUGS; man 2 recv, MSG_DONTWAIT");
        return true;
    }
    scene_say_call(scene, blocked);
    scene_say(scene, " waits without a limit for an answer. A datagram may be "
                     "lost on its way, there or back, and nobody tells you: "
                     "only that time has passed. Give the wait a limit, and "
                     "then ask again.");
    scene_say_read(scene, "man 7 udp; man 2 poll; the lesson on deadlines");
    return true;
}

// The client has given up before it has asked as often as it should.
bool detect_gave_up_asking(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *last = NULL;
    if (program == NULL || !program->ended || scene_is_server(scene) ||
        scene->failure->awaits != AWAITS_DATAGRAM ||
        scene_last_failed(scene) != NULL)
        return false;
    const size_t count = count_asked(scene, &last);
    if (count == 0)
        return false;
    scene_say_call(scene, last);
    if (count == 1)
        scene_say(scene, " has asked, once, and then your program ended. A "
                         "datagram that is lost has to be sent again: TRIES is "
                         "how often, the first time included.");
    else
        scene_say(scene,
                  " has asked for the last time, the %zu%s, and one is "
                  "missing. TRIES is how often it asks, the first time "
                  "included: where does your loop begin to count, and where "
                  "does it end?",
                  count,
                  count == 2   ? "nd"
                  : count == 3 ? "rd"
                               : "th");
    scene_say_stderr(scene);
    return true;
}

// The answer went to a socket that the client has no more.
bool detect_answer_to_old_socket(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *first = NULL;
    if (program == NULL || scene_is_server(scene) ||
        scene->failure->awaits != AWAITS_PROGRAM_END)
        return false;
    size_t i = 0, asked = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        asked += call->on_datagrams && call->group == CALLS_SEND;
        if (call->info->number != SYS_socket || call->result < 0 ||
            call->local || asked == 0)
            continue;
        first = call;
        break;
    }
    if (first == NULL)
        return false;
    scene_say_call(scene, first);
    scene_say(scene, " makes another socket, for another try. The answer to "
                     "the one before may still come, and it is as good: but it "
                     "goes to that one's port. Ask all tries from one socket, "
                     "or look at all of them.");
    return true;
}
