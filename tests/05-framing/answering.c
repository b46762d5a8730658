#include "answering.h"

#include "stage/stage.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"

#include <stdlib.h>
#include <string.h>

static size_t answer_size(const struct dialogue *dialogue, size_t i)
{
    return dialogue->sizes[i] > 0 ? dialogue->sizes[i]
                                  : strlen(dialogue->answers[i]);
}

struct answered begin_dialogue(const struct dialogue *dialogue)
{
    struct program_options options = {
        .arguments = {[2] = framing_name(dialogue->framing)}};
    for (size_t i = 0; dialogue->messages[i] != NULL; i++)
        options.arguments[3 + i] = dialogue->messages[i];
    struct peer *server = peer_listen(peer_own_host());
    struct answered answered = {
        .server = server,
        .client = start_client(CLIENT, server, options),
        .wanted = {.framing = dialogue->framing},
    };
    expect_connection(answered.client, server);
    return answered;
}

static bool has_sent(void *subject)
{
    const struct answered *answered = subject;
    return answered->server->in.size >= answered->wanted.size ||
           is_over(answered->server);
}

static void expect_sent(struct answered *answered)
{
    const struct wire *wanted = &answered->wanted;
    const struct bytes *in = &answered->server->in;
    struct failure failure = {
        .wait = stage_wait(has_sent, answered),
        .program = answered->client,
        .peer = answered->server,
        .awaits = AWAITS_ITS_MESSAGE,
        .expected = wanted->bytes,
        .expected_size = wanted->size,
    };
    failure.actual = in->at;
    failure.actual_size = in->size;
    size_t at = 0;
    while (at < wanted->size && at < in->size &&
           wanted->bytes[at] == in->at[at])
        at++;
    if (at == wanted->size)
        return;
    failure.means =
        at < in->size
            ? meaning_of_sent(wanted, in->at, in->size, at)
            : "Each MESSAGE is sent as a frame of its own, whole, and in the "
              "order in which they stand: not all of them have come, though "
              "each that did has had its answer.";
    expect_fail(&failure, formatted("%zu bytes of messages", wanted->size),
                "%zu", in->size);
}

void expect_messages(struct answered *answered, const struct dialogue *dialogue,
                     size_t count)
{
    answered->wanted.size = 0;
    for (size_t i = 0; i < count; i++)
        add_frame(&answered->wanted, dialogue->messages[i],
                  strlen(dialogue->messages[i]));
    expect_sent(answered);
}

static bool is_finished(void *subject)
{
    const struct answered *answered = subject;
    return is_over(answered->server) || answered->client->ended;
}

void answer_all(struct answered *answered, const struct dialogue *dialogue,
                size_t piece)
{
    struct wire answers = {.framing = dialogue->framing};
    if (piece > 0)
        peer_send_in_pieces(answered->server, piece, false);
    for (size_t i = 0; dialogue->messages[i] != NULL; i++) {
        expect_messages(answered, dialogue, i + 1);
        const size_t before = answers.size;
        add_frame(&answers, dialogue->answers[i], answer_size(dialogue, i));
        peer_send(answered->server, answers.bytes + before,
                  answers.size - before);
    }
    const struct failure failure = {
        .wait = stage_wait(is_finished, answered),
        .program = answered->client,
        .peer = answered->server,
        .awaits = AWAITS_STREAM_END,
        .means =
            "All answers have been sent, and the client neither closes the "
            "connection nor says that it has finished: the server waits "
            "for its next message, and the client for the server's end. "
            "Who has sent the last message says so, by shutdown(), or "
            "closes.",
    };
    if (!is_finished(answered))
        expect_fail(&failure, "the client's end", "nothing more");
    const struct failure surplus = {
        .program = answered->client,
        .peer = answered->server,
        .means = "More has come than the messages, each in its frame: of a "
                 "buffer as many bytes are sent as the frame has.",
        .expected = answered->wanted.bytes,
        .expected_size = answered->wanted.size,
        .actual = answered->server->in.at,
        .actual_size = answered->server->in.size,
    };
    if (answered->server->in.size > answered->wanted.size)
        expect_fail(&surplus,
                    formatted("%zu bytes of messages", answered->wanted.size),
                    "%zu", answered->server->in.size);
    peer_finish_sending(answered->server);
    free(answers.bytes);
}

// Where in the output the next line begins that is these bytes; NULL if there
// is none, or if another of the answers comes before.
static const char *find_line(const struct output *out, const char *from,
                             const char *bytes, size_t size)
{
    const char *end = out->bytes + out->size;
    for (const char *at = from; at != NULL && at + size < end;) {
        if (memcmp(at, bytes, size) == 0 && at[size] == '\n')
            return at;
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    return NULL;
}

static const char *skip_answers(const struct output *out,
                                const struct dialogue *dialogue)
{
    const char *at = out->bytes;
    for (size_t i = 0; dialogue->messages[i] != NULL && at != NULL; i++) {
        const size_t size = answer_size(dialogue, i);
        at = find_line(out, at, dialogue->answers[i], size);
        at = at == NULL ? NULL : at + size + 1;
    }
    return at;
}

// It has given up, though all answers were right.
static void expect_success(struct program *client,
                           const struct dialogue *dialogue)
{
    size_t count = 0, lines = 0;
    expect_end(client);
    while (dialogue->messages[count] != NULL)
        count++;
    for (size_t i = 0; i < client->out.size; i++)
        lines += client->out.bytes[i] == '\n';
    const struct failure failure = {
        .program = client,
        .means = formatted(
            "%zu messages were sent, and so many answers came back, all of "
            "them right and whole; on stdout stand %zu line%s, and on stderr "
            "\"%.*s\". Is each answer waited for, and none left over for what "
            "comes next?",
            count, lines, lines == 1 ? "" : "s",
            (int)strcspn(client->err.bytes, "\n"), client->err.bytes),
    };
    if (count > 1 && client->err.size > 0 && ended_with(client, 1))
        expect_fail(&failure, "exit status 0", "1");
    expect_exit_status(client, 0);
}

void expect_printed(struct program *client, const struct dialogue *dialogue)
{
    expect_success(client, dialogue);
    const struct output *out = &client->out;
    struct wire wanted = {.size = 0};
    for (size_t i = 0; dialogue->messages[i] != NULL; i++) {
        add_bytes(&wanted, dialogue->answers[i], answer_size(dialogue, i));
        add_bytes(&wanted, "\n", 1);
    }
    const char *rest = skip_answers(out, dialogue);
    const struct failure failure = {
        .program = client,
        .means =
            rest == NULL
                ? "Each answer stands on a line of its own on stdout: as many "
                  "bytes as it has, and then a newline. What was put around it "
                  "for the wire is no part of it, and no zero stands behind "
                  "it."
                : "An answer stands on stdout more than once.",
        .expected = wanted.bytes,
        .expected_size = wanted.size,
        .actual = out->bytes,
        .actual_size = out->size,
    };
    bool again = false;
    for (size_t i = 0; dialogue->messages[i] != NULL && rest != NULL; i++)
        again = again || find_line(out, rest, dialogue->answers[i],
                                   answer_size(dialogue, i)) != NULL;
    if (rest == NULL || again)
        expect_fail(&failure,
                    formatted("%zu bytes of answers on stdout", wanted.size),
                    "%zu, or others", out->size);
    free(wanted.bytes);
}

void play(const struct dialogue *dialogue, size_t piece)
{
    begin_timeline_anew();
    struct answered answered = begin_dialogue(dialogue);
    answer_all(&answered, dialogue, piece);
    expect_printed(answered.client, dialogue);
}

void expect_given_up(struct program *client, const char *why)
{
    expect_failure(client, why);
    expect_complaint(client, 1);
}
