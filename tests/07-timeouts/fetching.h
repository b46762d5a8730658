// fetching: the words of lesson 07's checks.

#ifndef FETCHING_H
#define FETCHING_H

#include "stage/peer.h"
#include "stage/program.h"
#include "words/expect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT "fetch"
#define PATH "/a/page"

// What most checks give it: so much that no slow machine comes near it.
#define LIMIT "1000"
#define LIMIT_MS SECONDS(1000)

#define DAYS(n) HOURS((n)*24)

// A response of which 100 bytes are to come.
#define HEADER "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"

// A server of the grader's, at an address that no other program uses.
struct peer *serve(void);

// Has fetch ask it for PATH, or for another path, within SECONDS; NULL: without
// that argument.
struct program *fetch(struct peer *server, const char *seconds);
struct program *fetch_path(struct peer *server, const char *path,
                           const char *seconds);

// Has fetch ask for PATH at HOST and PORT.
struct program *fetch_at(const char *host, const char *port,
                         const char *seconds);

// The name "made.up" has COUNT addresses where nobody is, and then that one; or
// NULL. And fetch, which asks for PATH at that name.
void name_dead(unsigned count, const char *last);
struct program *fetch_by_name(struct peer *server);

// The server has got a whole request, which is lawful, and is for that path
// at that host.
void expect_request(struct program *client, struct peer *server,
                    const char *host, const char *path);

// The same. WHY says, in a sentence, what it means if it has not.
void expect_request_because(struct program *client, struct peer *server,
                            const char *host, const char *path,
                            const char *why);

// Likewise for PATH, and then sends this response.
void respond(struct program *client, struct peer *server, const char *response);

// The server has got a whole request.
bool is_asked(const struct peer *server);

// A server that sends this, and nothing more; and fetch, which waits.
struct program *fall_silent(const char *sends, const char *seconds,
                            struct peer **server);

// It ends with status 0. WHY says, in a sentence, what it missed.
void expect_success(struct program *client, const char *why);

// The same, and these bytes are on stdout, whole and unchanged.
void expect_response_bytes(struct program *client, const void *bytes,
                           size_t size, const char *why);
void expect_response(struct program *client, const char *response,
                     const char *why);

// The whole of that: a server that responds, and then ends the connection, or
// does not; fetch, and what it prints.
enum then { ENDS, STAYS };
void play(const char *response, enum then then, const char *why);

// A server that responds so, and then does that: fetch ends with status 1, and
// a line that begins with "fetch: ".
enum wrong_end { FINISHES, RESETS, KEEPS_OPEN };
void play_wrong(const char *response, size_t size, enum wrong_end end,
                const char *why);

// It has ended with status 1, and one line on stderr that begins with "fetch: "
// and has one of these words in it, which end with NULL. WHAT is that it says.
void expect_told(struct program *client, const char *const words[],
                 const char *what);

// Its line on stderr has the address of one that it has tried to connect to;
// and, if WITH_REASON, the reason why that one has failed.
void expect_attempt_told(struct program *client, bool with_reason);

// What is under way when the time is over, for what is said of it.
enum phase { CONNECTING, SENDING, RECEIVING };

// So much passes, which is less than SECONDS: it goes on. Or more than
// that: it has ended with status 1, and says that it was too late for that.
void expect_patience(struct program *client, uint64_t ms, const char *seconds);
void expect_end_in_time(struct program *client, uint64_t ms,
                        const char *seconds, enum phase phase);

// An address where connecting hangs, at each of these hosts, which end with
// NULL: there is no room for one more connection that nobody has accepted.
// Returns the port that is theirs, as a text.
const char *hang_at(const char *const hosts[]);

// This check's own loopback address NUMBER, from 1 on, besides peer_own_host().
const char *own_host(unsigned number);

// A server that stops reading before fetch, which asks for that long path, has
// sent anything: of which the kernel takes but few bytes.
struct program *begin_to_send(const char *path, struct peer **server);

// Why a program still waits though its time is over; why it did not wait.
// NULL: the calls may tell.
const char *meaning_of_lateness(const struct program *client,
                                const char *seconds);
const char *meaning_of_haste(const struct program *client, const char *seconds);

// The same of one that has ended though no call had failed, and the other side
// was still there.
const char *meaning_of_early_end(const struct program *client);

// The same of one that has gone on, or has ended, before all of its request was
// sent.
const char *meaning_of_unsent(const struct program *client);

// How many bytes the PATH has that was asked for last.
size_t path_size(void);

// The programs' time since the program was started that was started last, in
// milliseconds.
uint64_t passed_ms(void);

#endif
