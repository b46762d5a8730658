// program: a lesson's program, run as a child that can do no harm to the
// grader: a clean environment, a process group of its own, only its standard
// descriptors, its output drained and capped, and a certain end.

#ifndef PROGRAM_H
#define PROGRAM_H

#include "stage/descriptor.h"
#include "stage/input.h"
#include "stage/program_options.h"
#include "base/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

struct stage;

// What it has written to one of its standard descriptors.
struct output {
    struct descriptor pipe;
    char *bytes; // ends with a zero that is not counted
    size_t size, room;
    bool overflowed;
};

struct program {
    struct program *next;
    char name[64];
    char command[160]; // as a person would type it, for reports
    pid_t pid;
    struct start *start; // how far it has got; shared with it
    bool ended;
    bool was_told_to_stop; // by SIGINT or SIGTERM
    bool settled; // after it has ended, all that was under way has arrived
    int status;   // as wait(2) gives it, once ended
    struct rusage usage;  // likewise; ru_maxrss is the peak memory in KiB
    int open_descriptors; // likewise: how many it had open when it ended
    struct output out, err;
    size_t line, searched; // of out: where its first line begins that may be
                           // the announcement, and how far that was looked at
    struct input input;
    union endpoint address; // a server's, from its announcement
    bool is_everywhere;     // its HOST was "", which is every interface
};

// Starts the lesson's program NAME, or the one of that path if there is a slash
// in it. Returns NULL if it can't be started, or not as it has to be, which
// stage_fault() then says; it may also say so later, when that is known.
struct program *program_start(const char *name,
                              const struct program_options *options);

// Where the programs are that program_start() starts.
void program_set_directory(const char *directory);

// Sends a signal to it and to whatever it has started, as a terminal does.
void program_signal(struct program *program, int signal);

// Sends SIGINT or SIGTERM to a program that WEATHER_HOLD keeps from starting a
// call, and then lets that go on: the signal comes right before it.
void program_signal_before(struct program *program, int signal);

// Takes note of the end of process PID, one of our children, if it is that of a
// program; STATUS and *USAGE are as wait4(2) gave them.
void program_has_ended(struct stage *stage, pid_t pid, int status,
                       const struct rusage *usage);

// Makes the kernel's buffers small for each connection that this server
// accepts from now on. Returns 0; -1 where that is refused.
int program_shrink_buffers(struct program *program, int bytes);

// Lets calls go on that WEATHER_HOLD keeps from starting.
void program_release(struct program *program);

// Ends all programs and everything that they have started.
void program_end_all(struct stage *stage);

// Whether a program's call failed for want of something that this machine
// does not give, and no fault of its own. Returns a line that says what; NULL
// if nothing is known to be wanting.
const char *program_shortage(void);

// Returns the last line on stderr, inside the output, that names that port, in
// network byte order, behind a colon; NULL if there is none.
const char *program_line_about(const struct program *program, uint16_t port);

// Finds a sanitizer's report in what the program wrote to stderr.
// Returns its first line, inside the output; NULL if there is none.
const char *program_sanitizer_report(const struct program *program);

#endif
