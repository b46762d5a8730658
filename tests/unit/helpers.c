// What several test files need.

#include "kernel/procfs.h"
#include "base/style.h"
#include "unit.h"
#include "stage/wait.h"

#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct program *start_child(const char *name, const char *first,
                            const char *second)
{
    const struct program_options options = {.arguments = {first, second}};
    return program_start(name, &options);
}

bool has_ended(void *program)
{
    return ((const struct program *)program)->ended;
}

bool has_written_line(void *program)
{
    const struct output *out = &((const struct program *)program)->out;
    return memchr(out->bytes, '\n', out->size) != NULL;
}

struct program *start_ready(const char *name, const char *argument)
{
    struct program *program = start_child(name, argument, NULL);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_MET);
    return program;
}

struct lines {
    const struct program *program;
    size_t more_than;
};

static size_t count_lines(const struct program *program)
{
    size_t lines = 0;
    for (size_t i = 0; i < program->out.size; i++)
        lines += program->out.bytes[i] == '\n';
    return lines;
}

static bool has_more_lines(void *subject)
{
    const struct lines *lines = subject;
    return count_lines(lines->program) > lines->more_than;
}

void make_grow(struct program *program, int signal)
{
    struct lines lines = {program, count_lines(program)};
    program_signal(program, signal);
    ck_assert_int_eq(stage_wait(has_more_lines, &lines), WAIT_MET);
}

void run_to_end(struct program *program)
{
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_MET);
}

void expect_program_result(struct program *program, int status,
                           const char *text)
{
    run_to_end(program);
    ck_assert_str_eq(program->err.bytes, "");
    ck_assert_str_eq(program->out.bytes, text);
    ck_assert(WIFEXITED(program->status));
    ck_assert_int_eq(WEXITSTATUS(program->status), status);
}

void await_call(pid_t tid, long number)
{
    struct thread_state state;
    while (procfs_thread(tid, &state) == 0 &&
           (state.state != 'S' || state.call != number))
        sched_yield();
}

void expect_narrow(const char *text)
{
    for (const char *line = text; *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        char copy[512];
        ck_assert_msg(line[length] == '\n', "the last line has no end");
        snprintf(copy, sizeof copy, "%.*s", length, line);
        ck_assert_msg(style_columns(copy) <= STYLE_WIDTH, "%zu columns: %s",
                      style_columns(copy), copy);
        line += length + 1;
    }
}

void expect_part(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

int count_parts(const char *text, const char *part)
{
    int count = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        count++;
    }
    return count;
}
