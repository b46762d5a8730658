#include "stage/program.h"

#include "base/safe.h"
#include "trace/format.h"
#include "tracer/tracer.h"
#include "stage/program_child.h"
#include "stage/stage.h"
#include "kernel/sockets.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// So much output is progress in any case; of a traced program, of which more
// is known, this, and so many bytes for each that it has moved.
enum {
    OUTPUT_COUNTS = 256 * 1024,
    OUTPUT_COUNTS_TRACED = 16 * 1024,
    OUTPUT_FOR_EACH = 8,
};

static const char *program_directory = ".";

void program_set_directory(const char *directory)
{
    program_directory = directory;
}

static void open_pipes(struct pipes *pipes)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes->go) == -1 ||
        pipe2(pipes->in, O_CLOEXEC) == -1 ||
        pipe2(pipes->out, O_CLOEXEC) == -1 ||
        pipe2(pipes->err, O_CLOEXEC) == -1)
        err(EXIT_FAILURE, "pipe");
}

static void close_childs_ends(struct pipes *pipes)
{
    close(pipes->go[0]);
    close(pipes->in[0]);
    close(pipes->out[1]);
    close(pipes->err[1]);
}

// Who prints each of its turns, or a complaint at each attempt, and does
// nothing else, gets nowhere.
static bool is_progress(const struct stage *stage, const struct output *output)
{
    if (!stage->traced)
        return output->size < OUTPUT_COUNTS;
    return output->size <
           OUTPUT_COUNTS_TRACED + OUTPUT_FOR_EACH * stage->tracer.moved;
}

// Keeps what the program writes. The output ends when every process that has
// the pipe has closed it.
static void read_output(struct descriptor *descriptor, uint32_t events)
{
    (void)events;
    struct output *output = (struct output *)descriptor->owner;
    char bytes[65536];
    ssize_t size = read(descriptor->fd, bytes, sizeof bytes);
    if (size == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        stage_unwatch(descriptor);
        close(descriptor->fd);
        descriptor->fd = -1;
        return;
    }
    size_t wanted = (size_t)size;
    if (is_progress(stage_current(), output)) {
        stage_current()->moved++;
        stage_current()->printed++;
    }
    if (output->size + wanted > OUTPUT_LIMIT) {
        output->overflowed = true;
        wanted = OUTPUT_LIMIT - output->size;
    }
    if (output->size + wanted + 1 > output->room) {
        output->room = (output->size + wanted + 1) * 2;
        output->bytes = realloc(output->bytes, output->room);
        if (output->bytes == NULL)
            err(EXIT_FAILURE, "output");
    }
    memcpy(output->bytes + output->size, bytes, wanted);
    output->size += wanted;
    output->bytes[output->size] = '\0';
}

// Reads what the program wrote before it ended. Bounded: what it has left
// behind may go on writing for ever.
static void drain(struct output *output)
{
    for (int i = 0; i < 1024 && output->pipe.fd != -1; i++) {
        struct pollfd ready = {.fd = output->pipe.fd, .events = POLLIN};
        if (poll(&ready, 1, 0) != 1)
            return;
        read_output(&output->pipe, EPOLLIN);
    }
}

static void watch_output(struct output *output, int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    output->bytes = calloc(1, 1);
    output->room = 1;
    output->pipe = (struct descriptor){fd, read_output, output, 0};
    stage_watch(&output->pipe, EPOLLIN);
}

static void blame_start(const struct program *program)
{
    const struct start *start = program->start;
    stage_blame_machine("%s can't be started: %s: %s", program->name,
                        start->failed == NULL ? "its process is gone"
                                              : start->failed,
                        strerror(start->error));
}

// Lets the child go on once it is traced. Returns 0; -1 if it can't be.
static int let_go(struct stage *stage, const struct program *program, int fd)
{
    char ready;
    ssize_t size;
    while ((size = read(fd, &ready, 1)) == -1 && errno == EINTR)
        ;
    if (size != 1) {
        blame_start(program);
        return -1;
    }
    // Without the tracer there would be no weather, and the wrong verdict.
    if (stage->traced && tracer_attach(&stage->tracer, program->pid) == -1) {
        stage_blame_machine("%s can't be traced: %s", program->name,
                            strerror(errno));
        return -1;
    }
    if (write(fd, stage->traced ? "t" : "p", 1) != 1)
        err(EXIT_FAILURE, "cannot start %s", program->name);
    struct event started = {.kind = EVENT_STARTED};
    started.process.pid = program->pid;
    trace_add(stage->trace, &started);
    return 0;
}

// A terminal shows it as it is.
static bool is_shown(const char *text)
{
    char *safe = safe_text(text);
    bool same = safe != NULL && strcmp(safe, text) == 0;
    free(safe);
    return same && strchr(text, '\n') == NULL;
}

static void describe_command(struct program *program, char *const argv[])
{
    FILE *out = fmemopen(program->command, sizeof program->command, "w");
    if (out == NULL)
        return;
    for (size_t i = 0; argv[i] != NULL; i++) {
        size_t length = strlen(argv[i]);
        bool plain = length > 0 && length < 40 && is_shown(argv[i]) &&
                     strpbrk(argv[i], " \"\\%$") == NULL;
        fputs(i == 0 ? "" : " ", out);
        if (plain)
            fputs(argv[i], out);
        else
            format_bytes(out, argv[i], length, 32);
    }
    fclose(out);
}

static struct start *share_start(void)
{
    void *memory = mmap(NULL, sizeof(struct start), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        err(EXIT_FAILURE, "cannot start a program");
    ((struct start *)memory)->parent = getpid();
    return memory;
}

struct program *program_start(const char *name,
                              const struct program_options *options)
{
    struct stage *stage = stage_current();
    struct program *program = calloc(1, sizeof *program);
    if (program == NULL)
        err(EXIT_FAILURE, "%s", name);
    const char *slash = strrchr(name, '/');
    snprintf(program->name, sizeof program->name, "%s",
             slash == NULL ? name : slash + 1);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s",
             slash == NULL ? program_directory : ".", name);
    char *argv[PROGRAM_ARGUMENTS + 2] = {program->name};
    for (int i = 0; i < PROGRAM_ARGUMENTS && options->arguments[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)options->arguments[i];

    describe_command(program, argv);

    struct pipes pipes;
    open_pipes(&pipes);
    program->start = share_start();
    program->pid = fork();
    if (program->pid == -1)
        err(EXIT_FAILURE, "fork");
    if (program->pid == 0)
        program_become(path, argv, &pipes, options, program->start);
    // Both sides do it: neither knows which comes first.
    setpgid(program->pid, program->pid);
    close_childs_ends(&pipes);
    watch_output(&program->out, pipes.out[0]);
    watch_output(&program->err, pipes.err[0]);
    input_begin(&program->input, pipes.in[1], options);
    program->next = stage->programs;
    stage->programs = program;
    int result = let_go(stage, program, pipes.go[1]);
    close(pipes.go[1]);
    return result == -1 ? NULL : program;
}

void program_signal(struct program *program, int signal)
{
    if (program->ended)
        return;
    const struct event sent = {.kind = EVENT_SIGNAL, .signal = signal};
    trace_add(stage_current()->trace, &sent);
    kill(-program->pid, signal);
    if (signal == SIGINT || signal == SIGTERM)
        program->was_told_to_stop = true;
}

int program_shrink_buffers(struct program *program, int bytes)
{
    return sockets_shrink_buffers(program->pid, bytes);
}

void program_signal_before(struct program *program, int signal)
{
    program->was_told_to_stop = true;
    tracer_signal_before(&stage_current()->tracer, signal);
}

void program_release(struct program *program)
{
    (void)program;
    tracer_release(&stage_current()->tracer, true);
}

void program_has_ended(struct stage *stage, pid_t pid, int status,
                       const struct rusage *usage)
{
    for (struct program *program = stage->programs; program != NULL;
         program = program->next) {
        if (program->pid != pid)
            continue;
        program->ended = true;
        program->status = status;
        program->usage = *usage;
        drain(&program->out);
        drain(&program->err);
        if (program->start->failed != NULL)
            blame_start(program);
        program->open_descriptors = stage->tracer.descriptors_at_exit;
        struct event ended = {.kind = EVENT_ENDED};
        ended.process.pid = pid;
        ended.process.status = status;
        trace_add(stage->trace, &ended);
        stage->moved++;
    }
}

const char *program_line_about(const struct program *program, uint16_t port)
{
    char text[16];
    const char *found = NULL;
    snprintf(text, sizeof text, ":%u", ntohs(port));
    for (const char *line = program->err.bytes; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        if (memmem(line, length, text, strlen(text)) != NULL)
            found = line;
        line += length + (line[length] == '\n');
    }
    return found;
}

const char *program_sanitizer_report(const struct program *program)
{
    static const char *const signs[] = {
        "ERROR: AddressSanitizer",
        "ERROR: LeakSanitizer",
        ": runtime error: ",
        "WARNING: ThreadSan",
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        const char *sign = strstr(program->err.bytes, signs[i]);
        if (sign == NULL)
            continue;
        while (sign > program->err.bytes && sign[-1] != '\n')
            sign--;
        return sign;
    }
    return NULL;
}
