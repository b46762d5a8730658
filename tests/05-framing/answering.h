// answering: servers of the grader's, for frame_client.

#ifndef ANSWERING_H
#define ANSWERING_H

#include "frames.h"

enum { MESSAGES_MAX = 4 };

// What a client is told to send, and answers to that; sizes may say how many
// bytes an answer has (0: it is a string).
struct dialogue {
    enum framing framing;
    const char *messages[MESSAGES_MAX + 1]; // end at NULL
    const char *answers[MESSAGES_MAX + 1];
    size_t sizes[MESSAGES_MAX];
};

// What became of it.
struct answered {
    struct peer *server;
    struct program *client;
    struct wire wanted; // what the client has to send, so far
};

// Starts the client with the messages of a dialogue.
struct answered begin_dialogue(const struct dialogue *dialogue);

// The client has sent the first COUNT messages, framed, whether it sends all at
// once or waits for an answer each time.
void expect_messages(struct answered *answered, const struct dialogue *dialogue,
                     size_t count);

// The server answers as the dialogue says: PIECE bytes at a time, 0: as they
// are. Then it waits for the client's end, as servers do, and finishes.
void answer_all(struct answered *answered, const struct dialogue *dialogue,
                size_t piece);

// The client ends with status 0, and has printed each answer on a line of its
// own.
void expect_printed(struct program *client, const struct dialogue *dialogue);

// All of these: a dialogue from its beginning to its end.
void play(const struct dialogue *dialogue, size_t piece);

// The client ends with status 1, and one line on stderr; WHY says, in a
// sentence, what it missed.
void expect_given_up(struct program *client, const char *why);

#endif
