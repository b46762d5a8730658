// expect: the words that a check is written in. An expectation that does not
// hold ends the check: verdict_fail() explains it, nothing after it runs.

#ifndef EXPECT_H
#define EXPECT_H

#include "stage/passing.h"
#include "stage/peer.h"
#include "stage/program.h"
#include "tracer/weather.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How many elements an array has.
#define COUNT(array) (sizeof(array) / sizeof *(array))

// From here on this check's programs run at their own speed, without the
// tracer: for many thousand calls. To be called while no program of this check
// runs: one that is traced already would stop at its next call, and nobody
// would let it go on.
void without_tracer(void);

// This check takes a thousand clients: it ends as "not run" where this machine
// hasn't the descriptors for that, or the threads of a program with one for
// each.
void need_many_clients(void);

// True if this check's programs are traced.
bool programs_are_traced(void);

// Random numbers for PURPOSE, which follow from the seed.
struct random check_random(const char *purpose);

// Forgets what was seen so far: the next program has the timeline to itself.
void begin_timeline_anew(void);

// What a program has of things that must not grow.
struct level {
    int descriptors, threads;
    size_t memory; // bytes
    size_t room;   // bytes of addresses, with or without memory behind them
};

// Starts the lesson's program NAME. If that can't be done, or not as it has to
// be, the check ends without a verdict.
struct program *start_program(const char *name,
                              const struct program_options *options);

// The same, with these two arguments; NULL: without.
struct program *start_with_arguments(const char *name, const char *first,
                                     const char *second);

// Starts a server and waits for its announcement, "listening on HOST:PORT".
// The host to connect to and the announced port are in ->address.
struct program *start_server(const char *name, const char *host,
                             const char *port);

// The same, with options; their arguments are replaced by these two.
struct program *start_server_with(const char *name, const char *host,
                                  const char *port,
                                  struct program_options options);

// Starts a server on a port that the kernel chooses, without the tracer, and
// has LeakSanitizer look at its end what memory it has lost: expect_no_leak().
struct program *start_server_for_leaks(const char *name);

// From here on that server is connected to at HOST, and at PORT, whatever it
// has announced. NULL: at the port that it has.
void reach_at(struct program *server, const char *host, const char *port);

// A free port of peer_own_host(), as an argument; good until the next call.
const char *free_port_text(void);

// Starts a client, and tells it as its first two arguments where that peer
// listens; or whatever stands for either in the options, which have its other
// arguments, from the third on.
struct program *start_client(const char *name, struct peer *server,
                             struct program_options options);

// The same, where nobody listens.
struct program *start_client_of_nobody(const char *name,
                                       struct program_options options);

// Connects to a server, at the address in ->address, and expects to succeed.
struct peer *connect_to(struct program *server);

// The same, and expects nothing: it may be refused, or left waiting.
struct peer *begin_to_connect(struct program *server);

// The same, from a port that is not the same, and not another client's, if its
// bytes are exchanged.
struct peer *connect_from_telling_port(struct program *server);

// A program that hold(CALLS_SEND) was for is about to send to that peer: which
// is gone when it does.
void vanish_before_it_sends(struct peer *peer, struct program *program);

// Kills a server while it has that client, whose connection it so ends first:
// its port stays in use. If it does not, the check ends as "not run".
void kill_connected(struct program *server, const struct peer *client);

// Nothing listens on the server's port at another loopback address, HOST.
void expect_no_listener_at(struct program *server, const char *host);

// Makes weather for the programs that are started after it. Where tracing is
// refused, the check ends here, as "not run".
void make_weather(struct weather weather);

// Makes the kernel's buffers small for each connection that this server accepts
// from now on: about BYTES. Where that is refused, the check ends as "not run".
void shrink_buffers(struct program *server, int bytes);

// Waits until the program is held up by WEATHER_HOLD.
void expect_held(struct program *program);

// The same, and returns false if it rests, or has ended, without that.
bool comes_to_be_held(struct program *program);

// From here on the weather is fine.
void end_weather(void);

// Keeps a server busy: whenever it is about to wait, there is a byte to be read
// from that client, COUNT times; hold_each_wait() was before its start. Returns
// how often that was: fewer times if it has ended. A server that never waits
// like that is left alone.
void hold_each_wait(void);
int keep_busy(struct program *server, struct peer *client, int count);

// It was told to stop, and has done so within that many turns; if not, it is
// one that waits (as keep_busy() leaves it alone otherwise).
void expect_stopped(struct program *server, int turns);

// The signal arrives right before the server begins to wait; hold_each_wait()
// was before its start. Returns false if it does not wait like that.
bool signal_before_it_waits(struct program *server, int signal);

// The signal arrives as soon as the server has announced itself, and before it
// does anything else; hold_announcement() was before its start, by
// start_program(). One whose announcement can't be held gets it, too.
void hold_announcement(void);
void signal_once_announced(struct program *server, int signal);

// Waits until nothing moves any more.
void expect_quiet(struct program *program);

// The program takes no processor time while nobody wants anything of it.
void expect_idle(struct program *program);

// While it had nothing left to accept with, a client has sent something: the
// thread that has received it was not asleep when it came, in sleep() or its
// kin. Says nothing where the trace does not reach back so far.
void expect_no_nap(struct program *server, const struct peer *client);

// It has not waited for one connection alone, with a limit of 20 ms or more,
// while the same thread had another.
void expect_no_wait_for_one(struct program *program);

// accept() has failed with ECONNABORTED, and clients were in the queue: it did
// not wait without its listener then, as if nothing was left to accept with.
void expect_to_go_on_accepting(struct program *server);

// So much time passes for the programs, MINUTES(30) for one, and none for us:
// what waits with a limit gives up, if that is over. It begins, and ends, with
// nothing moving any more. Where tracing is refused, the check ends here, as
// "not run".
void time_passes(struct program *program, uint64_t ms);

// Likewise: somebody sets the clock of the day by so much, forward or back; a
// signal comes, COUNT times, and EVERY_MS pass before each.
void clock_is_set(int64_t ms);
void signals_come(struct program *program, unsigned count, uint64_t every_ms);

// It has received at most LIMIT bytes more from the peer than it has sent
// back, once all is quiet.
void expect_backlog(struct peer *peer, size_t limit);

// What it has now, once all is quiet. And, after CLIENTS more: the same
// descriptors, and no more memory than a few bytes for each. (A sanitizer keeps
// some for each thread there ever was, so with several it may be some more.)
struct level level_of(struct program *program);
void expect_level(struct program *program, const struct level *before,
                  size_t clients);

// Served by a single thread, ONE was received from before all that ANOTHER had
// sent was received.
void expect_turns(struct program *program, struct peer *one,
                  struct peer *another);

// The peer has got back all it has sent so far.
void expect_echo(struct peer *peer);

// Then the program finishes sending, and has sent nothing else.
void expect_end_of_stream(struct peer *peer);

// The peer has received nothing but these bytes, or a part of them.
void expect_only_from(struct program *program, struct peer *peer,
                      const void *bytes, size_t size);

// A program has connected to the listening peer.
void expect_connection(struct program *program, struct peer *peer);

// The peer has received SIZE bytes, or more.
void expect_some(struct program *program, struct peer *peer, size_t size);

// The peer receives SIZE bytes, or more, that are not the last of all.
void expect_more(struct program *program, struct peer *peer, size_t size);

// SIZE bytes are all that the peer should get: who goes on and on, is not
// waited for.
void wants_only(struct peer *peer, size_t size);

// The peer has received exactly these bytes, and the program goes on.
void expect_received(struct program *program, struct peer *peer,
                     const void *bytes, size_t size);

// The program has closed the connection, or finished sending.
void expect_end_from(struct program *program, struct peer *peer);

// How many bytes the program itself has received on that connection, once all
// is quiet; 0 where its calls are not known.
size_t received_by(struct peer *peer);

// It has received SIZE bytes there: not only could it have.
void expect_taken(struct program *program, struct peer *peer, size_t size);

// It has opened COUNT connections to a peer_serve(), and not one more.
void expect_accepted(struct program *program, struct peer *server,
                     unsigned count);

// Its stderr names connection NUMBER, of COUNT. If it has several threads,
// any number from 1 to COUNT will do: their order is nobody's.
void expect_connection_named(struct program *program, unsigned number,
                             unsigned count);

// No sanitizer has anything to report about the program so far.
void expect_no_sanitizer_report(struct program *program);

// None of the program's calls was made on a descriptor that it had closed. (To
// probe whether a number is a descriptor is no mistake.) Looked at in any case
// when a check has come to its end.
void expect_no_bad_descriptor(struct program *program);

// The program has nothing more to do with the connection: it has closed it, or
// given it up.
void expect_connection_gone(struct program *program, struct peer *peer);

// It ends with status 1. If not: WHY says, in a sentence, what it missed.
void expect_failure(struct program *program, const char *why);

// It has no more descriptors open than it had then, though attempts have
// failed.
void expect_no_more_open(struct program *program, const struct level *before);

// It has less descriptors open than it had then, at least by FEWER. Nothing is
// said of a program of several processes.
void expect_fewer_open(struct program *program, const struct level *before,
                       int fewer);

// It has made room for what CLIENTS have sent since then, and not for the BYTES
// that each of them has only announced.
void expect_no_room_for_announced(struct program *program,
                                  const struct level *before, size_t clients,
                                  size_t bytes);

// It has at most BYTES more memory than it had then, once all is quiet. MEANS
// says what it means if it has more.
void expect_no_growth(struct program *program, const struct level *before,
                      size_t bytes, const char *means);

// How many calls of these groups the programs have made on sockets so far, as
// far as these are kept; 0 if they are not traced.
size_t calls_made(unsigned groups);

// The program, which was started with finds_leaks, ends well, and none of its
// memory is lost. Where that can't be told, the check ends as "not run".
void expect_no_leak(struct program *program);

// The same of one that ends with status 1, after it has freed all.
void expect_failure_without_leak(struct program *program);

// True if a call of a program has failed with that errno; or if they are not
// traced, so that it can't be known.
bool has_seen(int error);

// The program ends by itself, however; whether it did with that status.
void expect_end(struct program *program);
bool ended_with(const struct program *program, int status);

// The program ends by itself with that exit status.
void expect_exit_status(struct program *program, int status);

// It has ended, and none of the processes that it has started goes on.
void expect_nobody_left(struct program *program);

// As above, and one line of its stderr has the text of ERROR (an errno). For
// ECONNRESET and EPIPE, which are one thing noticed by different calls, that
// of any of them which a call of the program has met.
void expect_error(struct program *program, int status, int error);

// As expect_error(), but several lines may give the reason.
void expect_reason(struct program *program, int status, int error);

// It ends with that status, and something on stderr.
void expect_complaint(struct program *program, int status);

// It ends with status 2 and a usage line on stderr.
void expect_usage_error(struct program *program);

// The same, of arguments of which WHY says, in a sentence, what to look at.
void expect_usage_error_because(struct program *program, const char *why);

// Its stderr has NUMBER in it, or ANOTHER.
void expect_number_on_stderr(struct program *program, size_t number,
                             size_t another);

// What it said of an end is not the text of an errno that no call has set.
void expect_no_reason_told(struct program *program);

// Once all is quiet, so many lines stand on its stderr. FEWER and MORE say what
// it means if there are fewer, or more.
void expect_complaints_of(struct program *program, size_t count,
                          const char *fewer, const char *more);

// True if that number stands in what it has written to stderr.
bool says_number(const struct program *program, size_t number);

// What it has written to stdout holds that line.
__attribute__((format(printf, 2, 3))) void expect_line(struct program *program,
                                                       const char *line, ...);

// One of its lines on stdout begins with BEGINNING and ends with PART, or has
// at most BEHIND bytes behind that.
void expect_line_with(struct program *program, const char *beginning,
                      const char *part, size_t behind);

// None of its lines on stdout begins like that.
void expect_no_line(struct program *program, const char *beginning);

// What both have said on stderr differs, not only in numbers, as it is about
// two things.
void expect_told_apart(struct program *one, const char *about_one,
                       struct program *another, const char *about_another);

// What it has written to stdout holds these bytes, from the start of a line
// to the end of one.
void expect_output(struct program *program, const void *bytes, size_t size);

#endif
