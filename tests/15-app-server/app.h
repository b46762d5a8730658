// app: the words of lesson 15's checks.

#ifndef APP_H
#define APP_H

#include "stage/peer.h"
#include "stage/program.h"

#include <stddef.h>

#define PROGRAM "app_server"
#define SEARCH "{\"action\": \"search\", \"value\": \"morpheus\"}"

// What a response to a request that can't be right must not say.
#define FOUND "ollow the white"
#define NOT_FOUND "No match"

// The bytes of the request with that SEARCH.
enum { REQUEST_SIZE = 146 };

// Starts the server, on a port that the kernel chooses.
struct program *start_here(void);

// The response has come, and behind it the end of the stream.
void expect_last_result(struct program *server, struct peer *client,
                        const char *result);

// A client comes, asks for VALUE, gets that RESULT, and goes.
void search(struct program *server, const char *value, const char *result);

// The server serves a client that comes now.
void expect_service(struct program *server);

// A client whose request, the SEARCH, has come as far as its header, and no
// further; the rest comes, and it is answered.
struct peer *connect_halfway(struct program *server);
void expect_second_half(struct program *server, struct peer *client);

// A client asks TEXT, which is JSON that has a zero in a string; that one is
// answered by these bytes, or is refused.
void ask_with_zero(struct program *server, const char *text, const char *result,
                   size_t size);

// The client's next message answers these bytes, a content that is no text.
void expect_beginning(struct program *server, struct peer *client,
                      const void *bytes, size_t size);

// A client sends them, and gets that answer and the end of the stream.
void exchange_bytes(struct program *server, const char *type, const void *bytes,
                    size_t size);

// One client is BUSY: whenever the server waits, it has a byte more for it.
// The other one is served all the same. hold_each_wait() was before its start.
void expect_served_beside(struct program *server, struct peer *busy,
                          struct peer *asks);

// Sends the DIGITS and one byte more, as a content that is no text.
void send_digits(struct peer *client);

#endif
