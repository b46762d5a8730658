// wire: the words of lesson 14's checks. Messages are made and read here by
// what the checks know of the format themselves.

#ifndef WIRE_H
#define WIRE_H

#include "stage/program.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// The members of a header, with ' for ".
#define NAMES                                               \
    "'byteorder': 'little', 'content-type': 'text/plain', " \
    "'content-encoding': 'binary'"
#define ALL NAMES ", 'content-length': 3"

// A name as long as one may be: 127 bytes.
#define LETTERS_25 "abcdefghijklmnopqrstuvwxy"
#define LONGEST_NAME LETTERS_25 LETTERS_25 LETTERS_25 LETTERS_25 LETTERS_25 "xy"

enum {
    HEADER_MAX = 65535,
    LARGE = 70000, // more than a pipe holds
    LINES = 4,     // of a message's members
    MEANS_SIZE = 1024,
};

// A message, and what is printed of it. Members left out: order "little", type
// "text/plain", encoding "binary", a plain header that says all this.
struct message {
    const char *order, *type, *encoding;
    const char *header; // with ' for "
    const void *content;
    size_t size;
    const char *json; // the content again, in UTF-8, where it is JSON
    const char *what; // what is special about it, for who gets it wrong
};

// What a program is to read, or a part of that.
struct data {
    char *bytes;
    size_t size;
};

// TEXT, or OTHERWISE if that is NULL.
const char *either(const char *text, const char *otherwise);

// Its content-type.
const char *type_of(const struct message *message);

// Appends bytes, of which there may be none. Freed with the process.
void add(struct data *to, const void *bytes, size_t size);

// The text with " for each '. Freed with the process.
char *quoted(const char *text);

// Appends a message, of messages; makes one of a text.
void add_message(struct data *to, const struct message *message);
struct data all_of(const struct message messages[], size_t count);
struct message plain(const char *text);

// The same text in another encoding; its bytes are NULL if that can't be done.
struct data convert(const char *to, const char *from, const void *text,
                    size_t size);

// Random bytes for content, zeros among them; freed with the process.
void *random_content(size_t size);

// Starts wire, with that on its standard input: with any arguments; with
// decode; with encode and these.
struct program *run(struct program_options options, struct data input);
struct program *decode(struct data input);
struct program *encode(const char *type, const char *encoding,
                       const void *content, size_t size);

// What a failure means, and how much of its input the program has left unread,
// if it has; or only this, if it had no other reason to end. Good until the
// next call.
const char *unread(const struct program *program, const char *means);

// How many calls it has made to read from its standard input, and to write to
// its standard output; 0 where that is not known.
size_t moves_of(const struct program *program);

// Gives the program these bytes, and lets it do what it will.
void give(struct program *program, struct data bytes);

// Ends the check. GOT is a whole line; the expected one is formatted.
__attribute__((format(printf, 4, 5))) _Noreturn void
fail_wire(struct program *program, const char *means, const char *got,
          const char *expected, ...);

// What a failure means: WHAT happened here, and then what that MEANS, which may
// be NULL. Good until the next call.
__attribute__((format(printf, 2, 3))) const char *
meaning(const char *means, const char *what, ...);

// BEFORE and then the bytes as text; good until the next call.
const char *shown(const char *before, const void *bytes, size_t size);

// The program ends by itself. WHAT says what it was given, and MEANS what it
// means if it does not.
void expect_end_after(struct program *program, int status, const char *what,
                      const char *means);

// It ends with that status.
void expect_status(struct program *program, int status, const char *what,
                   const char *means);

// It has written one line to stderr; nothing to stdout.
void expect_one_line(struct program *program, const char *what);
void expect_nothing_printed(struct program *program, const char *what,
                            const char *means);

// The header's content-length is how many bytes CONTENT has, the rest of what
// was written. WANTED is what the content should be; its bytes are NULL if that
// is not known.
void expect_length_member(struct program *program, const json_t *header,
                          struct data content, struct data wanted);

// Returns the header of the message on stdout; *content is where it ends.
json_t *expect_header(struct program *program, size_t *content);

// What encode comes to: one message, whose content is these bytes, or JSON.
void expect_encoded(struct program *program, const char *what,
                    const char *encoding, const struct message *message);

// The whole of that: these bytes, or this JSON in that encoding, get encoded.
void encodes(const char *type, const char *encoding, const void *content,
             size_t size);
void encodes_json_in(const char *encoding, const char *json);

// Where in its output a program is, and at which message.
struct place {
    struct program *program;
    const char *at, *end;
    size_t number, count;
    const char *what;             // the message's
    const char *means;            // what a mistake means here, if that is known
    size_t header;                // how many bytes its header has; 0: few
    bool is_lone;                 // JSON that is no object and no array
    bool had_such_a_header;       // one before has a byte from 0x80 on there
    const struct message *before; // NULL for the first
};

// Ends the check: something else comes next on stdout. WHY is what is special
// about that (wire_why.h).
_Noreturn void fail_print(const struct place *place, const char *means,
                          const char *why, const char *expected);

// The four lines, in any order, and the empty one.
void expect_lines(struct place *place, const struct message *message);

// All that is on stdout is these messages.
void expect_printed(struct program *program, const struct message messages[],
                    size_t count, const char *what, const char *means);

// What decode comes to for good messages: it prints them and ends well.
void decodes(const struct message messages[], size_t count, const char *what);

// After a good message come these bytes: the good one is printed, and nothing
// else; one line on stderr says what is wrong, and where; the status is 1.
// What stands behind them, up to BAD_SIZE, is none of it.
void refuses_from(struct data bad, size_t bad_size, const char *what,
                  const char *means);

// The same for this message, after which a good one comes.
void refuses(const struct message *bad, const char *what, const char *means);

// The same, but it comes after a message of bytes and one of JSON, and none
// comes after it.
void refuses_behind_json(const struct message *bad, const char *what,
                         const char *means);

// A message with that header, in which ' stands for ", and SIZE bytes of
// content, after which more follows.
void refuses_header(const char *header, size_t size, const char *what,
                    const char *means);

// A header that is right but for one member, whose value is that, or which is
// missing.
void refuses_member(const char *name, const char *value, size_t size,
                    const char *means);

// The good message that stands before the bad one in what these are given.
extern const struct message good_message;

#endif
