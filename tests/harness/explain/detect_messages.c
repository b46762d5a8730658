// The detectors for programs that exchange messages: what became of one that
// the grader has sent.

#include "explain/detectors.h"
#include "explain/requests.h"

#include "trace/format.h"
#include "base/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// The program's last receive from that peer; what all of them brought is in
// *total.
static const struct call *last_receive(const struct scene *scene,
                                       const struct peer *peer, uint64_t *total)
{
    const struct call *last = NULL;
    size_t at = 0;
    *total = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        if (scene_peer_of(scene, call) != peer || !call->finished ||
            call->result <= 0 || call->only_looks)
            continue;
        last = call;
        *total += (uint64_t)call->result;
    }
    return last;
}

// It ended, or closed, without having received all that there was to receive.
bool detect_message_left(const struct scene *scene)
{
    uint64_t total;
    const struct peer *peer = scene->peer;
    if (peer == NULL || scene->program == NULL || scene_is_server(scene) ||
        !scene->program->ended || !scene->stage->traced)
        return false;
    const struct call *last = last_receive(scene, peer, &total);
    size_t all = peer->out.size; // some of it may not be sent yet
    if (last == NULL || total >= all)
        return false;
    scene_say_call(scene, last);
    scene_say(scene,
              " returned %" PRId64 " bytes, which makes %" PRIu64 " of the %zu "
              "that the server sends, and your program did not ask for more. ",
              last->result, total, all);
    const int *wanted = scene->failure->wanted_status;
    if (wanted != NULL && *wanted == 0 && scene->program->err.size > 0)
        scene_say(scene, "What has come so far is right, and allowed: is it "
                         "refused for what it is, or as the rest has not come "
                         "yet?");
    else
        scene_say(scene, "One recv() is not one message: the two lengths in it "
                         "say when it is complete.");
    scene_say_stderr(scene);
    scene_say_read(scene, "man 2 recv, RETURN VALUE; the lesson on pieces");
    return true;
}

// A server has received whole messages, and has answered none.
static void say_all_is_there(const struct scene *scene, const struct peer *peer,
                             bool in_one_piece)
{
    unsigned char length[2] = {0};
    if (peer->out.size >= sizeof length)
        memcpy(length, peer->out.at, sizeof length);
    const unsigned right = (unsigned)(length[0] << 8 | length[1]);
    const unsigned wrong = (unsigned)(length[1] << 8 | length[0]);
    scene_say(scene,
              " So it has all there is, and has sent nothing. %s, and several "
              "steps may be due at once: after each receive, try every step "
              "for which enough is there.",
              in_one_piece ? "It came in one piece"
                           : "Bytes come in any pieces");
    if (right + sizeof length == peer->out.size)
        scene_say(scene, " Nothing belongs behind its header: is a byte more "
                         "waited for than there is to come?");
    else if (wrong != right && wrong + sizeof length > peer->sent)
        scene_say(scene,
                  " (The first two bytes, %02x %02x, are the header's length, "
                  "%u. In the wrong byte order that is %u: who waits for so "
                  "many waits for ever. ntohs() makes it right.)",
                  length[0], length[1], right, wrong);
}

static void say_rest(const struct scene *scene, const struct peer *peer,
                     const struct call *last, uint64_t total)
{
    if (total < peer->sent)
        scene_say(scene,
                  " %zu bytes more lie at its socket and are not received.",
                  peer->sent - (size_t)total);
    else if (scene_is_server(scene) && peer->in.size == 0)
        say_all_is_there(scene, peer, last->result == (int64_t)total);
    else if (scene_is_server(scene))
        scene_say(scene, " So it has all there is. What send() did not take "
                         "must be offered again, and what stands behind one "
                         "request may be the next.");
    else if (last->result < (int64_t)total)
        scene_say(scene, " That is all of it, and it came in pieces: each goes "
                         "behind what has come before, and a step that is done "
                         "is not done again. The two lengths in it say where "
                         "it ends.");
    else
        scene_say(scene, " That is all of it: the two lengths in it say where "
                         "it ends. The server need not close first.");
}

// It waits, and has received this much.
bool detect_message_waited_for(const struct scene *scene)
{
    uint64_t total;
    const struct peer *peer = scene->peer;
    const struct program *program = scene->program;
    if (peer == NULL || program == NULL || program->ended || peer->closed ||
        scene->failure->wait != WAIT_HANGS || !scene->stage->traced ||
        peer->sent == 0)
        return false;
    const struct call *last = last_receive(scene, peer, &total);
    const struct call *blocked = scene_blocked_call(scene);
    if (last == NULL || blocked == NULL)
        return false;
    scene_say(scene,
              "Your program has received %" PRIu64 " of the %zu bytes that ",
              total, peer->sent);
    scene_say(scene, scene_is_server(scene) ? "the client has sent (the last "
                                            : "the server has sent (the last ");
    scene_say(scene, "%" PRId64 " by ", last->result);
    scene_say_call(scene, last);
    scene_say(scene, "), and waits in ");
    scene_say_call(scene, blocked);
    scene_say(scene, ".");
    say_rest(scene, peer, last, total);
    if (scene_is_server(scene))
        request_say(scene, peer, (size_t)total);
    else
        response_say(scene, peer, (size_t)total);
    return true;
}

// A server looks, behind its answer, whether a byte more has come, and takes it
// out of the stream that it goes on to read.
bool detect_look_that_takes(const struct scene *scene)
{
    const struct peer *peer = scene->peer;
    const struct call *took = NULL, *after = NULL;
    bool has_sent = false;
    if (peer == NULL || !scene_is_server(scene) || !scene->stage->traced)
        return false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE | CALLS_SEND, -1, &at)) !=
         NULL;
         at++) {
        if (scene_peer_of(scene, call) != peer || !call->finished ||
            call->result <= 0)
            continue;
        if (call->group == CALLS_SEND)
            has_sent = (uint64_t)call->result == call->asked;
        else if (call->asked > 1 && took != NULL && after == NULL)
            after = call;
        else if (call->asked == 1 && !call->only_looks && has_sent)
            took = call;
        else if (call->asked == 1 && !call->only_looks)
            return false; // by one it also reads
    }
    if (took == NULL || after == NULL)
        return false;
    scene_say_call(scene, took);
    scene_say(scene, " took one byte of what stands behind the request that "
                     "had been answered, and ");
    scene_say_call(scene, after);
    scene_say(scene,
              " brought the %" PRId64 " that follow it. To look whether more "
              "has come, and leave it where it is, takes MSG_PEEK; a byte that "
              "was taken is the first of the next request.",
              after->result);
    scene_say_read(scene, "man 2 recv, MSG_PEEK");
    return true;
}

// The program's last call of these groups on its connection to that peer.
static const struct call *last_on(const struct scene *scene,
                                  const struct peer *peer, unsigned groups)
{
    size_t i = scene->trace->count;
    for (const struct call *call;
         (call = scene_last_call(scene, &i)) != NULL;) {
        if (call->on_socket && (call->group & groups) != 0 && call->finished &&
            scene_peer_of(scene, call) == peer)
            return call;
    }
    return NULL;
}

// The program has been told that this peer will send no more.
static bool has_seen_end(const struct scene *scene, const struct peer *peer)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++)
        if (scene_peer_of(scene, call) == peer && call->finished &&
            call->result == 0 && call->asked > 0)
            return true;
    return false;
}

// The end of what that peer sends was received between these two calls.
static bool ends_between(const struct scene *scene, const struct peer *peer,
                         const struct call *sent, const struct call *closed)
{
    bool is_behind = false, ends = false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL && call != closed;) {
        ends = ends || (is_behind && call->group == CALLS_RECEIVE &&
                        scene_peer_of(scene, call) == peer && call->finished &&
                        call->result == 0 && call->asked > 0);
        is_behind = is_behind || call == sent;
    }
    return ends;
}

// The last send took a part, and the connection was closed then.
bool detect_message_cut(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || !scene_is_server(scene) || !scene->stage->traced)
        return false;
    const struct call *sent = last_on(scene, peer, CALLS_SEND);
    const struct call *closed = last_on(scene, peer, CALLS_CLOSE);
    if (sent == NULL || closed == NULL || sent->result < 0 ||
        (uint64_t)sent->result >= sent->asked)
        return false;
    scene_say_call(scene, sent);
    scene_say(scene,
              " took %" PRId64 " of the %" PRIu64 " bytes it was offered, and ",
              sent->result, sent->asked);
    scene_say_call(scene, closed);
    scene_say(scene, " followed: the rest was never offered. ");
    scene_say(scene, "Keep it, wait until the socket is writable, and close "
                     "when all of it is sent.");
    if (ends_between(scene, peer, sent, closed))
        scene_say(scene, " (The 0 bytes received between them say that the "
                         "client sends no more, and not that it has gone: it "
                         "waits for its answer.)");
    scene_say_read(scene, "man 2 send, RETURN VALUE; the lesson on send");
    return true;
}

// The line on stderr that names the peer; else the last line; NULL if there is
// none.
static const char *line_about(const struct program *program,
                              const struct peer *peer)
{
    const char *found = program_line_about(program, peer->local.v4.sin_port);
    const char *last = NULL;
    for (const char *line = program->err.bytes; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        last = line;
        line += length + (line[length] == '\n');
    }
    return found != NULL ? found : last;
}

// A server that ended though nobody had asked it to.
bool detect_server_ended(const struct scene *scene)
{
    const struct program *program = scene->program;
    const struct failure *failure = scene->failure;
    if (!scene_is_server(scene) || !scene_is_loop(scene) || !program->ended ||
        program->was_told_to_stop || failure->awaits == AWAITS_PROGRAM_END ||
        failure->wanted_status != NULL)
        return false;
    scene_say(scene, "Your program ended with ");
    format_status(scene->out, program->status);
    scene_say(scene, ", and nobody had asked it to. What is wrong with one "
                     "client, or with what it sends, concerns that one alone: "
                     "close its connection, and serve the others on.");
    scene_say_stderr(scene);
    return true;
}

// What is known of the request that was due, with TOTAL bytes received.
static void say_due(const struct scene *scene, const struct peer *peer,
                    size_t total, const char *line)
{
    struct request due;
    // Only the end of the stream makes a server miss what has not come.
    bool has_end = has_seen_end(scene, peer);
    bool is_known =
        (line != NULL && !has_end && request_say_refused(scene, peer, total)) ||
        request_say(scene, peer, total);
    bool is_begun = is_known && request_due(peer, &due) && total >= due.content;
    bool is_cut = is_begun && total - due.content < due.length;
    if (is_begun && !is_cut && has_end)
        scene_say(scene, " The client had finished sending, as recv() said by "
                         "0, and waits for its answer: answer what is "
                         "complete, and close then.");
    if (peer->taken > 0 && !is_cut)
        scene_say(scene, " What stands behind one request is the next one, or "
                         "its beginning: keep these bytes, and forget what you "
                         "knew of the first.");
    else if (line == NULL && !is_known)
        scene_say(scene, " What made your program close it?");
}

// Bytes lay there that nobody had received. If it had looked for some, that was
// before its last send.
static void say_unreceived(const struct scene *scene, const struct peer *peer)
{
    const struct call *looked = NULL;
    bool has_sent = false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE | CALLS_SEND, -1, &at)) !=
         NULL;
         at++) {
        if (scene_peer_of(scene, call) != peer)
            continue;
        if (call->only_looks)
            looked = call;
        has_sent = call->group == CALLS_SEND && looked != NULL;
    }
    scene_say(scene, " Bytes that nobody has received make close() a reset, "
                     "which may destroy a response on its way. ");
    if (has_sent) {
        scene_say_call(scene, looked);
        scene_say(scene, " looked for more, and that was before the response "
                         "was sent: what has come meanwhile it can't tell. "
                         "Look behind the last send(), right before you "
                         "close.");
    } else
        scene_say(scene, "Look for more before you close (MSG_PEEK, "
                         "FIONREAD).");
    scene_say_read(scene, "man 2 recv, MSG_PEEK; man 7 tcp");
}

// It closed the connection, and owed an answer.
bool detect_message_refused(const struct scene *scene)
{
    uint64_t total;
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || !scene_is_server(scene) || scene->program->ended ||
        !scene->stage->traced || (!peer->saw_end && peer->saw_error == 0) ||
        peer->in.size > peer->taken)
        return false;
    const struct call *closed = last_on(scene, peer, CALLS_CLOSE);
    const struct call *got = last_receive(scene, peer, &total);
    const char *line = line_about(scene->program, peer);
    if (closed == NULL || (got == NULL && line == NULL)) // closed_unread's
        return false;
    scene_say_call(scene, closed);
    scene_say(scene,
              " ended the connection, with %" PRIu64 " of the client's %zu "
              "bytes received and %zu sent back, and a response was due.",
              got == NULL ? 0 : total, peer->out.size, peer->in.size);
    if (line != NULL) {
        scene_say(scene, " The last it said about that on stderr is ");
        format_bytes(scene->out, line, strcspn(line, "\n"), 200);
        scene_say(scene, ".");
    } else if (got != NULL && total < peer->sent && peer->saw_error != 0) {
        say_unreceived(scene, peer);
        return true;
    }
    say_due(scene, peer, (size_t)total, line);
    return true;
}
