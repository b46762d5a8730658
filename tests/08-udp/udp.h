// udp: the words of lesson 08's checks.

#ifndef UDP_H
#define UDP_H

#include "stage/datagrams.h"
#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER "udp_echo_server"
#define CLIENT "udp_echo_client"
#define HELLO "Hello, world"

// The one name that there is, and the name of a service: another one for TCP.
#define NAME "made.up"
#define SERVICE "workbook"

enum { LONGEST_IPV4 = 65507, LONGEST_IPV6 = 65527 };

// --- udp_echo_server

// Starts the server at HOST, and at a port that the kernel chooses, where it is
// reached at that numeric address; NULL: at HOST. Or at 127.0.0.1.
struct program *serve_at(const char *host, const char *reached_at);
struct program *serve_here(void);

// A client of the grader's, at an address that no other program uses; or at
// HOST.
struct peer *come(void);
struct peer *come_from(const char *host);

// The client sends that to the server, at the address that it is reached at.
void ask(struct peer *client, const struct program *server, const void *bytes,
         size_t size);
void ask_text(struct peer *client, const struct program *server,
              const char *text);

// The next datagram that the client gets is that, from the address that it has
// asked.
void expect_answer(struct program *server, struct peer *client,
                   const void *bytes, size_t size);
void expect_answer_text(struct program *server, struct peer *client,
                        const char *text);

// True if the next datagram that it has got is that.
bool is_next_answer(const struct peer *client, const char *text);

// The client asks, and is answered. A client comes for that.
void expect_echoed(struct program *server, struct peer *client,
                   const void *bytes, size_t size);
void expect_service(struct program *server);

// The client gets nothing more. MEANS says what it means if it does.
void expect_nothing_else(struct program *server, struct peer *client,
                         const char *means);

// True if the client is answered; a wrong answer is a mistake all the same.
bool is_answered(struct program *server, struct peer *client, const char *text);

// --- udp_echo_client

// A server of the grader's, where come() comes from.
struct peer *answer_machine(void);

// Starts the client for it. TRIES and SECONDS may be NULL.
struct program *start_asking(struct peer *server, const char *message,
                             const char *tries, const char *seconds);

// The next datagram that the server gets is the question.
void expect_question(struct program *client, struct peer *server,
                     const char *message);

// The same. MEANS says what it means if it does not.
void expect_question_because(struct program *client, struct peer *server,
                             const char *message, const char *means);

// The server, or somebody else, sends that to where the last question came
// from.
void reply(struct peer *server, const void *bytes, size_t size);
void reply_text(struct peer *server, const char *text);
void reply_as(struct peer *stranger, const struct peer *server,
              const void *bytes, size_t size);

// The client ends with status 0, and has printed that as its answer, once.
void expect_printed(struct program *client, const char *message);

// The same. WHY says, in a sentence, what it means if it does not.
void expect_printed_because(struct program *client, const char *message,
                            const char *why);

// It has not ended, though that has come: WHAT says from whom, or what it is.
void expect_not_believed(struct program *client, const char *what);

// It ends with status 1, and says that there was no answer after so many tries.
void expect_no_answer(struct program *client, unsigned tries);

// The programs' time, in milliseconds.
uint64_t programs_ms(void);

// How often it has sent something; the weather may have lost it.
size_t questions_of(const struct program *client);

// It has sent its NUMBER-th question now. It waits for SECONDS, and not much
// less or more, and then sends the next, or has ended: that is the caller's to
// see. From the second on it may wait longer each time, up to twice as long.
void expect_wait(struct program *client, unsigned number, uint64_t seconds);

// What an ended program has on stderr, as far as a line goes.
const char *said_by(const struct program *client);

// Why it does not print an answer of SIZE bytes, which has come.
const char *meaning_of_no_output(const struct program *client, size_t size);

// Why it has asked once more, and has not waited.
const char *meaning_of_haste(const struct program *client);

// Why it never rests, where nobody listens; NULL: the calls may tell.
const char *meaning_of_restlessness(const struct program *client);

// Why it is too early, or too late; NULL: the calls may tell.
const char *meaning_of_early_try(const struct program *client);
const char *meaning_of_late_try(const struct program *client);

#endif
