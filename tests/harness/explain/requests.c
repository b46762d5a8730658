#include "explain/requests.h"

#include "stage/peer.h"
#include "trace/format.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SIZE = 2 };

// Reads the message that begins at START of these bytes, which the grader, or a
// server that was right so far, has written: a plain content-length stands in
// its header once.
static bool read_at(const char *bytes, size_t size, size_t start,
                    struct request *request)
{
    static const char name[] = "\"content-length\":";
    if (size < start + LENGTH_SIZE)
        return false;
    const unsigned char *at = (const unsigned char *)bytes + start;
    size_t header = (size_t)at[0] << 8 | at[1];
    if (size - start - LENGTH_SIZE < header)
        return false;
    const char *text = (const char *)at + LENGTH_SIZE;
    const char *found = memmem(text, header, name, sizeof name - 1);
    if (found == NULL || text[header - 1] != '}')
        return false;
    const char *digits = found + sizeof name - 1;
    digits += strspn(digits, " ");
    char *end;
    unsigned long long length = strtoull(digits, &end, 10);
    if (end == digits || strchr(",}", *end) == NULL || length > UINT32_MAX)
        return false;
    *request = (struct request){.start = start,
                                .content = start + LENGTH_SIZE + header,
                                .length = (size_t)length};
    return true;
}

// The message NUMBER, from 0, of these bytes.
static bool read_number(const char *bytes, size_t size, size_t number,
                        struct request *request)
{
    size_t start = 0;
    for (size_t i = 0; read_at(bytes, size, start, request); i++) {
        if (i == number)
            return true;
        start = request->content + request->length;
    }
    return false;
}

static size_t count_whole(const char *bytes, size_t size)
{
    size_t count = 0;
    struct request message;
    while (read_number(bytes, size, count, &message) &&
           message.content + message.length <= size)
        count++;
    return count;
}

bool request_due(const struct peer *peer, struct request *request)
{
    return peer->out.at != NULL &&
           read_number(
               (const char *)peer->out.at, peer->out.size,
               peer->in.at == NULL
                   ? 0
                   : count_whole((const char *)peer->in.at, peer->in.size),
               request);
}

// A content-length from MIN to MAX that another request has, of this peer's or
// of another's, who is in *whose; NULL: this one's. Returns false if none has.
static bool find_other(const struct scene *scene, const struct peer *peer,
                       const struct request *due, size_t min, size_t max,
                       struct request *other, const struct peer **whose)
{
    *whose = NULL;
    if (due->start > 0 &&
        read_at((const char *)peer->out.at, peer->out.size, 0, other) &&
        other->length >= min && other->length <= max)
        return true;
    for (*whose = scene->stage->peers; *whose != NULL; *whose = (*whose)->next)
        if (*whose != peer && (*whose)->out.at != NULL &&
            read_at((const char *)(*whose)->out.at, (*whose)->out.size, 0,
                    other) &&
            other->length >= min && other->length <= max)
            return true;
    return false;
}

// What would have become of the bytes with that other length.
static void say_other(const struct scene *scene, const struct peer *whose,
                      const struct request *other, bool is_whole)
{
    scene_say(scene, " (With the content-length of ");
    if (whose == NULL)
        scene_say(scene, "its first request");
    else {
        scene_say_peer(scene, whose);
        scene_say(scene, "'s request");
    }
    scene_say(scene, ", %zu, %s: ", other->length,
              is_whole ? "more would be missing" : "it would be whole");
    scene_say(scene, whose == NULL ? "is that forgotten when it is answered?)"
                                   : "has each client a header of its own?)");
}

static void say_incomplete_header(const struct scene *scene,
                                  const struct request *due, size_t received)
{
    scene_say(scene,
              " That request was not there in whole: %zu byte%s of it had "
              "come, and the length and the header alone are %zu. Keep what "
              "has come, and go on when there is more.",
              received - due->start, received == due->start + 1 ? "" : "s",
              due->content - due->start);
}

// What a server may have refused, where all was there: the names in the header,
// as far as they are plain to read. Returns false if it is one, and not
// text/json's.
static bool say_name(const struct scene *scene, const char *header, size_t size,
                     const char *name)
{
    static const char json[] = "text/json";
    char label[40];
    snprintf(label, sizeof label, "\"%s\": \"", name);
    const char *value = memmem(header, size, label, strlen(label));
    if (value == NULL)
        return true;
    value += strlen(label);
    size_t left = size - (size_t)(value - header);
    const char *end = memchr(value, '"', left);
    if (end == NULL || memchr(value, '\\', (size_t)(end - value)) != NULL)
        return true;
    scene_say(scene, " Its %s is ", name);
    format_bytes(scene->out, value, (size_t)(end - value), 40);
    scene_say(scene, ".");
    return (size_t)(end - value) == sizeof json - 1 &&
           memcmp(value, json, sizeof json - 1) == 0;
}

static void say_right(const struct scene *scene, const struct peer *peer,
                      const struct request *message, const char *what)
{
    const char *header =
        (const char *)peer->out.at + message->start + LENGTH_SIZE;
    size_t size = message->content - message->start - LENGTH_SIZE;
    scene_say(scene,
              " That %s was there in whole, and right: %zu byte%s of content.",
              what, message->length, message->length == 1 ? "" : "s");
    bool is_json = say_name(scene, header, size, "content-type");
    say_name(scene, header, size, "content-encoding");
    if (!is_json)
        scene_say(scene, " A type other than text/json, as it stands there, "
                         "means bytes: nobody looks at their encoding, or "
                         "whether they are JSON.");
}

bool request_say_refused(const struct scene *scene, const struct peer *peer,
                         size_t received)
{
    struct request due;
    if (!request_due(peer, &due) || received < due.content + due.length)
        return false;
    say_right(scene, peer, &due, "request");
    const size_t behind = received - due.content - due.length;
    if (behind > 0)
        scene_say(scene,
                  " Behind it %zu byte%s more had come: whatever is wrong "
                  "there, its response goes first.",
                  behind, behind == 1 ? "" : "s");
    return true;
}

// Bytes of its buffer were counted that a receive has not brought.
static void say_overcounted(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_RECEIVE, -1, &at)) != NULL; at++) {
        char number[24];
        if (!call->finished || call->result <= 0 ||
            (uint64_t)call->result >= call->asked)
            continue;
        snprintf(number, sizeof number, "%" PRIu64,
                 call->asked - (uint64_t)call->result);
        if (strstr(scene->program->err.bytes, number) == NULL)
            continue;
        scene_say(scene, " (%s: so many fewer than it was asked for did ",
                  number);
        scene_say_call(scene, call);
        scene_say(scene, " bring. What it returns is what counts.)");
        return;
    }
}

// The response that a client was sent, if that much of it is all of it.
static bool read_response(const struct peer *peer, size_t received,
                          struct request *message)
{
    return peer != NULL && peer->out.at != NULL &&
           read_number((const char *)peer->out.at, peer->out.size, 0,
                       message) &&
           received >= message->content + message->length;
}

bool response_is_whole(const struct peer *peer, size_t received)
{
    struct request message;
    return read_response(peer, received, &message);
}

bool response_say_refused(const struct scene *scene, const struct peer *peer,
                          size_t received)
{
    struct request message;
    if (!read_response(peer, received, &message))
        return false;
    say_right(scene, peer, &message, "response");
    const struct call *last = scene_last(scene, CALLS_RECEIVE);
    if (last != NULL && last->finished && last->result == 0)
        scene_say(scene, " The end that came behind it takes nothing from it: "
                         "what has come is looked at before the end is.");
    say_overcounted(scene);
    return true;
}

// Says it if a byte of the length of the header that begins at START is
// negative where char has a sign. Returns whether it is.
static bool say_sign(const struct scene *scene, const struct peer *peer,
                     size_t start)
{
    const unsigned char *at = peer->out.at + start;
    const size_t header = (size_t)at[0] << 8 | at[1];
    if (at[1] < 0x80 && at[0] < 0x80)
        return false;
    scene_say(scene,
              " (Its header has %zu bytes, which the two say as 0x%02x 0x%02x. "
              "Where char has a sign, a byte from 0x80 on is less than 0: put "
              "the length together from unsigned char.)",
              header, at[0], at[1]);
    return true;
}

// A first message whose header is not plain to read.
static bool say_first(const struct scene *scene, const struct peer *peer,
                      size_t received)
{
    return peer->in.size == 0 && peer->out.size >= LENGTH_SIZE &&
           received == peer->out.size && say_sign(scene, peer, 0);
}

bool response_say(const struct scene *scene, const struct peer *peer,
                  size_t received)
{
    struct request message;
    if (!read_response(peer, received, &message))
        return false;
    if (message.length == 0)
        scene_say(scene, " Its content-length is 0: with its header it is "
                         "complete, and no byte more will come.");
    say_sign(scene, peer, 0);
    return true;
}

bool request_say(const struct scene *scene, const struct peer *peer,
                 size_t received)
{
    struct request due, other;
    const struct peer *whose;
    if (!request_due(peer, &due))
        return say_first(scene, peer, received);
    if (received <= due.start)
        return false;
    if (received < due.content) {
        say_incomplete_header(scene, &due, received);
        return true;
    }
    size_t come = received - due.content;
    bool is_whole = come >= due.length;
    scene_say(scene,
              is_whole ? " That request was there in whole: %zu of %zu bytes "
                         "of its content had come."
                       : " That request was not there in whole: %zu of %zu "
                         "bytes of its content had come.",
              is_whole ? due.length : come, due.length);
    say_sign(scene, peer, due.start);
    size_t low = due.length & UINT16_MAX;
    if (!is_whole && due.length > UINT16_MAX && low <= come)
        scene_say(scene,
                  program_line_about(scene->program, peer->local.v4.sin_port) ==
                          NULL
                      ? " (In 16 bits that length would be %zu: a size_t holds "
                        "all of it.)"
                      : " (If what that line says is not so: in 16 bits that "
                        "length would be %zu, and a size_t holds all of it.)",
                  low);
    if (find_other(scene, peer, &due, is_whole ? come + 1 : 0,
                   is_whole ? SIZE_MAX : come, &other, &whose) &&
        other.length != due.length)
        say_other(scene, whose, &other, is_whole);
    return true;
}
