// Fuzzes solutions/15-app-server/: what the server makes of one client. An
// input is what the client sends, and when which part of that arrives:
//
//     1 byte   how long the script is
//     script   what happens, step by step: wire.h
//     stream   the bytes that the client sends, one message behind the other
//
//     make fuzz SECONDS=60                  all targets
//     tests/fuzz/fuzz.sh --seeds                 the seeds only, once
//     build/fuzz/message FILE               one input again
//
// No socket is needed: wire.c stands for it, and drive.c for the loop. After
// each turn of it, what was sent must be what expected.c finds in the bytes
// that were received so far; check() says what else must hold. So however a
// stream is cut, the responses must be the same. One in four is also delivered
// whole; all would take half as long again.
//
// tests/fuzz/seeds.py makes the seeds, and says what each is for.

#include "drive.h"
#include "expected.h"
#include "guard.h"
#include "mutate.h"
#include "selector.h"
#include "wire.h"

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
    return mutate_scripted(bytes, size, max, seed);
}

// --- what must hold after each turn ------------------------------------------

static bool has_failed(void)
{
    return wire()->send_failed || wire()->receive_failed;
}

static void check_goes_on(const struct message *message,
                          const struct progress *due, bool malformed)
{
    claim(!has_failed(), "a connection that has failed is given up");
    if (message_events(message) == SELECTOR_READ) {
        claim(wire()->sent_size == due->answered,
              "what can be answered is, before more is waited for");
        claim(!malformed, "what is malformed is known as soon as it can be");
        claim(!wire()->end_seen, "nothing is waited for after the end");
    } else {
        claim(message_events(message) == SELECTOR_WRITE,
              "reading or writing is waited for, and not both");
        claim(wire()->sent_size < due->answered, "there is something to send");
        claim(wire()->refused, "all is sent that the kernel takes");
    }
}

static void check_done(const struct progress *due)
{
    claim(wire()->sent_size == due->answered, "all is sent before it is done");
    claim(wire()->consumed == due->requested, "no request is left half-way");
    claim(due->count > 0 || wire()->end_seen, "it is not done before it began");
    claim(wire()->arrived == wire()->consumed || wire()->peek_interrupted ||
              wire()->reset,
          "nothing that has arrived is left unread");
}

static void check_failed(const struct progress *due, bool malformed, bool odd)
{
    bool all_sent = wire()->sent_size == due->answered;
    bool half_way = wire()->consumed > due->requested;
    // With events that nobody asked for, the next request may be looked at
    // before the response has gone.
    claim(has_failed() || (malformed && (all_sent || odd)) ||
              (wire()->end_seen && half_way && all_sent),
          "what fails has a reason to, and all before it is answered");
}

static void check_memory(const struct message *message,
                         const struct expected *expected, bool odd)
{
    claim(message->channel.processed +
                  buffer_size(&message->channel.received) ==
              wire()->consumed,
          "what was received is processed, or kept");
    claim(message->channel.received.room <= 1024 + 8 * wire()->consumed,
          "no more memory is held than bytes have come");
    claim(odd || buffer_size(&message->to_send) <= expected->longest,
          "one response is kept at a time");
}

static void check(const struct message *message, enum message_result result,
                  bool odd, void *data)
{
    const struct expected *expected = data;
    struct progress due = expected_after(expected, wire()->consumed);
    bool malformed = wire()->consumed >= expected->malformed_at;
    claim(wire()->sent_size <= due.answered, "no more is sent than was asked");
    claim(wire()->sent_size == 0 ||
              memcmp(wire()->sent, buffer_bytes(&expected->responses),
                     wire()->sent_size) == 0,
          "what is sent are the responses, in turn");
    // With events that nobody asked for, two may go as one.
    claim(odd ||
              message->responses == expected_sent(expected, wire()->sent_size),
          "the responses are counted");
    check_memory(message, expected, odd);
    switch (result) {
    case MESSAGE_GOES_ON: check_goes_on(message, &due, malformed); break;
    case MESSAGE_DONE: check_done(&due); break;
    case MESSAGE_FAILED: check_failed(&due, malformed, odd); break;
    }
    guard_check_log();
}

// Serves a client that sends this stream, in the way the script says.
static void serve(struct expected *expected, const uint8_t *script,
                  size_t script_size, const uint8_t *stream, size_t size)
{
    struct sockaddr_in client = {.sin_family = AF_INET,
                                 .sin_port = htons(54321),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct message *message = message_create(WIRE_FD, &client);
    claim(message != NULL, "there is memory");
    wire_begin(stream, size);
    drive(message, script, script_size, check, expected);
    guard_forget_log();
}

static void try_input(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return;
    size_t script = bytes[0] < size - 1 ? bytes[0] : size - 1;
    const uint8_t *stream = bytes + 1 + script;
    struct expected expected;
    // Behind what would be too many messages the stream ends.
    size_t stream_size = expected_find(&expected, stream, size - 1 - script);
    if (script % 4 == 0)
        serve(&expected, NULL, 0, stream, stream_size);
    if (script > 0)
        serve(&expected, bytes + 1, script, stream, stream_size);
    expected_free(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    claim_run(try_input, bytes, size);
    return 0;
}
