// frames: the words of lesson 05's checks.

#ifndef FRAMES_H
#define FRAMES_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stddef.h>

#define SERVER "frame_server"
#define CLIENT "frame_client"

// How messages are told apart; the value is an index.
enum framing { LENGTH, LINE, FIXED, FRAMINGS };

enum {
    LENGTH_SIZE = 4,    // bytes of a length on the wire
    LENGTH_MAX = 65536, // of a message
    LINE_MAX_SIZE = 4096,
    FIXED_SIZE = 32,
};

// Its name, as an argument; and the most bytes a message may have.
const char *framing_name(enum framing framing);
size_t framing_max(enum framing framing);

// What a peer sends, or is to receive: it is added to, and never freed.
struct wire {
    enum framing framing;
    unsigned char *bytes;
    size_t size;
};
void add_bytes(struct wire *wire, const void *bytes, size_t size);
void add_frame(struct wire *wire, const void *message, size_t size);
void add_length(struct wire *wire, size_t length);

// The frame of the answer to that message.
void add_answer(struct wire *wire, const void *message, size_t size);

// Starts the server at 127.0.0.1, for that framing; perhaps with options.
struct program *start_framing(enum framing framing);
struct program *start_framing_with(enum framing framing,
                                   struct program_options options);

// The same, so that its memory shows what it keeps, and not what it has freed.
struct program *start_reusing(enum framing framing);

// What a client sends, and has got, all in all.
struct talk {
    struct program *server;
    struct peer *client;
    struct wire sent, wanted;
    const char *before; // what it means if answers are missing before what
                        // is malformed; NULL: nothing is
};

// A client comes; says a message, which adds an answer to what is wanted;
// expects all answers, and nothing else; goes, and expects that this is the
// end, without a complaint.
struct talk begin_talk(struct program *server, enum framing framing);
void say(struct talk *talk, const void *message, size_t size);
void say_text(struct talk *talk, const char *message);
void add_to_send(struct talk *talk, const char *message); // says nothing yet
void expect_answers(struct talk *talk);
void end_talk(struct talk *talk);

// It has got that so far, and perhaps more.
void expect_beginning(struct talk *talk);

// The client comes, has some messages answered, and goes.
void expect_answered_client(struct program *server, enum framing framing);

// As many lines are on stderr, once all is quiet. WHY says, in a sentence, what
// there is to tell.
void expect_complaints(struct program *server, size_t count, const char *why);

// The connection is over, for that reason, behind all answers; and that was the
// server's first line on stderr.
void expect_talk_closed(struct talk *talk, const char *why);
void expect_talk_refused(struct talk *talk, const char *why);

// That line names the byte FROM to TO, or one before or behind; or the byte
// that begins what is wrong, BEGIN.
void expect_place(struct program *server, size_t begin, size_t from, size_t to,
                  const char *why);

// What it means that a client has got other bytes, from byte AT on; that it has
// got less than it should, or more. NULL: the calls may tell.
const char *meaning_of_answers(const struct talk *talk, size_t at);
const char *meaning_of_too_few(const struct talk *talk);
const char *meaning_of_too_many(const struct talk *talk);

// The same where more has come back than was sent.
const char *meaning_of_unsaid(const struct talk *talk);

// The same of a client's messages, of which other bytes have come.
const char *meaning_of_sent(const struct wire *wanted, const unsigned char *got,
                            size_t size, size_t at);

#endif
