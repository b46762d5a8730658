#include "trace/format.h"

#include "base/names.h"
#include "base/options.h"
#include "trace/poll_sets.h"
#include "base/style.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { NOTE_BYTES = 12, AROUND = 8 };

// Where the kernel has no pause(2), glibc waits for nothing, and for ever.
static bool is_pause(const struct call *call)
{
#ifdef SYS_pause
    (void)call;
    return false;
#else
    return call->info->number == SYS_ppoll && call->args[0] == 0 &&
           call->args[2] == 0 && call->args[3] == 0;
#endif
}

// recvfrom() without an address is what recv() becomes; send() likewise.
const char *format_name(const struct call *call)
{
    if (call->info->number == SYS_recvfrom && call->args[4] != 0)
        return "recvfrom";
    if (call->info->number == SYS_sendto && call->args[4] != 0)
        return "sendto";
    if (call->info->number == SYS_pselect6 && call->args[5] == 0)
        return "select"; // glibc makes it of that
    if (is_pause(call))
        return "pause";
#ifndef SYS_poll // so it does of these, where the kernel has only the longer
    if (call->info->number == SYS_ppoll && call->args[3] == 0)
        return "poll";
    if (call->info->number == SYS_epoll_pwait && call->args[4] == 0)
        return "epoll_wait";
#endif
    return call->info->name;
}

void format_result(FILE *out, const struct call *call)
{
    if (!call->finished)
        fputs(style_either("…", "..."), out);
    else if (call->result >= 0)
        fprintf(out, "%" PRId64, call->result);
    else
        fprintf(out, "-1 %s", name_of_error((int)-call->result));
}

static void format_option(FILE *out, const struct call *call)
{
    const int level = (int)call->args[1], option = (int)call->args[2];
    const char *name = name_of_option(level, option);
    const char *of = name_of_level(level);
    if (name != NULL)
        fprintf(out, ", %s", name);
    else if (of != NULL)
        fprintf(out, ", %s, %d", of, option);
    else
        fprintf(out, ", %d, %d", level, option);
    int value;
    if (call->info->number == SYS_setsockopt && call_option(call, &value))
        fprintf(out, ", %d", value);
}

static void format_arguments(FILE *out, const struct call *call)
{
    long number = call->info->number;
    if (poll_sets_are_known(call) && !is_pause(call))
        poll_sets_format(out, &call->wants);
    if (call->group == CALLS_WAIT && call->note_size > 0)
        fprintf(out, "%s%.*s", poll_sets_are_known(call) ? ", " : "",
                (int)call->note_size, call->note);
    if (call->info->group == CALLS_REST)
        fprintf(out, "%.*s", (int)call->note_size, call->note);
    if (number == SYS_socket ||
        (call->info->group & (CALLS_WAIT | CALLS_REST)) != 0)
        return;
    fprintf(out, "%d", call->fd);
    if (number == SYS_bind || number == SYS_connect) {
        if (call->note_size > 0)
            fprintf(out, ", %.*s", (int)call->note_size, call->note);
    } else if (number == SYS_listen) {
        fprintf(out, ", %d", (int)call->args[1]);
    } else if (number == SYS_shutdown) {
        static const char *const how[] = {"SHUT_RD", "SHUT_WR", "SHUT_RDWR"};
        uint64_t which = call->args[1];
        fprintf(out, ", %s", which < 3 ? how[which] : "?");
    } else if (number == SYS_setsockopt || number == SYS_getsockopt) {
        format_option(out, call);
    } else if (number == SYS_write && !call->on_socket) {
        fputs(", ", out);
        format_bytes(out, call->note, call->note_size, NOTE_BYTES);
    } else if (call->info->length != LENGTH_NONE) {
        fprintf(out, ", %" PRId64, (int64_t)call->asked);
    }
}

void format_call(FILE *out, const struct call *call)
{
    fprintf(out, "%s(", format_name(call));
    format_arguments(out, call);
    fputc(')', out);
    // "= 0" says nothing about a call that only succeeds or fails.
    bool plain = call->finished && call->result == 0 &&
                 (call->group & (CALLS_SETUP | CALLS_CLOSE | CALLS_REST)) != 0;
    int told = call_told_error(call), value;
    if (told >= 0)
        fprintf(out, ": %s", told == 0 ? "0" : name_of_error(told));
    else if (call->info->number == SYS_getsockopt && call_option(call, &value))
        fprintf(out, ": %d", value);
    if (plain)
        return;
    fputs(call->finished ? " = " : " ", out);
    format_result(out, call);
    if (poll_sets_are_known(call) && call->finished && call->result > 0) {
        fputs(": ", out);
        poll_sets_format(out, &call->found);
    }
}

void format_status(FILE *out, int status)
{
    if (WIFEXITED(status))
        fprintf(out, "exit status %d", WEXITSTATUS(status));
    else if (name_of_signal(WTERMSIG(status)) != NULL)
        fprintf(out, "killed by %s (%s)", name_of_signal(WTERMSIG(status)),
                strsignal(WTERMSIG(status)));
    else
        fprintf(out, "killed by signal %d", WTERMSIG(status));
}

static void format_byte(FILE *out, unsigned char byte)
{
    if (byte == '\n')
        fputs("\\n", out);
    else if (byte == '"' || byte == '\\')
        fprintf(out, "\\%c", byte);
    else if (byte < 0x80 && isprint(byte))
        fputc(byte, out);
    else
        fprintf(out, "\\x%02x", byte);
}

void format_time(char *text, size_t size, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    // Zero is a multiple of all; and of much, nobody counts the milliseconds.
    if (ms >= 100000 && ms % 1000 != 0)
        ms += 500 - (ms + 500) % 1000;
    while (ms % units[i].ms != 0 || (ms == 0 && units[i].ms > 1))
        i++;
    snprintf(text, size, "%" PRIu64 " %s", ms / units[i].ms, units[i].name);
}

void format_bytes(FILE *out, const void *bytes, size_t size, size_t limit)
{
    const unsigned char *at = bytes;
    fputc('"', out);
    for (size_t i = 0; i < size && i < limit; i++)
        format_byte(out, at[i]);
    fputs(size > limit ? style_either("…\"", "...\"") : "\"", out);
}

static void format_around(FILE *out, const unsigned char *bytes, size_t size,
                          size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (i < size)
            fprintf(out, "%02x ", bytes[i]);
        else
            fputs("   ", out);
    }
    fputs(" |", out);
    for (size_t i = from; i < to && i < size; i++)
        fputc(bytes[i] < 0x80 && isprint(bytes[i]) ? bytes[i] : '.', out);
    fputs("|\n", out);
}

void format_difference(FILE *out, const char *indent, const void *expected,
                       size_t expected_size, const void *got, size_t got_size)
{
    const unsigned char *a = expected, *b = got;
    size_t at = 0;
    while (at < expected_size && at < got_size && a[at] == b[at])
        at++;
    size_t from = at < AROUND / 2 ? 0 : at - AROUND / 2;
    fprintf(out, "%sbyte %zu is the first that differs (counted from 0):\n",
            indent, at);
    fprintf(out, "%s  expected  ", indent);
    format_around(out, a, expected_size, from, from + AROUND);
    fprintf(out, "%s  got       ", indent);
    format_around(out, b, got_size, from, from + AROUND);
    fprintf(out, "%s            %*s^^\n", indent, (int)(at - from) * 3, "");
}
