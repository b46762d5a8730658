// style: how reports look where they are read: with colour only on a terminal
// and without NO_COLOR, in plain ASCII where the locale isn't UTF-8.

#ifndef STYLE_H
#define STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct style {
    bool colour, unicode;
    bool verbose; // whole timelines
};

enum { STYLE_WIDTH = 80 };

// The style for what is written to descriptor FD, by isatty(3), NO_COLOR, TERM
// and the locale's variables.
struct style style_for(int fd, bool verbose);

// The style in which this process writes its reports; plain Unicode at first.
void style_set(const struct style *style);
const struct style *style_current(void);

enum colour { PLAIN, GREEN, RED, YELLOW, DIM, BOLD };

// The escape sequence that begins a colour (PLAIN ends it); "" without colour.
const char *style_colour(enum colour colour);

// The first if the style has Unicode, else the second.
const char *style_either(const char *unicode, const char *ascii);

// How many columns a UTF-8 text takes, each character taking one.
size_t style_columns(const char *text);

// Writes TEXT as a paragraph, indented and broken between words. From its
// first newline on it is shown as it is.
void style_wrap(FILE *out, const char *text);

#endif
