#include "app.h"

#include "words/app_protocol.h"
#include "words/expect.h"
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
