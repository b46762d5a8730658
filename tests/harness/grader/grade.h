// grade: what a lesson's grading tests are made of, and their main().
//
// tests/NN-name/grade.c names the lesson once and then lists its checks, in
// the order in which a student should solve them:
//
//     LESSON("01-echo-server", "One client, then exit", PROTOCOL_ECHO)
//
//     GRADED(echoes_a_message, 2, "sends a message back",
//            "Which call tells how many bytes have arrived?")
//     {
//         struct program *server = start_server(...);
//         ...
//     }
//
// Where one file would get too long, it is the first part, and other files
// tests/NN-name/grade_*.c go on: each begins with PART(2), PART(3) and so on.
//
// Each check runs in a process of its own under Check, several of them at the
// same time. Check alone isn't trusted with the verdict: it takes an early
// exit(0) for a pass. A check has passed if it got to its end, where it says
// so in memory that only it and the grader share.

#ifndef GRADE_H
#define GRADE_H

#include "words/expect.h"
#include "stage/peer.h"
#include "stage/program.h"
#include "stage/protocol.h"
#include "words/verdict.h"
#include "tracer/weather.h"

#include <stdbool.h>
#include <stddef.h>

struct lesson {
    const char *name;  // its folder, "NN-name"
    const char *title; // a few words
    enum protocol speaks;
};

enum check_kind {
    CHECK_QUICK,
    CHECK_AT_SCALE, // takes its time: only run once the others have passed
    CHECK_TURNS,    // no check: shows the turns of a loop, for no points
};

struct check {
    const char *id; // its function's name; part of it selects it (--case)
    int points;
    const char *promise; // what a right program does, in words
    const char *hint;    // a question that leads on, not the answer
    void (*run)(void);
    int part, line; // where it stands: in which of the files, and in that
    enum check_kind kind;
};

#define LESSON(lesson_name, lesson_title, lesson_speaks)            \
    const struct lesson graded_lesson = {lesson_name, lesson_title, \
                                         lesson_speaks};            \
    PART(1)

// Two files that both are that part are not linked.
#define PART(number)                        \
    enum { graded_part = number };          \
    extern const char graded_part_##number; \
    const char graded_part_##number = 0;

#define GRADED(check_id, check_points, check_promise, check_hint) \
    GRADED_CHECK(check_id, check_points, check_promise, check_hint, CHECK_QUICK)

// For thousands of clients. These stand last, and run once the others pass.
#define GRADED_AT_SCALE(check_id, check_points, check_promise, check_hint) \
    GRADED_CHECK(check_id, check_points, check_promise, check_hint,        \
                 CHECK_AT_SCALE)

// What `make turns` plays, to show the turns of the program's loop: at most one
// in a lesson. SAYS is what it shows.
#define TURNS(check_id, says) GRADED_CHECK(check_id, 0, says, "", CHECK_TURNS)

// Two checks of one name are not linked either.
#define GRADED_CHECK(check_id, check_points, check_promise, check_hint, kind) \
    static void check_id(void);                                               \
    extern const struct check check_id##_check;                               \
    const struct check check_id##_check = {                                   \
        #check_id, check_points, check_promise, check_hint,                   \
        check_id,  graded_part,  __LINE__,      kind};                        \
    static const struct check *const check_id##_entry                         \
        __attribute__((used, section("graded"))) = &check_id##_check;         \
    static void check_id(void)

extern const struct lesson graded_lesson;

// All checks, in the order of the parts and lines, and how many. Behind them
// stands the one that shows turns, if there is one, and then NULL.
const struct check *const *grade_checks(size_t *count);

#endif
