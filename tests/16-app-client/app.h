// app: the words of lesson 16's checks.

#ifndef APP_H
#define APP_H

#include "stage/peer.h"
#include "stage/program.h"

#define PROGRAM "app_client"

// What each of its answers begins with, on stdout.
#define RESULT "got result: "
#define RESPONSE "got response: "

// The content of a response that is right.
#define RIGHT "{\"result\": \"right\"}"

// The grader's server, at an address that no other program uses. It never
// closes by itself.
struct peer *serve(void);

// Starts the client, for that ACTION and VALUE.
struct program *start(struct peer *server, const char *action,
                      const char *value);

// A client that has asked, and waits for its response from *server.
struct program *start_asking(struct peer **server);

// A client that asks where nobody listens.
struct program *start_refused(void);

// It has sent nothing but its request, and ends well.
void expect_success(struct program *client, struct peer *server);

// It ends with status 1 and a reason, and shows nothing as an answer.
void expect_no_success(struct program *client);

// A client asks for VALUE, which in JSON is that REQUEST, and shows the RESULT.
void search(const char *value, const char *request, const char *result);
void search_morpheus(void);

// A client with that ACTION sends both as bytes, and shows the response.
void exchange_bytes(const char *action, const char *value);

// Queues a response of bytes: the first ten of a request.
void send_digits_back(struct peer *server);

#endif
