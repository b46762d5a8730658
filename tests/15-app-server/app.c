#include "app.h"

#include "words/app_protocol.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/messages.h"

#include <string.h>

struct program *start_here(void)
{
    return start_server(PROGRAM, "127.0.0.1", "0");
}

void expect_last_result(struct program *server, struct peer *client,
                        const char *result)
{
    expect_result(server, client, result);
    expect_no_more(server, client);
}

void search(struct program *server, const char *value, const char *result)
{
    struct peer *client = connect_to(server);
    message_send_search(client, value);
    expect_last_result(server, client, result);
    peer_close(client);
}

void ask_with_zero(struct program *server, const char *text, const char *result,
                   size_t size)
{
    struct peer *client = connect_to(server);
    message_send_json(client, "utf-8", text);
    expect_result_with_zero(server, client, result, size);
    peer_close(client);
}

void expect_served_beside(struct program *server, struct peer *busy,
                          struct peer *asks)
{
    enum { TURNS_MAX = 64 };
    int turns = 0;
    while (turns < TURNS_MAX && asks->in.size == 0 &&
           keep_busy(server, busy, 1) == 1)
        turns++;
    end_weather();
    if (turns == TURNS_MAX && asks->in.size == 0) {
        const struct failure failure = {
            .program = server,
            .peer = asks,
            .is_sure = true,
            .means =
                "Your program serves the same client in each turn, as "
                "long as that one has something, and never another that is "
                "ready, too. Whoever sends without an end keeps it from all "
                "others: serve each of those that are ready, and only then "
                "ask again who is.",
        };
        expect_fail(&failure, "each client in its turn",
                    "nothing, while another client was served in %d turns",
                    TURNS_MAX);
    }
    program_release(server);
}

void expect_service(struct program *server)
{
    search(server, "morpheus", RABBIT);
}

struct peer *connect_halfway(struct program *server)
{
    _Static_assert(sizeof SEARCH - 1 == 41, "as its header says");
    static const char header[] =
        "{\"byteorder\": \"little\", \"content-type\": \"text/json\", "
        "\"content-encoding\": \"utf-8\", \"content-length\": 41}";
    struct peer *client = connect_to(server);
    message_send_raw(client, header, sizeof header - 1, "", 0);
    return client;
}

void expect_second_half(struct program *server, struct peer *client)
{
    peer_send_text(client, SEARCH);
    expect_last_result(server, client, RABBIT);
}

void expect_beginning(struct program *server, struct peer *client,
                      const void *bytes, size_t size)
{
    char response[sizeof BEGINNING + ANSWERED_BYTES] = BEGINNING;
    size_t answered = size < ANSWERED_BYTES ? size : ANSWERED_BYTES;
    memcpy(response + strlen(BEGINNING), bytes, answered);
    expect_content(server, client, BINARY_RESPONSE, response,
                   strlen(BEGINNING) + answered);
}

void exchange_bytes(struct program *server, const char *type, const void *bytes,
                    size_t size)
{
    struct peer *client = connect_to(server);
    message_send(client, type, "binary", bytes, size);
    expect_beginning(server, client, bytes, size);
    expect_no_more(server, client);
}

void send_digits(struct peer *client)
{
    message_send(client, BINARY, "binary", DIGITS "a", strlen(DIGITS "a"));
}
