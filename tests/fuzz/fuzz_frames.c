// Fuzzes lesson 05's frame.c and reader.c: an input is what a peer sends.
//
// All bytes that are decoded end where a page ends behind which is none, and
// then begin where one begins: to read past either end is an error. What must
// hold besides "it does not crash":
//
// - what frame_decode() makes of the bytes is what frame.h promises: it is
// found
//   out once more, by frame_oracle.h;
// - a frame is incomplete until its last byte, and then done, however many
//   bytes follow; its message is within it, and it is not empty;
// - what can be framed is what frame_obstacle() says, and comes back as it was;
// - a reader returns the same messages, and the same end, whatever pieces they
//   come in: check_reader.h.
//
// The first bytes of an input say which framing it is, how it comes, and how
// often one byte is repeated within: so the limits, 4,096 and 65,536, are near.

#include "check_reader.h"
#include "claim.h"
#include "frame.h"
#include "frame_oracle.h"

#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max,
                               unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);

enum {
    FRAMING_AT = 0, // what each byte of an input is
    HOW_AT = 1,     // for check_reader()
    HEAD_AT = 2,    // how many bytes stand before the repeated one
    REPEATS_AT = 3, // how often that is there, in three bytes
    BYTE_AT = 6,
    START = 7, // the stream begins

    REPEATS_MAX = 70000,
    STREAM_MAX = REPEATS_MAX + 8192,
    PAGE = 65536, // a multiple of whatever a page is
    ARENA = 2 * PAGE,
    FRAMES_MAX = 16, // that are looked at closely
    NEAR = 40,       // bytes of a frame at each of which the pages are tried
};

static uint8_t *arena; // the pages before it and behind it can't be touched

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    uint8_t *pages = mmap(NULL, ARENA + 2 * PAGE, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    claim(pages != MAP_FAILED, "there is memory");
    arena = pages + PAGE;
    claim(mprotect(arena, ARENA, PROT_READ | PROT_WRITE) == 0, "and pages");
    return 0;
}

static size_t repeats_of(const uint8_t *input)
{
    size_t repeats = 0;
    for (int i = 0; i < 3; i++)
        repeats = repeats << 8 | input[REPEATS_AT + i];
    return repeats % (REPEATS_MAX + 1);
}

static void set_repeats(uint8_t *input, size_t repeats)
{
    for (int i = 0; i < 3; i++)
        input[REPEATS_AT + i] = (uint8_t)(repeats >> (16 - 8 * i));
}

// --- mutation ----------------------------------------------------------------

// Numbers of bytes at which something changes.
static const size_t edges[] = {0, 1, 4, 31, 32, 4095, 4096, 65535, 65536};
enum { EDGES = sizeof edges / sizeof *edges };

static size_t near_an_edge(unsigned *random)
{
    size_t edge = edges[(size_t)rand_r(random) % EDGES];
    size_t more = (size_t)rand_r(random) % 5;
    return edge + more < 2 ? 0 : edge + more - 2;
}

// The length in the first four bytes: about as many as there are.
static void put_length(uint8_t *input, size_t size, unsigned *random)
{
    size_t length = size - START - 4 + repeats_of(input);
    length += (size_t)rand_r(random) % 3 - 1;
    for (int i = 0; i < 4; i++)
        input[START + i] = (uint8_t)(length >> (24 - 8 * i));
    if (input[HEAD_AT] < 4)
        input[HEAD_AT] = 4;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max,
                               unsigned seed)
{
    unsigned random = seed;
    if (size < START || max <= START)
        return LLVMFuzzerMutate(bytes, size, max);
    switch (rand_r(&random) % 8) {
    case 0: bytes[rand_r(&random) % REPEATS_AT] ^= (uint8_t)random; break;
    case 1: set_repeats(bytes, near_an_edge(&random)); break;
    case 2: bytes[BYTE_AT] = (uint8_t) "\n\r\0a"[rand_r(&random) % 4]; break;
    case 3:
        if (size >= START + 4)
            put_length(bytes, size, &random);
        break;
    default:
        return START +
               LLVMFuzzerMutate(bytes + START, size - START, max - START);
    }
    return size;
}

// --- decoding ----------------------------------------------------------------

// Decodes SIZE bytes where they are; the oracle has been fed them, or the frame
// that they begin with.
static void check_decoded(const uint8_t *bytes, size_t size,
                          const struct frame_oracle *oracle)
{
    struct frame frame;
    memset(&frame, 0xee, sizeof frame);
    claim(frame_decode(oracle->framing, bytes, size, &frame) == oracle->result,
          "frame_decode() says what frame.h says");
    if (oracle->result == FRAME_MALFORMED)
        claim(frame.problem != NULL && *frame.problem != '\0' &&
                  frame.at < oracle->fed,
              "a problem has a name and a place");
    if (oracle->result != FRAME_DONE)
        return;
    claim(frame.consumed > 0 && frame.consumed <= size,
          "a frame has bytes, and no more than there are");
    claim(frame.message >= bytes &&
              frame.message + frame.size <= bytes + frame.consumed,
          "a message is within its frame");
    claim(frame.consumed == oracle->fed && frame.size == oracle->size &&
              frame.message == bytes + oracle->from,
          "the message is where frame.h says");
}

// The same at either end of the pages. What follows at the beginning looks like
// the end of anything.
static void check_placed(const uint8_t *bytes, size_t size,
                         const struct frame_oracle *oracle)
{
    uint8_t *place = arena + ARENA - size;
    memcpy(place, bytes, size);
    check_decoded(place, size, oracle);
    memcpy(arena, bytes, size);
    memset(arena + size, '\n', NEAR);
    check_decoded(arena, size, oracle);
}

// The stream begins with a frame: byte by byte, of which no more than so many
// may be read; and whole. Returns how many bytes it has; 0 if it is none.
static size_t check_frame(uint8_t *bytes, size_t size, enum framing framing)
{
    struct frame_oracle oracle;
    frame_oracle_begin(&oracle, framing);
    ASAN_POISON_MEMORY_REGION(bytes, size);
    check_decoded(bytes, 0, &oracle);
    size_t now = 0, behind = 0;
    while (now < size && behind < 3) {
        ASAN_UNPOISON_MEMORY_REGION(bytes + now, 1);
        if (oracle.result == FRAME_INCOMPLETE)
            frame_oracle_feed(&oracle, bytes[now]);
        else
            behind++;
        now++;
        check_decoded(bytes, now, &oracle);
        if (now < NEAR || oracle.result != FRAME_INCOMPLETE || now == size)
            check_placed(bytes, now, &oracle);
    }
    ASAN_UNPOISON_MEMORY_REGION(bytes, size);
    check_placed(bytes, size, &oracle);
    return oracle.result == FRAME_DONE ? oracle.fed : 0;
}

// --- encoding ----------------------------------------------------------------

static void check_encoded(const uint8_t *bytes, size_t size,
                          enum framing framing)
{
    static uint8_t frame[FRAME_MAX], expected[FRAME_MAX];
    uint8_t *message = arena + ARENA - size;
    memcpy(message, bytes, size);
    const char *obstacle = frame_obstacle(framing, message, size);
    bool can_carry = frame_oracle_can_carry(framing, message, size);
    claim((obstacle == NULL) == can_carry,
          "frame_obstacle() says what frame.h says");
    claim(can_carry || *obstacle != '\0', "an obstacle has a name");
    if (!can_carry)
        return;
    size_t wanted = frame_oracle_write(framing, message, size, expected);
    memset(frame, 0xee, sizeof frame);
    claim(frame_encode(framing, message, size, frame) == wanted &&
              memcmp(frame, expected, wanted) == 0,
          "a frame is what frame.h says");
    struct frame again;
    while (framing == FRAMING_FIXED && size > 0 && message[size - 1] == 0)
        size--;
    claim(frame_decode(framing, frame, wanted, &again) == FRAME_DONE &&
              again.consumed == wanted && again.size == size &&
              memcmp(again.message, message, size) == 0,
          "what was framed comes back");
}

// --- an input ----------------------------------------------------------------

static uint8_t *make_stream(const uint8_t *input, size_t size, size_t *made)
{
    size_t repeats = repeats_of(input), rest = size - START;
    size_t head = input[HEAD_AT] < rest ? input[HEAD_AT] : rest;
    uint8_t *stream = malloc(rest + repeats);
    claim(stream != NULL && rest + repeats <= STREAM_MAX, "there is memory");
    memcpy(stream, input + START, head);
    memset(stream + head, input[BYTE_AT], repeats);
    memcpy(stream + head + repeats, input + START + head, rest - head);
    *made = rest + repeats;
    return stream;
}

static void try_input(const uint8_t *bytes, size_t size)
{
    static const enum framing framings[] = {FRAMING_LENGTH, FRAMING_LINE,
                                            FRAMING_FIXED};
    if (size < START)
        return;
    enum framing framing = framings[bytes[FRAMING_AT] % 3];
    size_t made, at = 0;
    uint8_t *stream = make_stream(bytes, size, &made);
    check_encoded(stream, made < FRAME_MAX ? made : FRAME_MAX, framing);
    for (int frames = 0; at < made && frames < FRAMES_MAX; frames++) {
        size_t consumed = check_frame(stream + at, made - at, framing);
        check_encoded(stream + at, consumed, framing);
        if (consumed == 0)
            break;
        at += consumed;
    }
    check_reader(framing, stream, made, bytes[HOW_AT]);
    free(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    claim_run(try_input, bytes, size);
    return 0;
}
