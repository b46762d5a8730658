#include "tracer/sites.h"

#include "kernel/arch.h"
#include "kernel/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct mapping {
    uint64_t from, to;
    bool has_code;
    const char *file; // with its folder; "" if it is of none
    size_t length;    // of that
};

// Reads the next line of a process's mappings, and goes to the one behind it.
// Returns false at their end.
static bool next_mapping(const char **line, struct mapping *mapping)
{
    if (**line == '\0')
        return false;
    char access[5] = "";
    int at = 0;
    const char *end = strchrnul(*line, '\n');
    *mapping = (struct mapping){.file = end};
    if (sscanf(*line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s%n",
               &mapping->from, &mapping->to, access, &at) == 3) {
        mapping->file = *line + at + strspn(*line + at, " ");
        mapping->length = (size_t)(end - mapping->file);
    }
    mapping->has_code = strchr(access, 'x') != NULL;
    *line = *end == '\0' ? end : end + 1;
    return true;
}

// Finds the program's own code among the mappings.
static void find_text(struct image *image)
{
    char link[64], program[PATH_MAX];
    snprintf(link, sizeof link, "/proc/%d/exe", image->pid);
    ssize_t length = readlink(link, program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *line = image->maps;
    for (struct mapping mapping; next_mapping(&line, &mapping);) {
        if (!mapping.has_code || mapping.length != strlen(program) ||
            strncmp(mapping.file, program, mapping.length) != 0)
            continue;
        image->text_from = mapping.from;
        image->text_to = mapping.to;
        return;
    }
}

static char *read_maps(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *maps = NULL;
    size_t size = 0;
    if (getdelim(&maps, &size, '\0', file) <= 0) {
        free(maps);
        maps = NULL;
    }
    fclose(file);
    return maps;
}

static struct image *image_of(struct sites *sites, pid_t pid)
{
    for (size_t i = 0; i < sites->images; i++)
        if (sites->image[i].pid == pid)
            return &sites->image[i];
    if (sites->images == SITES_MAX)
        return NULL;
    struct image *image = &sites->image[sites->images];
    *image = (struct image){.pid = pid, .maps = read_maps(pid)};
    if (image->maps == NULL)
        return NULL;
    find_text(image);
    sites->images++;
    return image;
}

static void set_marks(struct site *site)
{
    const struct image *image = site->image;
    for (size_t at = 0; at + 8 <= site->stack_size; at += 8) {
        uint64_t word;
        memcpy(&word, site->stack + at, sizeof word);
        uint64_t code = word & ~site->signature_bits;
        if (code < image->text_from || code >= image->text_to)
            continue;
        site->mark[site->marks].offset = at;
        site->mark[site->marks++].word = word;
        if (site->marks == SITE_MARKS)
            return;
    }
}

// True if the words on the stack now are the ones of that site.
static bool marks_match(const struct site *site, pid_t pid)
{
    struct iovec here[SITE_MARKS], there[SITE_MARKS];
    uint64_t word[SITE_MARKS];
    for (size_t i = 0; i < site->marks; i++) {
        here[i] = (struct iovec){&word[i], sizeof word[i]};
        uintptr_t from = (uintptr_t)(site->sp + site->mark[i].offset);
        there[i] = (struct iovec){(void *)from, sizeof word[i]};
    }
    ssize_t wanted = (ssize_t)(site->marks * sizeof *word);
    if (process_vm_readv(pid, here, site->marks, there, site->marks, 0) !=
        wanted)
        return false;
    for (size_t i = 0; i < site->marks; i++)
        if (word[i] != site->mark[i].word)
            return false;
    return true;
}

static int add_site(struct sites *sites, struct image *image, pid_t tid,
                    uint64_t ip, uint64_t sp)
{
    struct site *site = &sites->site[sites->count];
    *site = (struct site){.image = image,
                          .ip = ip,
                          .sp = sp,
                          .signature_bits = arch_signature_bits(tid)};
    site->stack = malloc(SITE_STACK_SIZE);
    if (site->stack == NULL || arch_get_registers(tid, &site->registers) == -1)
        goto failed;
    // Near the stack's bottom there is less to read than asked for.
    size_t size = SITE_STACK_SIZE;
    ssize_t got = -1;
    for (; got <= 0 && size >= 512; size /= 2)
        got = memory_read_some(image->pid, sp, site->stack, size);
    if (got <= 0)
        goto failed;
    site->stack_size = (size_t)got;
    set_marks(site);
    return (int)sites->count++;
failed:
    free(site->stack);
    return -1;
}

int sites_add(struct sites *sites, pid_t pid, pid_t tid, uint64_t ip,
              uint64_t sp)
{
    struct image *image = image_of(sites, pid);
    if (image == NULL)
        return -1;
    int fallback = -1;
    for (size_t i = 0; i < sites->count; i++) {
        const struct site *site = &sites->site[i];
        if (site->image != image || site->ip != ip || site->sp != sp)
            continue;
        if (marks_match(site, pid))
            return (int)i;
        fallback = (int)i;
    }
    return sites->count == SITES_MAX ? fallback
                                     : add_site(sites, image, tid, ip, sp);
}

bool sites_file_of(struct sites *sites, pid_t pid, uint64_t address,
                   char name[NAME_MAX])
{
    const struct image *image = image_of(sites, pid);
    if (image == NULL)
        return false;
    const char *line = image->maps;
    for (struct mapping mapping; next_mapping(&line, &mapping);) {
        if (address < mapping.from || address >= mapping.to)
            continue;
        const char *slash = memrchr(mapping.file, '/', mapping.length);
        if (slash == NULL)
            return false;
        snprintf(name, NAME_MAX, "%.*s",
                 (int)(mapping.file + mapping.length - slash - 1), slash + 1);
        return true;
    }
    return false;
}

void sites_forget(struct sites *sites, pid_t pid)
{
    for (size_t i = 0; i < sites->images; i++)
        if (sites->image[i].pid == pid)
            sites->image[i].pid = -1;
}

void sites_free(struct sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        free(sites->site[i].stack);
    for (size_t i = 0; i < sites->images; i++)
        free(sites->image[i].maps);
}
