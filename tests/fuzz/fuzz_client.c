// Fuzzes solutions/16-app-client/message.c: what the client makes of a server.
// An input is as one of fuzz_message.c: a script, and what the peer sends. How
// long the script is also decides what the client asks for.
//
//     make fuzz SECONDS=60                  all targets
//     build/fuzz/client FILE                one input again
//
// After each turn of the loop, what was sent must be the beginning of the
// request; and when the exchange is over, what was shown must be the response,
// or the exchange must have failed for a reason.

#include "drive.h"
#include "guard.h"
#include "mutate.h"
#include "net.h"
#include "request.h"
#include "selector.h"
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max,
                               unsigned seed);
int __wrap_net_connect_result(int fd);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    guard_prepare(PRINTABLE_UTF8);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max,
                               unsigned seed)
{
    return mutate_scripted(bytes, size, max, seed);
}

// A connection that the peer has reset by now was never made.
int __wrap_net_connect_result(int fd)
{
    claim(fd == WIRE_FD, "only the connection is used");
    if (!wire()->reset)
        return 0;
    errno = ECONNREFUSED;
    return -1;
}

static const struct {
    const char *action, *value;
} requests[] = {
    {"search", "morpheus"},
    {"double", " the trouble"},
    {"search", "\U0001F436"},
    {"", ""},
};

// What is known of an exchange without looking at how it went.
struct expected {
    struct buffer request;
    enum codec_result result; // of what the peer sends
    struct codec_message response;
    size_t known_at; // after so many bytes the result is known
    char *shown;     // the line that shows the response; NULL: it can't be
};

// The text that stands for the response; NULL if it is malformed.
static char *text_of(const struct codec_message *response, size_t *size)
{
    bool is_json = strcmp(response->header.type, CODEC_JSON) == 0;
    if (!is_json) {
        *size = response->header.content_length;
        char *copy = malloc(*size + 1);
        claim(copy != NULL, "there is memory");
        memcpy(copy, response->content, *size);
        return copy;
    }
    struct codec_problem problem;
    json_t *content =
        codec_parse_json(response->content, response->header.content_length,
                         response->header.encoding, &problem);
    json_t *result = json_object_get(content, "result");
    char *text = NULL;
    if (json_is_string(result)) {
        *size = json_string_length(result);
        text = malloc(*size + 1);
        claim(text != NULL, "there is memory");
        memcpy(text, json_string_value(result), *size);
    } else if (result != NULL) {
        text = json_dumps(result, JSON_ENCODE_ANY);
        *size = strlen(text);
    }
    json_decref(content);
    return text;
}

static void find_shown(struct expected *expected)
{
    size_t size;
    bool is_json = strcmp(expected->response.header.type, CODEC_JSON) == 0;
    char *text = text_of(&expected->response, &size);
    if (text == NULL)
        return;
    expected->shown = malloc(4 * size + 8);
    claim(expected->shown != NULL, "there is memory");
    printable(text, size, is_json ? PRINTABLE_UTF8 : PRINTABLE_BYTES,
              expected->shown, 4 * size + 8);
    free(text);
}

static void find_expected(struct expected *expected, size_t which,
                          const uint8_t *stream, size_t size)
{
    *expected = (struct expected){.known_at = SIZE_MAX};
    claim(request_build(&expected->request, requests[which].action,
                        requests[which].value) == 0,
          "a request can be built");
    struct codec_problem problem;
    expected->result = codec_parse(stream, size, &expected->response, &problem);
    if (expected->result == CODEC_MALFORMED)
        expected->known_at = 2 + ((size_t)stream[0] << 8 | stream[1]);
    if (expected->result == CODEC_DONE) {
        expected->known_at = expected->response.size;
        find_shown(expected);
    }
}

static void check_shown(const struct expected *expected, bool is_done)
{
    const char *line = NULL;
    unsigned count = guard_count_lines("got result: ", &line);
    if (expected->result == CODEC_DONE &&
        strcmp(expected->response.header.type, CODEC_JSON) != 0)
        count = guard_count_lines("got response: ", &line);
    claim(count == is_done, "a response is shown once");
    if (!is_done)
        return;
    claim(expected->shown != NULL, "only a good response is shown");
    size_t length = strlen(expected->shown);
    claim(strncmp(line, expected->shown, length) == 0 && line[length] == '\n',
          "what is shown is the response");
}

static void check_events(const struct message *message,
                         const struct expected *expected)
{
    unsigned events = message_events(message);
    bool unsent = wire()->sent_size < buffer_size(&expected->request) &&
                  !wire()->send_failed;
    if (message->connected) {
        claim(events & SELECTOR_READ, "a response may come at any time");
        claim(!!(events & SELECTOR_WRITE) == unsent,
              "writing is waited for with something to send");
    }
    claim(!wire()->end_seen, "nothing is waited for after the end");
    claim(!wire()->receive_failed, "a connection that has failed is given up");
    claim(wire()->consumed < expected->known_at,
          "what the response is, is known as soon as it can be");
}

static void check(const struct message *message, enum message_result result,
                  bool odd, void *data)
{
    (void)odd;
    const struct expected *expected = data;
    claim(wire()->sent_size <= buffer_size(&expected->request) &&
              (wire()->sent_size == 0 ||
               memcmp(wire()->sent, buffer_bytes(&expected->request),
                      wire()->sent_size) == 0),
          "what is sent is the request");
    claim(message->channel.processed +
                  buffer_size(&message->channel.received) ==
              wire()->consumed,
          "what was received is processed, or kept");
    claim(message->channel.received.room <= 1024 + 8 * wire()->consumed,
          "no more memory is held than bytes have come");
    check_shown(expected, result == MESSAGE_DONE);
    if (result == MESSAGE_GOES_ON)
        check_events(message, expected);
    if (result == MESSAGE_DONE)
        claim(expected->result == CODEC_DONE &&
                  wire()->consumed == expected->known_at,
              "it is done with the last byte of the response");
    if (result == MESSAGE_FAILED)
        claim(wire()->receive_failed || !message->connected ||
                  wire()->end_seen ||
                  (wire()->consumed >= expected->known_at &&
                   (expected->shown == NULL ||
                    wire()->consumed > expected->known_at)),
              "what fails has a reason to");
}

static void ask(struct expected *expected, size_t which, const uint8_t *script,
                size_t script_size, const uint8_t *stream, size_t size)
{
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_port = htons(54321),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct message message;
    message_start(&message, WIRE_FD, &server, requests[which].action,
                  requests[which].value);
    wire_begin(stream, size);
    drive(&message, script, script_size, check, expected);
    guard_forget_log();
}

static void try_input(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return;
    size_t script = bytes[0] < size - 1 ? bytes[0] : size - 1;
    const uint8_t *stream = bytes + 1 + script;
    size_t which = script % (sizeof requests / sizeof *requests);
    struct expected expected;
    find_expected(&expected, which, stream, size - 1 - script);
    ask(&expected, which, NULL, 0, stream, size - 1 - script);
    if (script > 0)
        ask(&expected, which, bytes + 1, script, stream, size - 1 - script);
    buffer_free(&expected.request);
    free(expected.shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    claim_run(try_input, bytes, size);
    return 0;
}
