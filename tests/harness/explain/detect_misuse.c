// The detectors for calls on the wrong kind of thing or with the wrong
// arguments.

#include "explain/detectors.h"
#include "explain/naming_errors.h"

#include "trace/format.h"
#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// getpeername() is a client's lawful way to ask whether an attempt to connect
// has succeeded: "no" is an answer.
static bool asks_for_the_outcome(const struct scene *scene,
                                 const struct call *call)
{
    return call->info->number == SYS_getpeername && !scene_is_server(scene);
}

// The first call that failed because its descriptor is not what it should be;
// what comes after it may be no more than its consequence.
static const struct call *find_misdirected(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call; (call = scene_next_call(scene, &i)) != NULL;)
        if (call->on_socket && call->group != CALLS_CLOSE &&
            call->info->number != SYS_fcntl &&
            (call_failed_with(call, ENOTSOCK) ||
             call_failed_with(call, EBADF) ||
             (call_failed_with(call, ENOTCONN) &&
              !asks_for_the_outcome(scene, call))))
            return call;
    return NULL;
}

// A client's CALL was on a socket that is not connected.
static void say_not_connected(const struct scene *scene,
                              const struct call *call)
{
    // The last one: earlier ones may have been of a socket with that number
    // which is closed.
    const struct call *attempt = NULL;
    size_t at = 0;
    for (const struct call *next;
         (next = scene_next(scene, CALLS_CONNECT, call->fd, &at)) != NULL; at++)
        attempt = next;
    if (attempt == NULL || attempt->result >= 0 ||
        call_failed_with(attempt, EINPROGRESS) ||
        call_failed_with(attempt, EINTR)) { // that one goes on
        scene_say(scene, ": connect() was not called on it, or has failed. "
                         "Nothing can be sent or received there");
        return;
    }
    scene_say(scene, ": ");
    scene_say_call(scene, attempt);
    scene_say(scene,
              " had failed with %s. That is the reason, and nothing can be "
              "sent or received there: look at what connect() returns, "
              "whatever it is",
              name_of_error((int)-attempt->result));
}

static void say_no_connection(const struct scene *scene,
                              const struct call *call)
{
    size_t at = 0;
    const struct call *accepted = scene_next(scene, CALLS_ACCEPT, -1, &at);
    const struct call *listens = scene_find(scene, SYS_listen);
    scene_say(scene, " was called on descriptor %d, which has no connection",
              call->fd);
    if (listens != NULL && listens->fd == call->fd)
        scene_say(scene, ": it is the listening socket, and that never has "
                         "one. Each client has a socket of its own, which "
                         "accept() returns");
    if (listens != NULL && listens->fd == call->fd && accepted != NULL &&
        accepted->result >= 0)
        scene_say(scene, ": here %d", (int)accepted->result);
    if (!scene_is_server(scene))
        say_not_connected(scene, call);
    scene_say(scene, ".");
    scene_say_read(scene,
                   scene_is_server(scene)
                       ? "man 2 accept, DESCRIPTION; the lesson on accept"
                       : "man 2 connect, RETURN VALUE");
}

// -1 comes from a call that failed, and whose result was not looked at.
static bool say_whose_failure(const struct scene *scene,
                              const struct call *call)
{
    const struct call *failed = NULL;
    size_t i = 0;
    for (const struct call *before;
         (before = scene_next_call(scene, &i)) != NULL && before != call;)
        if (before->result < 0 && (before->info->number == SYS_socket ||
                                   before->group == CALLS_ACCEPT))
            failed = before;
    if (call->fd != -1 || failed == NULL)
        return false;
    scene_say_call(scene, failed);
    scene_say(scene,
              " failed with %s and returned -1, which is no descriptor. ",
              name_of_error((int)-failed->result));
    scene_say_call(scene, call);
    scene_say(scene,
              " was called with it all the same, and its EBADF is not the "
              "reason: look at what each call returns before you use "
              "it.");
    scene_say_read(scene, "man 2 socket, RETURN VALUE and ERRORS");
    return true;
}

// A call on standard input, on a closed descriptor, or on the listener.
bool detect_wrong_descriptor(const struct scene *scene)
{
    const struct call *call = find_misdirected(scene);
    if (call == NULL ||
        (call->group == CALLS_WAIT && scene->failure->wait == WAIT_SPINS))
        return false;
    if (say_whose_failure(scene, call))
        return true;
    if (call->group == CALLS_WAIT) {
        scene_say_call(scene, call);
        scene_say(scene, " failed with EBADF: a descriptor that is closed, or "
                         "-1, is in one of the sets.");
        scene_say_read(scene, "man 2 select, EBADF; the lesson on the sets");
        return true;
    }
    scene_say_call(scene, call);
    if (call_failed_with(call, ENOTCONN)) {
        say_no_connection(scene, call);
        return true;
    }
    scene_say(scene, " was called on descriptor %d, which is %s.", call->fd,
              call->fd >= 0 && call->fd <= 2
                  ? "standard input, output or error, and no socket"
              : call_failed_with(call, EBADF) ? "not open (any more)"
                                              : "no socket");
    scene_say(scene, " Look where that number comes from: \"if (fd = call() == "
                     "-1)\" stores the comparison, not the descriptor, and "
                     "what is closed must not be used again.");
    return true;
}

bool detect_wrong_socket_type(const struct scene *scene)
{
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        if (call->info->number != SYS_socket)
            continue;
        int type = (int)call->args[1] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (call->args[0] != AF_INET || type == SOCK_STREAM)
            return false;
        scene_say_call(scene, call);
        scene_say(scene, " makes a socket of type %s. TCP is SOCK_STREAM.",
                  type == SOCK_DGRAM ? "SOCK_DGRAM, for UDP" : "raw");
        scene_say_read(scene, "man 2 socket; man 7 ip");
        return true;
    }
    return false;
}

// A receive that is asked for nothing gets nothing; that is no end of stream.
bool detect_no_room(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (call->info->length != LENGTH_ARGUMENT || call->asked != 0)
            continue;
        scene_say_call(scene, call);
        scene_say(
            scene,
            " was asked for 0 bytes: by your count there was no "
            "room left%s",
            call->finished
                ? ". So it returned 0, which is not the end of the "
                  "stream then."
                : ", or nothing is due. It waits all the same: ask first, "
                  "and don't call it then (while, not do ... while).");
        scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on recv");
        return true;
    }
    return false;
}

static bool holds(const struct output *output, const char *text)
{
    return strstr(output->bytes, text) != NULL;
}

static void say_odd_line(const struct scene *scene, const char *line)
{
    const char *means = meaning_of_naming_error(line, strcspn(line, "\n"));
    scene_say(scene, "%s",
              means != NULL ? means
                            : "Your program prints an announcement, but it is "
                              "not a line of its own that reads listening on "
                              "HOST:PORT.");
}

// An announcement that is there, but not as it should be.
bool detect_odd_announcement(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (!scene_awaits_announcement(scene))
        return false;
    if (holds(&program->err, "listening on")) {
        scene_say(scene, "Your program prints its announcement on stderr. It "
                         "belongs on stdout, which others read to learn the "
                         "port.");
        return true;
    }
    if (!holds(&program->out, "listening on"))
        return false;
    const char *line = strstr(program->out.bytes, "listening on");
    if (strchr(line, '\n') == NULL)
        scene_say(scene, "Your program prints the announcement, but no newline "
                         "behind it: a line ends with \\n.");
    else if (strstr(line, ":0\n") != NULL)
        scene_say(scene,
                  "Port 0 asks the kernel to choose a port. Which one it "
                  "chose is told by getsockname(), after bind(): "
                  "announce that one.");
    else
        say_odd_line(scene, line);
    return true;
}

// Where the program has given that error as a reason; NULL if it has not.
static const char *told_on(const struct program *program,
                           const struct call *failed)
{
    const char *reason = strerror((int)-failed->result);
    return holds(&program->err, reason)   ? "stderr"
           : holds(&program->out, reason) ? "stdout"
                                          : NULL;
}

// The program has said that it got no socket, and gone on with the others that
// it had.
static bool goes_on_with_others(const struct scene *scene,
                                const struct call *failed,
                                const struct call *next)
{
    return failed->info->number == SYS_socket && scene->program != NULL &&
           told_on(scene->program, failed) != NULL &&
           (next->group == CALLS_WAIT || next->fd != -1);
}

// If it then ended as if all had gone well: says so, and returns true.
static bool say_not_remembered(const struct scene *scene,
                               const struct call *failed)
{
    const struct program *program = scene->program;
    const struct call *last = NULL;
    size_t i = scene->trace->count;
    while ((last = scene_last_call(scene, &i)) != NULL)
        if (last->info->number == SYS_socket)
            break;
    if (!program->ended || program->status != 0 || last == NULL ||
        last->result >= 0)
        return false;
    const char *where = told_on(program, failed);
    scene_say_call(scene, failed);
    scene_say(scene,
              " failed with %s (%s). Your program said so on %s, and went "
              "on with the others, which is right. And yet it ended with exit "
              "status 0, which says that all went well: remember that "
              "something did not, until the end, and return 1 then.%s",
              name_of_error((int)-failed->result),
              strerror((int)-failed->result), where,
              strcmp(where, "stdout") == 0
                  ? " And what went wrong is told on stderr."
                  : "");
    scene_say_read(scene, "man 3 exit");
    return true;
}

// A call that prepares the socket failed, and the program used it anyway.
bool detect_error_ignored(const struct scene *scene)
{
    unsigned preparing = CALLS_SETUP | CALLS_CONNECT;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, preparing, -1, &at)) != NULL; at++) {
        // What only has a path is somebody's in a library: nscd(8).
        if (!call->finished || call->result >= 0 || call->local ||
            call_failed_with(call, EINPROGRESS) ||
            call_failed_with(call, EINTR))
            continue;
        size_t after = at + 1;
        const struct call *next = scene_next(scene, ~0U, call->fd, &after);
        // Who has a rest, and then tries the same again, has looked.
        if (next == NULL || next->group == CALLS_CLOSE ||
            next->info == call->info || next->group == CALLS_REST)
            continue;
        if (goes_on_with_others(scene, call, next)) {
            if (say_not_remembered(scene, call))
                return true;
            continue;
        }
        scene_say_call(scene, call);
        scene_say(scene, " failed with %s (%s), and your program went on with ",
                  name_of_error((int)-call->result),
                  strerror((int)-call->result));
        scene_say_call(scene, next);
        scene_say(scene, " as if it had not. Look at every result.");
        return true;
    }
    return false;
}

// bind() or connect() could not make sense of the address.
bool detect_bad_address(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL; at++) {
        long number = call->info->number;
        if (number != SYS_bind && number != SYS_connect)
            continue;
        bool short_one = call_failed_with(call, EINVAL) && call->args[2] < 16;
        bool no_family = call_failed_with(call, EAFNOSUPPORT);
        if (!short_one && !no_family)
            continue;
        scene_say_call(scene, call);
        if (short_one)
            scene_say(scene,
                      " was given an address of %" PRIu64 " bytes, but a "
                      "struct sockaddr_in has 16: sizeof the structure "
                      "is wanted, not of a pointer to it.",
                      call->args[2]);
        else
            scene_say(scene, " failed with EAFNOSUPPORT: the address has no "
                             "right sin_family. For IPv4 that is AF_INET.");
        scene_say_read(scene, "man 7 ip, \"Address format\"");
        return true;
    }
    return false;
}

// True if socket() has returned that descriptor: nobody has put it there.
static bool is_from_socket(const struct scene *scene, int fd)
{
    size_t at = 0;
    const struct call *call;
    while ((call = scene_next_call(scene, &at)) != NULL)
        if (call->info->number == SYS_socket && call->result == fd)
            return true;
    return false;
}

// With stdout closed, the socket got its number.
bool detect_socket_as_stdout(const struct scene *scene)
{
    size_t at = 0;
    const struct call *call = scene_next(scene, CALLS_SEND, 1, &at);
    for (; call != NULL && call->info->number != SYS_write &&
           call->info->number != SYS_writev;
         call = scene_next(scene, CALLS_SEND, 1, &at))
        at++;
    if (call == NULL || !is_from_socket(scene, 1))
        return false;
    scene_say_call(scene, call);
    scene_say(scene, " writes to descriptor 1, and that is the socket: stdout "
                     "was closed when your program began, so socket() got the "
                     "lowest free number, and printf() writes into the "
                     "connection. Look first whether descriptor 1 is open.");
    scene_say_read(scene, "man 2 fcntl, F_GETFD; man 2 open, \"lowest\"");
    return true;
}
