// Fuzzes common/codec.c and common/printable.c: an input is what a peer sends.
//
//     make fuzz SECONDS=60                  all targets
//     tests/fuzz/fuzz.sh --seeds                 the seeds only, once
//     build/fuzz/codec FILE                 one input again
//
// All bytes are given in memory of exactly their size, so that to read past
// them is an error. What must hold besides "it does not crash":
//
// - what codec_parse() makes of the bytes is what codec.h promises; it is
//   worked out here once more, in another way (header_is_valid());
// - more bytes never change what fewer have said (check_prefix());
// - what was parsed can be built, and parsed again as the same;
// - an explanation is a line of ASCII, and points inside of the bytes;
// - JSON that was read can be written, and read as the same, and text comes
//   back from another encoding as it was;
// - what printable() writes is fit for a log, and says what the bytes are.
//
// tests/fuzz/seeds.py makes the seeds, and says what each is for.

#include "check_printable.h"
#include "codec.h"
#include "guard.h"
#include "mutate.h"
#include "printable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max,
                               unsigned seed);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    guard_prepare(PRINTABLE_BYTES);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max,
                               unsigned seed)
{
    return mutate_stream(bytes, size, max, seed);
}

// A copy in memory of exactly that size; to be freed.
static uint8_t *exactly(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size);
    claim(copy != NULL, "there is memory");
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

// A number that depends on all bytes: what else an input decides.
static size_t hash(const uint8_t *bytes, size_t size)
{
    uint64_t number = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        number = (number ^ bytes[i]) * 1099511628211u;
    return (size_t)(number ^ number >> 32);
}

static void check_problem(const struct codec_problem *problem, size_t size)
{
    size_t length = strnlen(problem->why, sizeof problem->why);
    claim(length > 0 && length < sizeof problem->why, "an explanation is text");
    for (size_t i = 0; i < length; i++)
        claim(problem->why[i] >= ' ' && problem->why[i] <= '~',
              "an explanation is printable ASCII");
    claim(problem->offset <= size, "a problem is inside of the bytes");
}

// What was found out of some bytes.
struct finding {
    enum codec_result result;
    struct codec_message message; // content: not to be used any more
    size_t content_at;
    struct codec_problem problem;
};

static void parse(struct finding *finding, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = exactly(bytes, size);
    memset(finding, 0xee, sizeof *finding);
    finding->result =
        codec_parse(copy, size, &finding->message, &finding->problem);
    if (finding->result == CODEC_MALFORMED)
        check_problem(&finding->problem, size);
    if (finding->result == CODEC_DONE) {
        claim(finding->message.content >= copy, "the content is inside");
        finding->content_at = (size_t)(finding->message.content - copy);
    }
    free(copy);
}

// --- the model ---------------------------------------------------------------

static bool name_is_valid(const json_t *object, const char *member)
{
    const json_t *name = json_object_get(object, member);
    return json_is_string(name) && json_string_length(name) <= 127 &&
           is_harmless((const uint8_t *)json_string_value(name),
                       json_string_length(name));
}

static bool header_is_valid(const uint8_t *bytes, size_t size,
                            json_int_t *content_length)
{
    json_t *header =
        json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    const char *order = json_string_value(json_object_get(header, "byteorder"));
    const json_t *length = json_object_get(header, "content-length");
    bool valid = order != NULL &&
                 (strcmp(order, "little") == 0 || strcmp(order, "big") == 0) &&
                 name_is_valid(header, "content-type") &&
                 name_is_valid(header, "content-encoding") &&
                 json_is_integer(length) && json_integer_value(length) >= 0 &&
                 json_integer_value(length) <= 64 * 1024 * 1024;
    *content_length = json_integer_value(length);
    json_decref(header);
    return valid;
}

static void check_model(const uint8_t *bytes, size_t size,
                        const struct finding *found)
{
    enum codec_result expected = CODEC_NEED_MORE;
    size_t length = size < 2 ? 0 : (size_t)bytes[0] * 256 + bytes[1];
    json_int_t content = 0;
    if (size >= 2 && length == 0)
        expected = CODEC_MALFORMED;
    else if (size >= 2 && size - 2 >= length) {
        if (!header_is_valid(bytes + 2, length, &content))
            expected = CODEC_MALFORMED;
        else if (size - 2 - length >= (size_t)content)
            expected = CODEC_DONE;
    }
    claim(found->result == expected, "codec_parse() says what codec.h says");
    if (expected != CODEC_DONE)
        return;
    claim(found->content_at == 2 + length &&
              found->message.header.content_length == (size_t)content &&
              found->message.size == 2 + length + (size_t)content,
          "the content is where codec.h says");
}

// The first SIZE of the bytes, of which WHOLE was found out.
static void check_prefix(const uint8_t *bytes, size_t size,
                         const struct finding *whole)
{
    struct finding now;
    parse(&now, bytes, size);
    switch (now.result) {
    case CODEC_NEED_MORE:
        claim(whole->result != CODEC_DONE || size < whole->message.size,
              "a message that is complete needs no more");
        break;
    case CODEC_MALFORMED:
        claim(whole->result == CODEC_MALFORMED &&
                  whole->problem.offset == now.problem.offset &&
                  strcmp(whole->problem.why, now.problem.why) == 0,
              "what is malformed stays malformed");
        break;
    case CODEC_DONE:
        claim(whole->result == CODEC_DONE &&
                  whole->message.size == now.message.size &&
                  whole->content_at == now.content_at &&
                  now.message.size <= size,
              "what is done stays done");
        break;
    }
}

static void check_prefixes(const uint8_t *bytes, size_t size,
                           const struct finding *whole)
{
    size_t length = size < 2 ? 0 : (size_t)bytes[0] * 256 + bytes[1];
    size_t end = whole->result == CODEC_DONE ? whole->message.size : size;
    size_t chosen[] = {1,       length + 1, length + 2,
                       end - 1, end,        hash(bytes, size) % (size + 1)};
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        if (chosen[i] <= size)
            check_prefix(bytes, chosen[i], whole);
}

// --- what is in a message ----------------------------------------------------

static void check_rebuilt(const struct codec_header *header,
                          const uint8_t *content)
{
    struct buffer out = {.memory = NULL};
    buffer_append(&out, "before", 6);
    claim(codec_build(&out, header->type, header->encoding, content,
                      header->content_length) == 0,
          "what was parsed can be built");
    claim(memcmp(buffer_bytes(&out), "before", 6) == 0, "it is appended");
    buffer_drop(&out, 6);
    struct finding again;
    parse(&again, buffer_bytes(&out), buffer_size(&out));
    claim(again.result == CODEC_DONE &&
              again.message.size == buffer_size(&out) &&
              again.message.header.content_length == header->content_length &&
              strcmp(again.message.header.type, header->type) == 0 &&
              strcmp(again.message.header.encoding, header->encoding) == 0 &&
              memcmp(buffer_bytes(&out) + again.content_at, content,
                     header->content_length) == 0,
          "what was built is parsed as the same");
    buffer_free(&out);
}

// Writes the value, and reads it again.
static void check_value(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    claim(text != NULL, "JSON that was read can be written");
    struct codec_problem problem;
    json_t *again = codec_parse_json(text, strlen(text), "utf-8", &problem);
    claim(again != NULL && json_equal(value, again),
          "JSON that was written is read as the same");
    json_decref(again);
    free(text);
}

// Converts text to another encoding and back. The other may say the same in
// several ways, but what it says must be the same.
static void check_conversion(const struct buffer *utf8, const char *encoding)
{
    struct buffer other = {.memory = NULL}, again = {.memory = NULL};
    struct codec_problem problem;
    claim(codec_convert(&other, encoding, "UTF-8", buffer_bytes(utf8),
                        buffer_size(utf8), &problem) == 0 &&
              codec_convert(&again, "UTF-8", encoding, buffer_bytes(&other),
                            buffer_size(&other), &problem) == 0,
          "text can be converted back");
    claim(buffer_size(&again) == buffer_size(utf8) &&
              memcmp(buffer_bytes(&again), buffer_bytes(utf8),
                     buffer_size(utf8)) == 0,
          "converted back, it is the same text");
    buffer_free(&other);
    buffer_free(&again);
}

static void check_json(const char *encoding, const uint8_t *content,
                       size_t size)
{
    struct codec_problem problem;
    memset(&problem, 0xee, sizeof problem);
    json_t *value = codec_parse_json(content, size, encoding, &problem);
    if (value != NULL)
        check_value(value);
    else
        check_problem(&problem, size);
    struct buffer utf8 = {.memory = NULL};
    if (codec_convert(&utf8, "UTF-8", encoding, content, size, &problem) == -1)
        check_problem(&problem, size);
    else if (value != NULL)
        check_conversion(&utf8, encoding);
    buffer_free(&utf8);
    json_decref(value);
}

static void check_message(const uint8_t *bytes, const struct finding *found)
{
    const struct codec_header *header = &found->message.header;
    size_t size = header->content_length;
    uint8_t *content = exactly(bytes + found->content_at, size);
    check_rebuilt(header, content);
    if (strcmp(header->type, CODEC_JSON) == 0)
        check_json(header->encoding, content, size);
    free(content);
}

static void try_input(const uint8_t *bytes, size_t size)
{
    struct finding found;
    parse(&found, bytes, size);
    check_model(bytes, size, &found);
    check_prefixes(bytes, size, &found);
    size_t room = 8 + hash(bytes, size) % 200;
    if (found.result == CODEC_DONE) {
        check_message(bytes, &found);
        check_printable(bytes + found.content_at,
                        found.message.header.content_length, room);
    } else
        check_printable(bytes, size, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    claim_run(try_input, bytes, size);
    return 0;
}
