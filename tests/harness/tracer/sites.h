// sites: where in the program a call was made. While the program runs, only
// its registers and a piece of its stack are copied, once for each place;
// source.h turns a copy into a source line when somebody wants to read it.

#ifndef SITES_H
#define SITES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

enum {
    SITES_MAX = 256,
    SITE_STACK_SIZE = 128 * 1024, // channel.c receives into 64 KiB of it
    SITE_MARKS = 8,
};

// What the process had mapped, as /proc/PID/maps lists it.
struct image {
    pid_t pid;
    char *maps;
    uint64_t text_from, text_to; // the program's own code
};

struct site {
    struct image *image;
    struct user_regs_struct registers;
    uint64_t ip, sp;
    uint64_t signature_bits; // of return addresses on the stack, if signed
    unsigned char *stack;    // what was at sp
    size_t stack_size;
    // The first words on the stack that look like return addresses into the
    // program's own code: they tell one place from another.
    size_t marks;
    struct {
        size_t offset;
        uint64_t word;
    } mark[SITE_MARKS];
};

struct sites {
    size_t count, images;
    struct site site[SITES_MAX];
    struct image image[SITES_MAX];
};

// Finds, or copies, the place where thread TID of process PID now stands in a
// system call, with its instruction and stack pointer.
// Returns its number; -1 if it can't be read or there are too many.
int sites_add(struct sites *sites, pid_t pid, pid_t tid, uint64_t ip,
              uint64_t sp);

// Finds the name, without its folder, of the file that ADDRESS of process PID
// is mapped from. Returns true if there is one.
bool sites_file_of(struct sites *sites, pid_t pid, uint64_t address,
                   char name[NAME_MAX]);

// Process PID runs another program now: what was mapped no longer counts.
void sites_forget(struct sites *sites, pid_t pid);

void sites_free(struct sites *sites);

#endif
