// The detectors for a server's start and a client's target: where it listens,
// what it announces, whom it calls.

#include "explain/detectors.h"

#include "kernel/procfs.h"
#include "base/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// The write() that made the announcement.
static const struct call *find_announcement(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->fd == 1 && call->group == CALLS_SEND &&
            memmem(call->note, call->note_size, "listening on", 12) != NULL)
            return call;
    }
    return NULL;
}

bool detect_early_announcement(const struct scene *scene)
{
    const bool is_udp = scene_speaks(scene, PROTOCOL_DATAGRAMS);
    const struct call *said = find_announcement(scene);
    const struct call *listens =
        scene_find(scene, is_udp ? SYS_bind : SYS_listen);
    if (said == NULL || listens == NULL || listens < said ||
        said->ended_us == 0)
        return false;
    scene_say(scene, "Your program prints \"listening on\"");
    scene_say_where(scene, said);
    scene_say(scene, ", before it calls ");
    scene_say_call(scene, listens);
    if (is_udp)
        scene_say(scene, ". Who reads that line sends at once, and that is "
                         "lost: before bind() the socket has no port. Print it "
                         "when datagrams can come, and not before.");
    else
        scene_say(scene,
                  ". Who reads that line connects at once, and is refused. "
                  "Print it when clients can connect, and not before.");
    scene_say_read(scene, is_udp ? "man 2 bind; man 7 udp"
                                 : "man 2 listen; the lesson on listen");
    return true;
}

// True if the program itself has called anything on a socket.
static bool has_begun(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->on_socket && call->pid == scene->program->pid)
            return true;
    }
    return false;
}

// It ended as if its arguments could not be right. Where they can't be, that
// is what is expected of it.
bool detect_arguments_refused(const struct scene *scene)
{
    const struct program *program = scene->program;
    enum { USAGE_ERROR = 2 };
    if (program == NULL || !program->ended || !WIFEXITED(program->status) ||
        WEXITSTATUS(program->status) != USAGE_ERROR || has_begun(scene))
        return false;
    scene_say(scene,
              "Your program ended with exit status 2, which is for arguments "
              "that can't be right, and these are right: %s.",
              program->command);
    if (scene->failure->awaits == AWAITS_ANNOUNCEMENT)
        scene_say(scene, " (HOST \"\" stands for every interface, INADDR_ANY, "
                         "and with PORT 0 the kernel chooses a port.)");
    scene_say_stderr(scene);
    return true;
}

// listen() gives a socket an address that has none; then bind() can't.
bool detect_listened_first(const struct scene *scene)
{
    const struct call *listens = NULL;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP, -1, &at)) != NULL; at++) {
        // Who has bound it before does not have its address from listen().
        if (call->info->number == SYS_bind && call->result == 0)
            return false;
        if (call->info->number == SYS_listen && listens == NULL)
            listens = call;
        if (call->info->number != SYS_bind || listens == NULL ||
            call->fd != listens->fd || !call_failed_with(call, EINVAL))
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " failed with EINVAL: the socket has an address "
                         "already, which the kernel chose when ");
        scene_say_call(scene, listens);
        scene_say(scene, " came before it. Call bind() first, and then "
                         "listen().");
        scene_say_read(scene, "man 2 bind, EINVAL; the lesson on bind");
        return true;
    }
    return false;
}

static bool asked_for_any_port(const struct call *bound)
{
    return bound->note_size > 2 &&
           memcmp(bound->note + bound->note_size - 2, ":0", 2) == 0;
}

// A client of the other family finds nobody.
static void say_other_family(const struct scene *scene,
                             const union endpoint *is)
{
    scene_say(scene, is->any.sa_family == AF_INET
                         ? "0.0.0.0 is every interface for IPv4, and an IPv6 "
                           "client finds nobody there. A socket for :: with "
                           "IPV6_V6ONLY off serves both families: it has to be "
                           "tried first."
                         : "That socket serves IPv6 only. Whether it serves "
                           "IPv4, too, says IPV6_V6ONLY, and what that is by "
                           "itself differs from machine to machine: set it to "
                           "0 before bind().");
    scene_say_read(scene, "man 7 ipv6, IPV6_V6ONLY");
}

static void say_wrong_host(const struct scene *scene, const union endpoint *is,
                           const struct call *bound)
{
    scene_say(scene, scene->program->is_everywhere
                         ? "HOST was \"\", which stands for every "
                           "interface, INADDR_ANY: look at what is bound"
                         : "That is not the address it was given as HOST: "
                           "look at what is bound");
    scene_say_where(scene, bound);
    if (scene->program->is_everywhere && is->any.sa_family == AF_INET6)
        scene_say(scene, ", and at whether AI_PASSIVE asked getaddrinfo() "
                         "for it");
    scene_say(scene, !endpoint_is_everywhere(is) ? "."
                     : is->any.sa_family == AF_INET
                         ? ". (0.0.0.0, INADDR_ANY, is every interface.)"
                         : ". (::, in6addr_any, is every interface.)");
    scene_say_read(scene, "man 3 inet_pton; man 7 ip, \"sin_addr\"");
}

static void say_where_it_listens(const struct scene *scene,
                                 const union endpoint *is)
{
    const union endpoint *wanted = &scene->program->address;
    char text[ENDPOINT_TEXT_SIZE];
    scene_say(scene, "Your program listens on %s. ", endpoint_text(is, text));
    const struct call *bound = scene_find(scene, SYS_bind);
    if (endpoint_is_everywhere(is) &&
        is->any.sa_family != wanted->any.sa_family) {
        say_other_family(scene, is);
    } else if (bound == NULL) {
        scene_say(scene, "It never calls bind(), so the kernel chose the "
                         "address and port.");
        scene_say_read(scene, "man 2 bind; the lesson on bind");
    } else if (is->v4.sin_port == ntohs(wanted->v4.sin_port) &&
               asked_for_any_port(bound)) {
        scene_say(scene, "It announces that port with its two bytes "
                         "exchanged: what getsockname() fills in is in "
                         "network byte order, so printing it needs ntohs().");
        scene_say_read(scene, "man 3 ntohs");
    } else if (is->v4.sin_port == ntohs(wanted->v4.sin_port)) {
        scene_say(scene,
                  "That is port %u with its two bytes exchanged: "
                  "sin_port is in network byte order, so it needs "
                  "htons().",
                  ntohs(wanted->v4.sin_port));
        scene_say_read(scene, "man 7 ip, \"sin_port\"; man 3 htons");
    } else if (is->v4.sin_port != wanted->v4.sin_port) {
        scene_say(scene, "That is not the port it was to use: look at what is "
                         "bound");
        scene_say_where(scene, bound);
        scene_say(scene, ".");
    } else {
        say_wrong_host(scene, is, bound);
    }
}

// A server that listens elsewhere, or not at all.
bool detect_no_listener(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    const struct program *program = scene->program;
    if (peer == NULL || program == NULL || program->address.v4.sin_port == 0)
        return false;
    bool refused = peer->saw_error == ECONNREFUSED;
    bool elsewhere = peer->connected &&
                     !endpoint_same_host(&peer->remote, &program->address);
    union endpoint is;
    if (!refused && !elsewhere)
        return false;
    if (!program->ended && procfs_find_listener(program->pid, &is)) {
        say_where_it_listens(scene, &is);
        return true;
    }
    if (!scene->stage->traced || scene_find(scene, SYS_listen) != NULL)
        return false;
    scene_say(scene, "Your program has no listening socket: it never calls "
                     "listen().");
    scene_say_read(scene, "man 2 listen; the lesson on listen");
    return true;
}

// It waits for a client, and nobody was told.
bool detect_no_flush(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct call *listens = scene_find(
        scene, scene_speaks(scene, PROTOCOL_DATAGRAMS) ? SYS_bind : SYS_listen);
    if (program == NULL || program->ended || listens == NULL ||
        scene->failure->peer != NULL || program->out.size > 0)
        return false;
    const struct call *blocked = scene_blocked_call(scene);
    if (blocked == NULL)
        return false;
    scene_say_call(scene, blocked);
    scene_say(scene, " waits for a client, but nothing has come out of stdout. "
                     "Into a pipe, printf() only fills a buffer: call "
                     "fflush(stdout) once the line is printed.");
    scene_say_read(scene, "man 3 setbuf, \"line buffered\"; man 3 fflush");
    return true;
}

// The first connect() of the program itself: others may have run before it.
static const struct call *find_connect(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->info->number == SYS_connect && scene->program != NULL &&
            call->pid == scene->program->pid)
            return call;
    }
    return NULL;
}

// A client that connected, or tried to, to something else.
bool detect_wrong_target(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    const struct call *call = find_connect(scene);
    if (peer == NULL || call == NULL || peer->connected ||
        !(peer->listening || peer->server != NULL))
        return false;
    // A name may have other addresses before the peer's.
    if (scene->stage->tracer.resolver.is_made)
        return false;
    char wanted[ENDPOINT_TEXT_SIZE];
    endpoint_text(&peer->local, wanted);
    if (call->note_size == 0 || strcmp(call->note, wanted) == 0)
        return false;
    scene_say_call(scene, call);
    scene_say(scene, " connects to %s instead of %s.", call->note, wanted);
    char swapped[64];
    snprintf(swapped, sizeof swapped, ":%u", peer->local.v4.sin_port);
    if (strstr(call->note, swapped) != NULL) {
        scene_say(scene, " The port's two bytes are exchanged: sin_port is in "
                         "network byte order, so it needs htons().");
        scene_say_read(scene, "man 7 ip, \"sin_port\"; man 3 htons");
    }
    return true;
}

// Nobody listens where it was to call, and it has ended well.
static bool missed_nobody(const struct scene *scene)
{
    const int *wanted = scene->failure->wanted_status;
    return scene->program != NULL && scene->program->ended &&
           scene->program->status == 0 && wanted != NULL &&
           *wanted == EXIT_FAILURE;
}

bool detect_no_connect(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    if (scene_is_server(scene) || !scene->stage->traced ||
        (peer != NULL ? !peer->listening : !missed_nobody(scene)))
        return false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        // Who listens is a server, which never calls anybody.
        if (call->group == CALLS_CONNECT || call->info->number == SYS_listen ||
            (call->info->number == SYS_socket && call->result < 0))
            return false;
    }
    if (peer != NULL && scene_last(scene, CALLS_SETUP) == NULL)
        return false;
    scene_say(scene,
              scene_last(scene, CALLS_SETUP) != NULL
                  ? "Your program makes a socket, but never calls connect()."
                  : "Your program never calls connect().");
    scene_say_read(scene, "man 2 connect; the lesson on connect");
    return true;
}
