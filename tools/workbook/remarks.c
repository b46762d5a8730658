#include "workbook/remarks.h"

#include "base/safe.h"
#include "base/style.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PROMISED                                                              \
    "A function has to return what its first line promises, and on each way " \
    "through it: a caller gets whatever is there by chance otherwise. Where " \
    "its end can't be reached, write abort() there."
#define UNKNOWN_FUNCTION                                                    \
    "The compiler knows no function of that name: it is misspelt, or the "  \
    "#include is missing that its man page shows, or the #define in front " \
    "of it (_GNU_SOURCE), which that shows, too."
#define OTHER_POINTER                                                        \
    "A pointer to something else is expected there: look at the order of "   \
    "the arguments, and for one & too many or too few. (Where a struct "     \
    "sockaddr * is expected, the address of a struct sockaddr_in is passed " \
    "with a cast.)"
#define FORMATTED                                                            \
    "What stands behind the format is not what it says, and something else " \
    "would be read: %d is for int, %zu for size_t, %zd for ssize_t, %s for " \
    "char *, and %p for void *, to which other pointers are cast. There "    \
    "has to be one argument for each."

// By the words that stand in the error, those that say most in front. What a
// compiler calls a warning, it names in brackets; gcc's names and clang's end
// in the same way, or are both here.
static const struct {
    const char *says, *means;
} kinds[] = {
    {"return-type]", PROMISED},
    {"return-mismatch]", PROMISED},
    {"implicit-function-declaration]", UNKNOWN_FUNCTION},
    {"implicit-int]", "A declaration lacks its type: write it in front of the "
                      "name."},
    {"int-conversion]",
     "A number stands where an address is expected, or an address where a "
     "number is: look at the order of the arguments, and for a missing & or "
     "*."},
    {"incompatible-pointer-types]", OTHER_POINTER},
    {"incompatible-function-pointer-types]",
     "A function of another kind is expected there: it has to take and return "
     "just what the man page shows."},
    {"=format", FORMATTED},
    {"-Wformat", FORMATTED},
    {"undeclared",
     "Nothing of that name is known at this place: it is misspelt, belongs to "
     "another function, stands further down, or its #include is missing."},
    {"undefined reference",
     "A function is called that is written nowhere: its name is misspelt "
     "there, or where it is written."},
    {"multiple definition", "It is written twice; one of them has to go."},
    {"redefinition of", "It is written twice; one of them has to go."},
    {"conflicting types", "What is written there is not what was declared "
                          "before: compare the two first lines."},
    {"to function call", "A call has to give as many arguments as the "
                         "function takes: see its man page, or its first "
                         "line."},
    {"arguments to function",
     "A call has to give as many arguments as the function takes: see its man "
     "page, or its first line."},
    {"No such file", "There is no such header: its name is misspelt, or it is "
                     "none of this system's."},
    {"has no member", "The struct has nothing of that name: look at where it "
                      "is declared."},
    {"no member named", "The struct has nothing of that name: look at where "
                        "it is declared."},
    {"expected", "The compiler got lost here. What is missing is often just "
                 "before this place, or at the end of the line above: a ; or "
                 "a ) or a }."},
};

static const char *meaning_of(const char *error)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(error, kinds[i].says) != NULL)
            return kinds[i].means;
    return NULL;
}

// A copy without colours, and otherwise fit to be shown; NULL if there is no
// memory.
static char *plain(const char *line)
{
    char *copy = strdup(line), *to = copy;
    if (copy == NULL)
        return NULL;
    for (const char *from = line; *from != '\0' && *from != '\n';) {
        if (strncmp(from, "\033[", 2) == 0) {
            from += 2 + strspn(from + 2, "0123456789;");
            from += *from == 'm' || *from == 'K';
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    char *safe = safe_text(copy);
    free(copy);
    return safe;
}

// True if the line is a compiler's remark of this kind: "FILE:LINE:COLUMN:
// KIND: ...". A line of the source that has these words is indented.
static bool is_remark(const char *line, const char *kind)
{
    const char *at = strstr(line, kind);
    return at != NULL && at > line + 2 && !isspace((unsigned char)*line) &&
           at[-1] == ' ' && at[-2] == ':' && isdigit((unsigned char)at[-3]);
}

static bool is_error(const char *line)
{
    return is_remark(line, "error: ") || is_remark(line, "fatal error: ") ||
           strstr(line, ": undefined reference to ") != NULL ||
           strstr(line, ": multiple definition of ") != NULL;
}

// Of a header, all files that include it have the same to say.
static bool is_known(const struct remarks *remarks, const char *line)
{
    size_t length = strlen(line);
    const char *at = remarks->warnings;
    while (at != NULL && (at = strstr(at, line)) != NULL) {
        if (at[length] == '\n' && (at == remarks->warnings || at[-1] == '\n'))
            return true;
        at++;
    }
    return false;
}

static void add_warning(struct remarks *remarks, const char *line)
{
    size_t length = strlen(line);
    char *more = realloc(remarks->warnings, remarks->size + length + 2);
    if (more == NULL)
        return;
    remarks->warnings = more;
    memcpy(more + remarks->size, line, length);
    memcpy(more + remarks->size + length, "\n", 2);
    remarks->size += length + 1;
}

void remarks_take(struct remarks *remarks, const char *line)
{
    char *text = plain(line);
    if (text == NULL)
        return;
    if (is_error(text) && remarks->error == NULL) {
        remarks->error = text;
        remarks->means = meaning_of(text);
        return;
    }
    if (is_remark(text, "warning: ") && !is_known(remarks, text))
        add_warning(remarks, text);
    free(text);
}

void remarks_print_error(FILE *out, const struct remarks *remarks)
{
    style_wrap(out, remarks->error);
    if (remarks->means == NULL)
        return;
    fputc('\n', out);
    style_wrap(out, remarks->means);
}

void remarks_free(struct remarks *remarks)
{
    free(remarks->error);
    free(remarks->warnings);
    *remarks = (struct remarks){.error = NULL};
}
