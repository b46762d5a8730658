// The detectors for what is plain to see, and for what is left to say when
// nobody knows a cause.

#include "explain/detectors.h"

#include "trace/format.h"
#include "base/names.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// True if that detector is valid for what the program speaks.
static bool is_valid(const struct scene *scene, detector *detect)
{
    const struct detector_entry *at = detectors;
    while (at->detect != detect)
        at++;
    return scene_speaks(scene, at->valid_for);
}

// A TODO that is finished, and wrong, is not hidden by the next one, which is
// open. What may be missing only because that is not written yet, does not
// count.
static bool is_set_up_wrongly(const struct scene *scene)
{
    static detector *const asked[] = {
        detect_address_length, detect_wrong_socket_type, detect_bad_address,
        detect_listened_first, detect_odd_announcement,  detect_own_port,
        detect_port_in_use,    detect_shared_port,       detect_no_datagrams,
    };
    struct scene unheard = *scene;
    unheard.out = fopen("/dev/null", "we");
    bool wrong = false;
    if (unheard.out == NULL)
        return false;
    for (size_t i = 0; i < sizeof asked / sizeof *asked && !wrong; i++)
        wrong = is_valid(scene, asked[i]) && asked[i](&unheard);
    fclose(unheard.out);
    return wrong;
}

bool detect_open_todo(const struct scene *scene)
{
    const struct program *program = scene->program;
    const char *line =
        program == NULL ? NULL : strstr(program->err.bytes, strerror(ENOSYS));
    if (line == NULL || is_set_up_wrongly(scene))
        return false;
    // It may have said other things before.
    while (line > program->err.bytes && line[-1] != '\n')
        line--;
    scene_say(scene,
              "Your program says \"%.*s\": the code for that is still "
              "the skeleton's. Look for the first TODO that is open.",
              (int)strcspn(line, "\n"), line);
    return true;
}

// An assertion that fails says of which function it is, and what does not hold.
static void say_assertion(const struct scene *scene)
{
    const struct output *err = &scene->program->err;
    const char *said =
        err->size == 0 ? NULL : strstr(err->bytes, ": Assertion `");
    if (said == NULL || WTERMSIG(scene->program->status) != SIGABRT)
        return;
    while (said > err->bytes && !isspace((unsigned char)said[-1]))
        said--;
    scene_say(scene, " On stderr it said ");
    format_bytes(scene->out, said, strcspn(said, "\n"), 120);
    scene_say(scene, ".");
}

static void say_pipe_signal(const struct scene *scene, const struct call *last)
{
    scene_say(scene, "SIGPIPE killed your program: ");
    if (last != NULL)
        scene_say_call(scene, last);
    else
        scene_say(scene, "it");
    const bool has_no_flags =
        last != NULL &&
        (last->info->number == SYS_write || last->info->number == SYS_writev);
    scene_say(scene,
              " sent to a connection that the other side had reset. Ask for an "
              "error (EPIPE) instead of the signal: with MSG_NOSIGNAL at each "
              "send%s, or by ignoring SIGPIPE.",
              has_no_flags ? " (write() takes no flags, send() does)" : "");
    scene_say_read(
        scene, "man 2 send, MSG_NOSIGNAL; man 7 signal; the lesson on send");
}

// The signal came right behind the write that was held for that.
static void say_announced(const struct scene *scene)
{
    size_t i = scene->trace->count;
    const struct call *call = scene_last_call(scene, &i);
    while (call != NULL && (call->on_socket || call->fd != STDOUT_FILENO ||
                            call->effect != HELD_UP))
        call = scene_last_call(scene, &i);
    if (call == NULL)
        return;
    scene_say(scene, "It came as soon as ");
    scene_say_call(scene, call);
    scene_say(scene, " had announced that it listens, and whoever reads that "
                     "may stop it: say it before. ");
}

bool detect_signal(const struct scene *scene)
{
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || !WIFSIGNALED(program->status))
        return false;
    const struct call *last = scene_last(scene, CALLS_SEND);
    if (WTERMSIG(program->status) == SIGPIPE) {
        say_pipe_signal(scene, last);
        return true;
    }
    if (WTERMSIG(program->status) == SIGTERM ||
        WTERMSIG(program->status) == SIGINT) {
        format_status(scene->out, program->status);
        scene_say(scene, ": that is what this signal does to a program that "
                         "has not said what else it should do. ");
        say_announced(scene);
        scene_say(scene, "Give it a "
                         "handler that sets a flag, and let the loop end when "
                         "the flag is set.");
        scene_say_read(scene, "man 2 sigaction; man 2 pselect; the lesson on "
                              "stopping");
        return true;
    }
    format_status(scene->out, program->status);
    scene_say(scene, " after ");
    last = scene_last(scene, ~0U);
    if (last != NULL)
        scene_say_call(scene, last);
    else
        scene_say(scene, "it was started");
    scene_say(scene, ".");
    say_assertion(scene);
    return true;
}

void scene_say_stderr(const struct scene *scene)
{
    const struct output *err = &scene->program->err;
    if (err->size == 0) {
        scene_say(scene, " It said nothing on stderr.");
        return;
    }
    scene_say(scene, " On stderr it said ");
    format_bytes(scene->out, err->bytes, strcspn(err->bytes, "\n"), 120);
    scene_say(scene, ".");
}

// What a server that runs on has said of the client.
static void say_line_about_peer(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    const char *line =
        peer == NULL || scene->program == NULL
            ? NULL
            : program_line_about(scene->program, peer->local.v4.sin_port);
    if (line == NULL)
        return;
    scene_say(scene, " The last it said about that connection on stderr is ");
    format_bytes(scene->out, line, strcspn(line, "\n"), 200);
    scene_say(scene, ".");
}

// A server that runs on has ended the connection of a client that has got
// nothing, and keeps others.
static void say_turned_away(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    size_t kept = 0;
    if (peer == NULL || !scene_is_server(scene) || peer->in.size > 0 ||
        (!peer->saw_end && peer->saw_error == 0))
        return;
    for (const struct peer *other = scene->stage->peers; other != NULL;
         other = other->next)
        if (other->connected && !other->closed && !other->saw_end &&
            other->saw_error == 0)
            kept++;
    if (kept > 0)
        scene_say(scene,
                  " Your program has ended this connection, and sent nothing "
                  "there, while it kept %zu others: is there a number of "
                  "clients from which on it takes no more?",
                  kept);
}

bool detect_nothing(const struct scene *scene)
{
    const struct call *last = scene_last(scene, ~0U);
    if (!scene->stage->traced && last == NULL) {
        scene_say(scene, "This check runs without the tracer, at full speed, "
                         "so no more is known.");
        if (scene->program != NULL && scene->program->ended)
            scene_say_stderr(scene);
        else {
            say_line_about_peer(scene);
            say_turned_away(scene);
        }
        return true;
    }
    if (last == NULL && scene->program != NULL && scene->program->ended) {
        scene_say(scene, "Your program ended with ");
        format_status(scene->out, scene->program->status);
        scene_say(scene, " before it called anything on a socket.");
        scene_say_stderr(scene);
        return true;
    }
    if (last == NULL) {
        scene_say(scene, "Your program made no socket call at all.");
        return true;
    }
    scene_say(scene, "The last your program did on a socket was ");
    format_call(scene->out, last);
    scene_say_where(scene, last);
    scene_say(scene, ".");
    if (scene->program != NULL && scene->program->ended) {
        scene_say(scene, " It ended with ");
        format_status(scene->out, scene->program->status);
        scene_say(scene, ".");
        scene_say_stderr(scene);
    }
    scene_say(scene, " Compare the timeline with what you meant it to do.");
    return true;
}

// What the expectation itself knows to say.
bool detect_meaning(const struct scene *scene)
{
    if (scene->failure->means == NULL)
        return false;
    scene_say(scene, "%s", scene->failure->means);
    return true;
}

// A line that is missing is not explained by any call.
bool detect_sure_meaning(const struct scene *scene)
{
    return scene->failure->is_sure && detect_meaning(scene);
}
