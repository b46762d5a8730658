// codec: messages as bytes, and bytes as messages. No socket is needed for
// that: these functions get bytes, and say what they make of them.
//
// A message is, one behind the other:
//     length   2 bytes, a number in network byte order
//     header   so many bytes: a JSON object in UTF-8 with, at least, the
//              members byteorder, content-type, content-encoding and
//              content-length, each once and in any order
//     content  as many bytes as content-length says
//
// What comes from a peer may be cut off anywhere, and may be wrong in any way.
// So there are three answers: done, need more, malformed. (And where this
// machine lacks something, the third one says so: see struct codec_problem.)

#ifndef CODEC_H
#define CODEC_H

#include "buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    CODEC_PROTOHEADER_SIZE = 2, // the bytes of the length
    CODEC_HEADER_MAX = 65535,   // the largest number that they can say
    CODEC_CONTENT_MAX = 64 * 1024 * 1024,
    CODEC_NAME_SIZE = 128, // of a type or an encoding, with its final zero
};

// What is in the content: JSON, or anything else.
#define CODEC_JSON "text/json"
#define CODEC_BINARY "binary" // the encoding of anything else

struct codec_header {
    bool big_endian; // the sender's byte order, for numbers in its content
    char type[CODEC_NAME_SIZE];
    char encoding[CODEC_NAME_SIZE];
    size_t content_length; // at most CODEC_CONTENT_MAX
};

// Where and why bytes are malformed; or that they could not be read, which is
// no fault of theirs.
struct codec_problem {
    int error;     // 0; or the errno of what failed here
    size_t offset; // counted from the first of the bytes that were given
    char why[160]; // printable ASCII, in one line
};

enum codec_result { CODEC_DONE, CODEC_NEED_MORE, CODEC_MALFORMED };

// Reads the length of the header from the start of SIZE bytes. A header of 0
// bytes can't be right.
enum codec_result codec_parse_protoheader(const void *bytes, size_t size,
                                          size_t *header_length,
                                          struct codec_problem *problem);

// Reads a header, all of whose LENGTH bytes are there. Never needs more.
enum codec_result codec_parse_header(const void *bytes, size_t length,
                                     struct codec_header *header,
                                     struct codec_problem *problem);

struct codec_message {
    struct codec_header header;
    const unsigned char *content; // inside of the bytes that were given
    size_t size;                  // of the whole message
};

// Reads the message at the start of SIZE bytes; what follows it is not looked
// at. Only with CODEC_DONE *message is filled; a header that is complete and
// malformed is so at once, with or without its content.
enum codec_result codec_parse(const void *bytes, size_t size,
                              struct codec_message *message,
                              struct codec_problem *problem);

// Appends the message with that content to OUT; the byte order is this
// machine's. Returns 0; -1 with errno, and then OUT is as it was: EMSGSIZE if
// the content or a name is too long, EILSEQ if a name is not text in UTF-8,
// EINVAL if it has a control character, or one that turns text round, ENOMEM.
int codec_build(struct buffer *out, const char *type, const char *encoding,
                const void *content, size_t size);

// Appends to OUT what TEXT, of SIZE bytes, is in another encoding. FROM and TO
// are one of Unicode's (utf-8, utf-16, utf-32, and with their byte orders;
// utf-7), or one with a byte a character: ascii, iso-8859-1 (latin1) to -16,
// cp1250 to cp1258, koi8-r, koi8-u. Case, '-' and '_' make no difference, as
// each system writes them in its own way. Returns 0; -1 after saying in
// *problem what is wrong, and then OUT may hold a part.
int codec_convert(struct buffer *out, const char *to, const char *from,
                  const void *text, size_t size, struct codec_problem *problem);

// Reads JSON of any kind, in that encoding. No object in it may have a member
// twice, and nothing may be nested deeper than jansson allows (2,048 levels).
// Returns the value, which the caller gives back with json_decref(); NULL
// after saying in *problem what is wrong.
json_t *codec_parse_json(const void *text, size_t size, const char *encoding,
                         struct codec_problem *problem);

#endif
