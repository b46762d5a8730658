// Programs as stage and program.h run them. _i says whether they are traced.

#include "kernel/procfs.h"
#include "unit.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(knows_an_exit_status)
{
    stage_begin(1, _i);
    struct program *three = start_child("exits", "3", NULL);
    struct program *zero = start_child("exits", "0", NULL);
    expect_program_result(three, 3, "");
    expect_program_result(zero, 0, "");
    stage_end();
    ck_assert_ptr_null(stage_current());
}
END_TEST

// As a person would type it, who can type nothing that controls a terminal.
START_TEST(describes_a_command)
{
    static const char *const texts[][2] = {{"\u00fc", "\u00fc"},
                                           {"two words", "\"two words\""},
                                           {"", "\"\""},
                                           {"\xff\xfe", "\"\\xff\\xfe\""},
                                           {"\xc2\x9b", "\"\\xc2\\x9b\""},
                                           {"\033[2J", "\"\\x1b[2J\""}};
    stage_begin(1, _i);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct program *child = start_child("exits", "0", texts[i][0]);
        char expected[64];
        snprintf(expected, sizeof expected, "exits 0 %s", texts[i][1]);
        ck_assert_str_eq(child->command, expected);
        run_to_end(child);
    }
    stage_end();
}
END_TEST

START_TEST(knows_a_signal)
{
    stage_begin(1, _i);
    struct program *program = start_child("dies", "15", NULL);
    run_to_end(program);
    ck_assert(WIFSIGNALED(program->status));
    ck_assert_int_eq(WTERMSIG(program->status), SIGTERM);
    program = start_child("blocks", NULL, NULL);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_MET);
    program_signal(program, SIGUSR2);
    run_to_end(program);
    ck_assert_int_eq(WTERMSIG(program->status), SIGUSR2);
    program_signal(program, SIGUSR2); // has ended: nobody is hit
    stage_end();
}
END_TEST

START_TEST(keeps_output)
{
    stage_begin(1, _i);
    struct program *program = start_child("writes", "to out", "to err");
    run_to_end(program);
    ck_assert_str_eq(program->out.bytes, "to out");
    ck_assert_uint_eq(program->out.size, 6);
    ck_assert_str_eq(program->err.bytes, "to err");
    ck_assert_uint_eq(program->err.size, 6);
    ck_assert(!program->out.overflowed && !program->err.overflowed);
    ck_assert_ptr_null(program_sanitizer_report(program));
    stage_end();
}
END_TEST

// Writes SIZE bytes; KEPT of them, the first, must be there.
static void flood(const char *size, size_t kept, bool overflowed)
{
    struct program *program = start_child("floods", size, NULL);
    run_to_end(program);
    ck_assert_int_eq(program->status, 0);
    ck_assert_uint_eq(program->out.size, kept);
    ck_assert_int_eq(program->out.overflowed, overflowed);
    for (size_t i = 0; i < kept; i++)
        if (program->out.bytes[i] != (char)('a' + i % 23))
            ck_abort_msg("byte %zu is wrong", i);
    ck_assert_int_eq(program->out.bytes[kept], '\0');
}

START_TEST(caps_output)
{
    stage_begin(1, _i);
    flood("100000", 100000, false);
    flood("16777216", OUTPUT_LIMIT, false);
    flood("16777217", OUTPUT_LIMIT, true);
    stage_end();
}
END_TEST

START_TEST(gives_input)
{
    stage_begin(1, _i);
    static char bytes[300000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 31 >> 3);
    struct program_options options = {.input = bytes,
                                      .input_size = sizeof bytes};
    struct program *program = program_start("copies", &options);
    run_to_end(program);
    ck_assert_int_eq(program->status, 0);
    ck_assert_uint_eq(program->out.size, sizeof bytes);
    ck_assert_mem_eq(program->out.bytes, bytes, sizeof bytes);
    // Nobody has to read it; it may be nothing but its end.
    options.arguments[0] = "0";
    expect_program_result(program_start("exits", &options), 0, "");
    options.input_size = 0;
    expect_program_result(program_start("copies", &options), 0, "");
    // Or not even that.
    struct program *silent = start_child("copies", NULL, NULL);
    ck_assert_int_eq(stage_wait(has_ended, silent), WAIT_HANGS);
    stage_end();
}
END_TEST

START_TEST(has_a_stdin_that_fails)
{
    stage_begin(1, _i);
    struct program_options options = {.arguments = {NULL}, .input_fails = true};
    expect_program_result(program_start("copies", &options), 9 /* EBADF */, "");
    stage_end();
}
END_TEST

START_TEST(has_a_full_or_closed_stdout)
{
    stage_begin(1, _i);
    struct program_options options = {.arguments = {"text", ""},
                                      .standard_output = STDOUT_FULL};
    expect_program_result(program_start("writes", &options), 28 /* ENOSPC */,
                          "");
    options.standard_output = STDOUT_CLOSED;
    expect_program_result(program_start("writes", &options), 9 /* EBADF */, "");
    stage_end();
}
END_TEST

START_TEST(starts_in_a_clean_world)
{
    setenv("CK_RUN_CASE", "x", 1);
    signal(SIGUSR1, SIG_IGN);
    stage_begin(1, _i);
    ck_assert_int_ne(dup(STDERR_FILENO), -1); // not close-on-exec
    expect_program_result(start_child("describes", NULL, NULL), 0,
                          "group 1\nsignals 0\ndescriptors 3\n"
                          "PATH\nLC_ALL\nASAN_OPTIONS\nUBSAN_OPTIONS\n");
    stage_end();
}
END_TEST

START_TEST(counts_descriptors_at_exit)
{
    stage_begin(1, _i);
    struct program *program = start_child("opens", "0", NULL);
    run_to_end(program);
    ck_assert_int_eq(program->open_descriptors, _i ? 3 : -1);
    program = start_child("opens", "5", NULL);
    run_to_end(program);
    ck_assert_int_eq(program->open_descriptors, _i ? 8 : -1);
    stage_end();
}
END_TEST

START_TEST(knows_peak_memory)
{
    stage_begin(1, _i);
    struct program *small = start_child("uses", "1", NULL);
    run_to_end(small);
    struct program *large = start_child("uses", "100", NULL);
    run_to_end(large);
    ck_assert_int_gt(small->usage.ru_maxrss, 1024);
    ck_assert_int_lt(small->usage.ru_maxrss, 100 * 1024);
    ck_assert_int_gt(large->usage.ru_maxrss, 100 * 1024);
    ck_assert_int_lt(large->usage.ru_maxrss, 200 * 1024);
    stage_end();
}
END_TEST

// A child of the program, outside its session, that it does not wait for.
START_TEST(ends_what_was_left_behind)
{
    stage_begin(1, _i);
    struct program *program = start_child("abandons", NULL, NULL);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_MET);
    pid_t daemon = (pid_t)strtol(program->out.bytes, NULL, 10);
    ck_assert_int_gt(daemon, 0);
    ck_assert_int_eq(kill(daemon, 0), 0);
    pid_t tids[4];
    ck_assert_uint_ge(procfs_descendants(getpid(), tids, 4), 2);
    stage_end();
    ck_assert_int_eq(kill(daemon, 0), -1);
    ck_assert_uint_eq(procfs_descendants(getpid(), tids, 4), 0);
}
END_TEST

START_TEST(ends_what_its_parent_left)
{
    stage_begin(1, _i);
    struct program *program = start_child("abandons", NULL, NULL);
    ck_assert_int_eq(stage_wait(has_written_line, program), WAIT_MET);
    pid_t daemon = (pid_t)strtol(program->out.bytes, NULL, 10);
    program_signal(program, SIGKILL);
    run_to_end(program);
    ck_assert_int_eq(kill(daemon, 0), 0);
    stage_end();
    ck_assert_int_eq(kill(daemon, 0), -1);
}
END_TEST

START_TEST(closes_all_that_it_opened)
{
    int before = procfs_count_descriptors(getpid());
    for (int i = 0; i < 3; i++) {
        stage_begin(1, _i);
        run_to_end(start_child("exits", "0", NULL));
        struct program_options options = {.input = "x", .input_size = 1};
        program_start("blocks", &options);
        stage_end();
    }
    ck_assert_int_eq(procfs_count_descriptors(getpid()), before);
}
END_TEST

Suite *stage_suite(void)
{
    Suite *suite = suite_create("stage");
    TCase *tcase = tcase_create("stage");
    int end = traced_end();
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, knows_an_exit_status, 0, end);
    tcase_add_loop_test(tcase, describes_a_command, 0, end);
    tcase_add_loop_test(tcase, knows_a_signal, 0, end);
    tcase_add_loop_test(tcase, keeps_output, 0, end);
    tcase_add_loop_test(tcase, caps_output, 0, end);
    tcase_add_loop_test(tcase, gives_input, 0, end);
    tcase_add_loop_test(tcase, has_a_stdin_that_fails, 0, end);
    tcase_add_loop_test(tcase, has_a_full_or_closed_stdout, 0, end);
    tcase_add_loop_test(tcase, starts_in_a_clean_world, 0, end);
    tcase_add_loop_test(tcase, counts_descriptors_at_exit, 0, end);
    tcase_add_loop_test(tcase, knows_peak_memory, 0, end);
    tcase_add_loop_test(tcase, ends_what_was_left_behind, 0, end);
    tcase_add_loop_test(tcase, ends_what_its_parent_left, 0, end);
    tcase_add_loop_test(tcase, closes_all_that_it_opened, 0, end);
    suite_add_tcase(suite, tcase);
    return suite;
}
