// The detector that shows what a sanitizer reports of the program.

#include "explain/detectors.h"

#include <errno.h>
#include <string.h>

#define BEYOND                                                                \
    "It went beyond the end of an array, or of the memory it had: compare a " \
    "number with the size first. "

#define COMPUTED                                                             \
    "It computed where something stands in memory from a number that can't " \
    "be: a length that nobody has set, or kept. "

enum { REPORT_LINES = 24, REPORT_WIDTH = 74 };

// Says a line of a sanitizer's report, with the names of source files without
// their folders.
static void say_report_line(const struct scene *scene, const char *line,
                            const char *end)
{
    char text[128] = "";
    size_t size = 0;
    while (line < end && size < REPORT_WIDTH) {
        const char *word = line + strcspn(line, " ");
        if (word > end)
            word = end;
        const char *file = memmem(line, (size_t)(word - line), ".c:", 3);
        const char *slash =
            file == NULL ? NULL : memrchr(line, '/', (size_t)(file - line));
        if (slash != NULL)
            line = slash + 1;
        for (; line < word && size < REPORT_WIDTH; line++)
            text[size++] = *line;
        if (line == word && line < end && size < REPORT_WIDTH)
            text[size++] = *line++;
    }
    scene_say(scene, "    %.*s\n", (int)size, text);
}

// True if a stand-in of the sanitizer's for printf() or its kin was at work,
// and only the format, or what it is for, can be at fault. libc's own functions
// below may have no names. A crash in sprintf() or fprintf() may also come from
// where the text was to go.
static bool stopped_in_printf(const char *report)
{
    const char *end = strstr(report, "\n\n"); // of the first stack
    size_t size = end != NULL ? (size_t)(end - report) : strlen(report);
    size_t first = strcspn(report, "\n");
    // Wherever the stack was full: it is not the fault of what was called last.
    if (memmem(report, first, " stack-overflow", 15) != NULL)
        return false;
    if (memmem(report, size, " in printf_common", 17) != NULL)
        return true;
    return memmem(report, first, "SEGV", 4) != NULL &&
           (memmem(report, size, "vprintf ", 8) != NULL ||
            memmem(report, size, "vasprintf ", 10) != NULL);
}

// Reads the function's name in a line of a stack, "#0 0x4f in echo FILE:LINE".
// Returns its size, 0 if the line is none of them; *name is where it stands.
static size_t read_function(const char *line, const char **name)
{
    const size_t size = strcspn(line, "\n");
    const char *in = memmem(line, size, " in ", 4);
    if (line[strspn(line, " ")] != '#' || in == NULL)
        return 0;
    *name = in + 4;
    return strcspn(*name, " \n");
}

// True if it was on its way from one control message to the next.
static bool stopped_in_control_messages(const char *report)
{
    const char *end = strstr(report, "\n\n"); // of the first stack
    size_t size = end != NULL ? (size_t)(end - report) : strlen(report);
    return memmem(report, size, "cmsg_nxthdr", 11) != NULL;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\0' ? line : line + 1;
}

// True if a function stands in the report's first stack more than once.
static bool has_recursion(const char *report)
{
    for (const char *line = next_line(report); *line != '\0' && *line != '\n';
         line = next_line(line)) {
        const char *name, *other;
        const size_t size = read_function(line, &name);
        for (const char *below = next_line(line);
             size > 0 && *below != '\0' && *below != '\n';
             below = next_line(below))
            if (read_function(below, &other) == size &&
                memcmp(name, other, size) == 0)
                return true;
    }
    return false;
}

static const char *meaning_of_full_stack(const char *report)
{
    return has_recursion(report)
               ? "It called itself until the stack was full: how deep that "
                 "goes must not be for others to say. "
               : "The stack was full, and no function stands on it twice: one "
                 "of them takes too much room. What alloca() gives is taken "
                 "back only when the function returns, so not in a loop; and "
                 "what is large belongs into memory of malloc(), or is "
                 "static. ";
}

// True if the first line is about an address made of the bytes with which gcc,
// clang or the sanitizer fill in what nothing was stored in. Its lower end may
// be that of a member.
static bool is_unset_pointer(const char *report)
{
    static const char *const fillings[] = {"0xfefefefefefe", "0xaaaaaaaaaaaa",
                                           "0xbebebebebebe"};
    size_t first = strcspn(report, "\n");
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++)
        if (memmem(report, first, fillings[i], strlen(fillings[i])) != NULL)
            return true;
    return false;
}

// What the report's first line means, whichever compiler it is of.
static const char *meaning_of(const char *report)
{
    static const struct {
        const char *sign, *means;
    } known[] = {
        {"memory leaks",
         "At its end there was memory that it had got by malloc() or its kin, "
         "and not given back by free(); nothing points to it any more. "},
        {"stack-overflow", NULL},
        {"buffer-overflow", BEYOND},
        {"out of bounds", BEYOND},
        {"insufficient space", BEYOND},
        {"use-after-free", "It used memory that it had given back by free(). "},
        {"double-free",
         "It gave memory back twice, by free() or what calls that, as "
         "freeaddrinfo() does: one function is to do it, once. "},
        {"shift exponent",
         "It shifted by a number that can't be. FD_SET() and its kin do so for "
         "a descriptor that is none, as -1, which a failed call returned. "},
        {"null pointer", "It used a pointer that is NULL: look where it comes "
                         "from, and whether it was there at all. "},
        {"misaligned", "It read a number where none may stand: an address has "
                       "to be a multiple of the number's size. Take it from "
                       "its bytes, or by memcpy(). "},
        {"pointer index", COMPUTED},
        {"unsigned offset", COMPUTED},
        {"allocation", "It asked for more memory than there can be: look at a "
                       "number before you rely on it. "},
        {"variable length array", "It made an array of a size that can't be: "
                                  "look at a number before you rely on it. "},
    };
    size_t first = strcspn(report, "\n");
    if (is_unset_pointer(report))
        return "It used a pointer that holds what was in memory before: nobody "
               "has set it. Look at what should have, and whether that has "
               "failed: after an error of getaddrinfo(), for one, there is no "
               "list. ";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memmem(report, first, known[i].sign, strlen(known[i].sign)) != NULL)
            return known[i].means != NULL ? known[i].means
                                          : meaning_of_full_stack(report);
    return "";
}

static void say_meaning(const struct scene *scene, const char *line)
{
    bool is_fd_set = strstr(line, "__fd_mask") != NULL;
    if (is_fd_set)
        scene_say(scene, "FD_SET() and its kin only know descriptors from 0 "
                         "to FD_SETSIZE - 1, which is 1,023, and write beside "
                         "the set for others: compare the number first. ");
    if (stopped_in_printf(line))
        scene_say(scene, "printf() took for its format, or for a string, what "
                         "is neither: use \"%%s\" for a string, which a zero "
                         "ends, and fwrite() for bytes; and what a pointer "
                         "points to has to be there. ");
    else if (!is_fd_set)
        scene_say(scene, "%s", meaning_of(line));
    if (stopped_in_control_messages(line))
        scene_say(scene, "CMSG_NXTHDR() goes by msg_controllen: that has to be "
                         "what recvmsg() has made of it, and recvmsg() must "
                         "not have failed. ");
}

bool detect_sanitizer(const struct scene *scene)
{
    const char *line = scene->program == NULL
                           ? NULL
                           : program_sanitizer_report(scene->program);
    if (line == NULL)
        return false;
    // A skeleton ends in the middle of what it does.
    if (strstr(line, "ERROR: LeakSanitizer") != NULL &&
        strstr(scene->program->err.bytes, strerror(ENOSYS)) != NULL)
        return false;
    bool leaks = strncmp(line, "==", 2) == 0 &&
                 strstr(line, "ERROR: LeakSanitizer") != NULL;
    scene_say(scene, "A sanitizer, which is built into your program, %s it. ",
              leaks ? "looked at" : "stopped");
    say_meaning(scene, line);
    // It may not have come so far, if the stack is what was written over.
    scene_say(scene, strstr(line, ".c:") != NULL
                         ? "The line of your file that stands highest below "
                           "is where to look.\n\n"
                         : "It names no line of yours: your last row of the "
                           "timeline is where to look.\n\n");
    for (int i = 0; i < REPORT_LINES && line != NULL && *line != '\0'; i++) {
        const char *end = strchrnul(line, '\n');
        // The sanitizer's own functions stand between the mistake and it.
        if (memmem(line, (size_t)(end - line), "/libsanitizer/", 14) == NULL)
            say_report_line(scene, line, end);
        // What called main() is nobody's fault.
        if (memmem(line, (size_t)(end - line), " in main ", 9) != NULL)
            break;
        line = *end == '\0' ? NULL : end + 1;
    }
    return true;
}
