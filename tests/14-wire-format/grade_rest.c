// How wire ends with other mistakes, and the most that it takes.

#include "grader/grade.h"

#include "wire.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PART(4)

#define CONTENT_MAX MIB(64)

// It reads what can't be read.
static void reports_unreadable(struct program_options options)
{
    static const char what[] = "a stdin that can't be read";
    static const char means[] =
        "Standard input is open for writing only here. That no byte comes may "
        "be the end or a failure: read() tells them apart by 0 and -1, fread() "
        "by ferror().";
    options.input_fails = true;
    struct program *program = run(options, (struct data){.bytes = NULL});
    expect_status(program, 1, what, means);
    expect_nothing_printed(program, what, means);
    expect_reason(program, 1, EBADF);
}

GRADED(reports_unreadable_input, 1,
       "ends with status 1 and the reason when stdin can't be read",
       "Which two things may it mean that read() or fread() brings no byte?")
{
    reports_unreadable((struct program_options){.arguments = {"decode"}});
    reports_unreadable((struct program_options){
        .arguments = {"encode", "text/plain", "binary"}});
}

// A disk that is full after so many bytes takes a part, and says so.
static void reports_filled_stdout(struct program_options options,
                                  struct data input)
{
    enum { ROOM = 50 };
    static const char what[] = "a stdout that takes 50 bytes and is full then";
    static const char means[] =
        "write() returns how many bytes it has taken, which may be fewer than "
        "it was offered: that is no error yet. Offer the rest again, and the "
        "next one says why it was not taken. (fwrite() does so by itself.) "
        "Read: man 2 write, RETURN VALUE.";
    fill_stdout_after(ROOM);
    struct program *program = run(options, input);
    expect_status(program, 1, what, means);
    expect_reason(program, 1, ENOSPC);
    end_weather();
}

static void reports_full_stdout(size_t size)
{
    const struct message message = {.content = random_content(size),
                                    .size = size};
    static const char what[] = "a stdout that can't be written";
    static const char means[] =
        "stdio keeps what is short, and only fflush() or fclose() finds that "
        "it can't be written. What is long it writes at once: then fwrite() "
        "fails, and fflush() has nothing left to complain of; ferror() still "
        "knows. Read: man 3 ferror.";
    decodes(&message, 1, "a message");
    struct program_options full = {.arguments = {"decode"},
                                   .standard_output = STDOUT_FULL};
    struct program *program = run(full, all_of(&message, 1));
    expect_status(program, 1, what, means);
    expect_error(program, 1, ENOSPC);
    full.arguments[0] = "encode";
    full.arguments[1] = "text/plain";
    full.arguments[2] = "binary";
    struct data content = {.bytes = NULL};
    add(&content, message.content, size);
    program = run(full, content);
    expect_status(program, 1, what, means);
    expect_error(program, 1, ENOSPC);
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 and the reason when stdout can't be written",
       "stdio keeps what is short, and writes the rest at once. When do you "
       "learn that it could not be written, in either case?")
{
    reports_full_stdout(7);
    reports_full_stdout(LARGE);
    if (!programs_are_traced())
        return;
    const struct message message = plain("the disk is nearly full");
    struct data content = {.bytes = NULL};
    add(&content, message.content, message.size);
    reports_filled_stdout((struct program_options){.arguments = {"decode"}},
                          all_of(&message, 1));
    reports_filled_stdout(
        (struct program_options){
            .arguments = {"encode", "text/plain", "binary"}},
        content);
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "For each malloc() there is a free(), on every way out. A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    without_tracer();
    const char *json = "{\"a\": [1, \"b\"]}";
    struct data wide = convert("utf-16", "utf-8", json, strlen(json));
    const struct message messages[] = {
        plain("one"),
        {.type = "text/json",
         .encoding = "utf-8",
         .content = json,
         .size = strlen(json)},
        {.type = "text/json",
         .encoding = "utf-16",
         .content = wide.bytes,
         .size = wide.size},
        plain("two"),
    };
    expect_no_leak(run(
        (struct program_options){.arguments = {"decode"}, .finds_leaks = true},
        all_of(messages, COUNT(messages))));
    struct data text = {.bytes = NULL};
    add(&text, json, strlen(json));
    expect_no_leak(run(
        (struct program_options){.arguments = {"encode", "text/json", "utf-16"},
                                 .finds_leaks = true},
        text));
}

GRADED(refuses_bad_arguments, 1,
       "refuses arguments that can't be right, with status 2 and its usage",
       "How many elements must argv have before you may read argv[2]?")
{
    static const char *const bad[][4] = {
        {NULL},
        {"recode"},
        {"encode"},
        {"encode", "text/json"},
        {"encode", "text/json", "utf-8", "more"},
        {"decode", "more"},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        expect_usage_error_because(
            run((struct program_options){.arguments = {bad[i][0], bad[i][1],
                                                       bad[i][2], bad[i][3]}},
                (struct data){.bytes = NULL}),
            "Compare argc with how many arguments the command has, no less and "
            "no more, before you look at argv.");
}

#define LIMIT_MEANS \
    "64 MiB are 67108864 bytes. So many are taken, and not one more."

// Who moves a few bytes at a time would be at 64 MiB for minutes.
static bool moves_little(void)
{
    enum { SOME = 4096, LITTLE = 64 };
    static char content[SOME];
    struct program *program = encode("text/plain", "binary", content, SOME);
    expect_end(program);
    size_t moves = moves_of(program);
    program =
        decode(all_of(&(struct message){.content = content, .size = SOME}, 1));
    expect_end(program);
    return moves > SOME / LITTLE || moves_of(program) > SOME / LITTLE;
}

// Only the header comes, and says so many: it is not refused; with one more it
// is.
static void waits_for_64_mib(void)
{
    struct program *program = decode((struct data){.bytes = NULL});
    input_stay_open(&program->input);
    give(program,
         all_of(&(struct message){.header = "{" NAMES
                                            ", 'content-length': 67108864}"},
                1));
    static const char what[] = "a content-length of 67108864";
    if (program->ended)
        expect_status(program, 0, what, LIMIT_MEANS);
    input_end(&program->input);
    expect_end(program);
    refuses(
        &(struct message){.header = "{" NAMES ", 'content-length': 67108865}"},
        "a content-length of 67108865", LIMIT_MEANS);
}

static void encodes_64_mib(const char *content)
{
    struct program *program =
        encode("text/plain", "binary", content, CONTENT_MAX);
    expect_status(program, 0, "content of 67108864 bytes", LIMIT_MEANS);
    size_t at;
    // Not all of what was written is kept; only its number is looked at.
    expect_length_member(program, expect_header(program, &at),
                         (struct data){.size = CONTENT_MAX},
                         (struct data){.bytes = NULL});
    program = encode("text/plain", "binary", content, CONTENT_MAX + 1);
    expect_status(program, 1, "content of 67108865 bytes", LIMIT_MEANS);
    expect_nothing_printed(program, "content of 67108865 bytes", LIMIT_MEANS);
    expect_one_line(program, "content of 67108865 bytes");
}

static void decodes_64_mib(const char *content)
{
    struct message message = {.content = content, .size = CONTENT_MAX};
    struct program *program = decode(all_of(&message, 1));
    expect_status(program, 0, "a message of 67108864 bytes", LIMIT_MEANS);
    struct place place = {.program = program,
                          .at = program->out.bytes,
                          .end = program->out.bytes + program->out.size,
                          .number = 1,
                          .count = 1,
                          .what = "64 MiB"};
    expect_lines(&place, &message);
    message.size++;
    refuses(&message, "a message of 67108865 bytes", LIMIT_MEANS);
}

// Many small ones, one behind the other.
static void decodes_many(void)
{
    enum { MANY = 30000 };
    static const char what[] = "30,000 messages without content";
    static const char means[] =
        "Messages may follow each other without an end: what one takes, of "
        "memory or of the stack, is given back before the next. A loop does "
        "that; a function that calls itself for each does not.";
    const struct message message = plain("");
    struct data one = all_of(&message, 1), input = {.bytes = NULL};
    for (int i = 0; i < MANY; i++)
        add(&input, one.bytes, one.size);
    struct program *program = decode(input);
    expect_end_after(program, 0, what, means);
    expect_status(program, 0, what, means);
    free(input.bytes);
}

GRADED_AT_SCALE(keeps_to_64_mib, 2,
                "takes content of 64 MiB, and not of a byte more",
                "Which number is the last that is allowed?")
{
    waits_for_64_mib();
    bool slow = moves_little();
    begin_timeline_anew();
    without_tracer();
    if (slow)
        verdict_not_run("your program moves so few bytes with each call that "
                        "64 MiB would take minutes; their header it takes");
    static char content[CONTENT_MAX + 1];
    memset(content, 'x', sizeof content);
    encodes_64_mib(content);
    decodes_64_mib(content);
    begin_timeline_anew();
    decodes_many();
}
