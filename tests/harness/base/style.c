#include "base/style.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static struct style current = {.unicode = true};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

// POSIX, 8.2: LC_ALL wins over LC_CTYPE, and that over LANG, if not empty.
static bool locale_is_utf8(void)
{
    const char *locale = variable("LC_ALL");
    if (*locale == '\0')
        locale = variable("LC_CTYPE");
    if (*locale == '\0')
        locale = variable("LANG");
    return strcasestr(locale, "utf-8") != NULL ||
           strcasestr(locale, "utf8") != NULL;
}

struct style style_for(int fd, bool verbose)
{
    bool dumb = strcmp(variable("TERM"), "dumb") == 0;
    return (struct style){
        .colour = isatty(fd) && *variable("NO_COLOR") == '\0' && !dumb,
        .unicode = locale_is_utf8(),
        .verbose = verbose,
    };
}

void style_set(const struct style *style)
{
    current = *style;
}

const struct style *style_current(void)
{
    return &current;
}

const char *style_colour(enum colour colour)
{
    static const char *const sequence[] = {
        [PLAIN] = "\033[0m",   [GREEN] = "\033[32m", [RED] = "\033[31m",
        [YELLOW] = "\033[33m", [DIM] = "\033[2m",    [BOLD] = "\033[1m",
    };
    return current.colour ? sequence[colour] : "";
}

const char *style_either(const char *unicode, const char *ascii)
{
    return current.unicode ? unicode : ascii;
}

size_t style_columns(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

void style_wrap(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        if (*text == '\n') {
            size_t length = strcspn(text + 1, "\n") + 1;
            fprintf(out, "%.*s", (int)length, text);
            text += length;
            column = STYLE_WIDTH;
            continue;
        }
        size_t length = strcspn(text, " \n");
        if (column == 0 || column + 1 + length > STYLE_WIDTH - 2) {
            fprintf(out, "%s  ", column == 0 ? "" : "\n");
            column = 2;
        } else if (length > 0) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}
