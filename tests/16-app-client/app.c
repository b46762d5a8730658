#include "app.h"

#include "stage/stage.h"
#include "words/app_protocol.h"
#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/messages.h"

#include <inttypes.h>
#include <string.h>

struct peer *serve(void)
{
    return peer_listen(peer_own_host());
}

struct program *start(struct peer *server, const char *action,
                      const char *value)
{
    return start_client(
        PROGRAM, server,
        (struct program_options){.arguments = {[2] = action, value}});
}

struct program *start_asking(struct peer **server)
{
    *server = serve();
    struct program *client = start(*server, "search", "morpheus");
    expect_connection(client, *server);
    expect_message(client, *server);
    return client;
}

struct program *start_refused(void)
{
    return start_client_of_nobody(
        PROGRAM,
        (struct program_options){.arguments = {[2] = "search", "morpheus"}});
}

void expect_success(struct program *client, struct peer *server)
{
    expect_exit_status(client, 0);
    expect_no_more(client, server);
    expect_no_bad_descriptor(client);
}

void expect_no_success(struct program *client)
{
    expect_complaint(client, 1);
    expect_no_line(client, RESULT);
    expect_no_line(client, RESPONSE);
}

// The last call that brought bytes had brought all: it is not to wait for what
// may come behind them.
static void expect_no_wait_behind(struct program *client)
{
    enum { LEAST_MS = 1000 };
    struct trace *trace = stage_current()->trace;
    const struct call *waited = NULL;
    uint64_t waited_ms = 0;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->group == CALLS_RECEIVE && call->on_socket &&
            call->result > 0 && !call->only_looks)
            waited_ms = 0;
        if (call->effect == TIMED_OUT) {
            waited_ms += call->waited_ms;
            waited = call;
        }
    }
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = "All of the response had come, and your program waited for "
                 "more, with a limit. So each answer takes that much longer. "
                 "Look what is there now (MSG_DONTWAIT, FIONREAD), and go by "
                 "the lengths.",
    };
    if (waited_ms >= LEAST_MS)
        expect_fail(&failure, "an end with the last byte of the response",
                    "%s() waited for %" PRIu64 " ms behind it",
                    waited->info->name, waited_ms);
}

void search(const char *value, const char *request, const char *result)
{
    struct peer *server = serve();
    struct program *client = start(server, "search", value);
    expect_connection(client, server);
    expect_members(client, server, request);
    message_send_result(server, result);
    expect_success(client, server);
    expect_no_wait_behind(client);
    expect_line(client, RESULT "%s", result);
}

void search_morpheus(void)
{
    search("morpheus", "{\"action\": \"search\", \"value\": \"morpheus\"}",
           RABBIT);
}

void send_digits_back(struct peer *server)
{
    message_send(server, BINARY_RESPONSE, "binary", BEGINNING DIGITS,
                 strlen(BEGINNING DIGITS));
}

void exchange_bytes(const char *action, const char *value)
{
    struct peer *server = serve();
    struct program *client = start(server, action, value);
    const char *both = formatted("%s%s", action, value);
    expect_connection(client, server);
    expect_content(client, server, BINARY, both, strlen(both));
    send_digits_back(server);
    expect_success(client, server);
    // It may stand in quotes.
    expect_line_with(client, RESPONSE, BEGINNING DIGITS, 1);
}
