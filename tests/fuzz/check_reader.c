#include "check_reader.h"

#include "claim.h"
#include "frame_oracle.h"
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FD = 1000 };

// Bits of HOW. Without the first two, each call brings all that it can.
enum {
    BYTE_BY_BYTE = 1,
    IN_PIECES = 2,
    INTERRUPTED = 4, // one call in three
    RESET = 8,       // instead of an end
};

// The connection: of the stream's bytes, those up to GIVEN have been received.
// Those up to AT are messages that the reader has returned; with that, the
// oracle's frame begins, which has been fed all that was given.
static struct {
    const uint8_t *stream;
    size_t size, given, at;
    unsigned how, random;
    struct frame_oracle oracle;
    struct reader *reader;
} wire;

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);

static void feed_oracle(void)
{
    while (wire.oracle.result == FRAME_INCOMPLETE &&
           wire.at + wire.oracle.fed < wire.given)
        frame_oracle_feed(&wire.oracle, wire.stream[wire.at + wire.oracle.fed]);
}

static void check_call(int fd, const unsigned char *buffer, size_t size)
{
    feed_oracle();
    claim(fd == FD, "it receives from its socket");
    claim(wire.oracle.result == FRAME_INCOMPLETE,
          "it receives no more than it must");
    claim(size > 0, "it asks for bytes");
    claim(buffer >= wire.reader->bytes &&
              buffer + size <= wire.reader->bytes + FRAME_MAX,
          "it receives into its buffer");
    claim(size == FRAME_MAX - (wire.given - wire.at),
          "it receives as much as it can");
}

static size_t choose_count(void)
{
    if (wire.how & BYTE_BY_BYTE)
        return 1;
    if (wire.how & IN_PIECES)
        return 1 + (size_t)rand_r(&wire.random) % 50;
    return SIZE_MAX;
}

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    (void)flags;
    check_call(fd, buffer, size);
    if (wire.how & INTERRUPTED && rand_r(&wire.random) % 3 == 0) {
        errno = EINTR;
        return -1;
    }
    size_t count = choose_count(), left = wire.size - wire.given;
    if (left == 0 && wire.how & RESET) {
        errno = ECONNRESET;
        return -1;
    }
    count = count < left ? count : left;
    count = count < size ? count : size;
    if (count > 0)
        memcpy(buffer, wire.stream + wire.given, count);
    wire.given += count;
    return (ssize_t)count;
}

static void check_message(const struct frame *frame)
{
    const struct frame_oracle *oracle = &wire.oracle;
    claim(oracle->result == FRAME_DONE, "a message is one when it is complete");
    claim(frame->size == oracle->size &&
              memcmp(frame->message, wire.stream + wire.at + oracle->from,
                     oracle->size) == 0,
          "a message is what was sent");
    wire.at += oracle->fed;
    frame_oracle_begin(&wire.oracle, oracle->framing);
}

static void check_text(const char *text, enum reader_result result)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        claim(text[i] >= ' ' && text[i] <= '~', "a problem is a line of ASCII");
    if (result == READER_FAILED) {
        claim(strstr(text, strerror(ECONNRESET)) != NULL,
              "a failure is errno's");
        return;
    }
    size_t byte = 0;
    const char *number = strstr(text, "at byte ");
    claim(number != NULL && sscanf(number, "at byte %zu", &byte) == 1,
          "a problem has a place");
    if (result == READER_EARLY_END)
        claim(byte == wire.size, "an early end is behind the last byte");
    else
        claim(byte >= wire.at && byte < wire.at + wire.oracle.fed,
              "what is malformed is in the frame that is");
}

static void check_end(const struct frame *frame, enum reader_result result)
{
    enum reader_result expected = READER_MALFORMED;
    if (wire.oracle.result == FRAME_INCOMPLETE) {
        claim(wire.given == wire.size, "it goes on while there is more");
        expected = wire.how & RESET       ? READER_FAILED
                   : wire.oracle.fed == 0 ? READER_END
                                          : READER_EARLY_END;
    }
    claim(result == expected, "it says what it has come to");
    char text[READER_TEXT_SIZE];
    memset(text, 'x', sizeof text);
    const char *said = reader_problem(wire.reader, frame, result, text);
    claim(said == text && memchr(text, '\0', sizeof text) != NULL,
          "what is wrong is said in a text that ends");
    if (result != READER_END)
        check_text(text, result);
}

void check_reader(enum framing framing, const uint8_t *stream, size_t size,
                  unsigned how)
{
    struct reader *reader = malloc(sizeof *reader);
    claim(reader != NULL, "there is memory");
    memset(reader, 0xee, sizeof *reader);
    reader_begin(reader, FD, framing);
    wire.stream = stream;
    wire.size = size;
    wire.given = wire.at = 0;
    wire.how = how;
    wire.random = how;
    wire.reader = reader;
    frame_oracle_begin(&wire.oracle, framing);
    for (;;) {
        struct frame frame;
        memset(&frame, 0xee, sizeof frame);
        enum reader_result result = reader_next(reader, &frame);
        feed_oracle();
        if (result != READER_MESSAGE) {
            check_end(&frame, result);
            break;
        }
        check_message(&frame);
    }
    free(reader);
}
