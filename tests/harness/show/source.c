#include "show/source.h"

#include "kernel/arch.h"
#include "base/safe.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 64 };

static const char *source_directory = "";

void source_set_directory(const char *directory)
{
    source_directory = directory;
}

// What the unwinder walks over, and what it has found.
struct walk {
    Dwfl *dwfl;
    const struct site *site;
    struct source_line *found;
    int frames;
    bool hit;
};

static pid_t next_thread(Dwfl *dwfl, void *argument, void **thread)
{
    const struct walk *walk = argument;
    (void)dwfl;
    if (*thread != NULL)
        return 0;
    *thread = argument;
    return walk->site->image->pid > 0 ? walk->site->image->pid : 1;
}

static bool read_stack(Dwfl *dwfl, Dwarf_Addr at, Dwarf_Word *word,
                       void *argument)
{
    const struct site *site = ((const struct walk *)argument)->site;
    (void)dwfl;
    if (at < site->sp || at - site->sp + sizeof *word > site->stack_size)
        return false;
    memcpy(word, site->stack + (at - site->sp), sizeof *word);
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *argument)
{
    const struct walk *walk = argument;
    Dwarf_Word words[ARCH_DWARF_REGISTERS];
    uint64_t pc = arch_dwarf_registers(&walk->site->registers, words);
    dwfl_thread_state_register_pc(thread, pc);
    // libdw takes them under this number; before 0.192 it does not know it, and
    // can't look behind a signed address.
    if (walk->site->signature_bits != 0)
        dwfl_thread_state_registers(thread, -2, 1, &walk->site->signature_bits);
    return dwfl_thread_state_registers(thread, 0, ARCH_DWARF_REGISTERS, words);
}

static bool is_students(const char *file)
{
    return file != NULL && strstr(file, source_directory) != NULL;
}

static int visit_frame(Dwfl_Frame *frame, void *argument)
{
    struct walk *walk = argument;
    Dwarf_Addr pc;
    bool is_activation;
    if (++walk->frames > FRAMES || !dwfl_frame_pc(frame, &pc, &is_activation))
        return DWARF_CB_ABORT;
    // A return address is behind its call: step back into it.
    if (!is_activation)
        pc--;
    Dwfl_Module *module = dwfl_addrmodule(walk->dwfl, pc);
    Dwfl_Line *line = module == NULL ? NULL : dwfl_module_getsrc(module, pc);
    int number = 0;
    const char *file =
        line == NULL ? NULL
                     : dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
    if (!is_students(file))
        return DWARF_CB_OK;
    const char *last = strrchr(file, '/');
    // A #line directive may call a file anything.
    char *safe = safe_text(last == NULL ? file : last + 1);
    snprintf(walk->found->file, sizeof walk->found->file, "%s",
             safe == NULL ? "" : safe);
    free(safe);
    walk->found->line = number;
    const char *function = dwfl_module_addrname(module, pc);
    snprintf(walk->found->function, sizeof walk->found->function, "%s",
             function == NULL ? "" : function);
    walk->hit = true;
    return DWARF_CB_ABORT;
}

// The programs are built with their debugging information inside; nothing is
// searched for elsewhere, and nothing fetched.
static int no_debug_file(Dwfl_Module *module, void **user, const char *name,
                         Dwarf_Addr base, const char *file, const char *link,
                         GElf_Word crc, char **found)
{
    (void)module, (void)user, (void)name, (void)base;
    (void)file, (void)link, (void)crc, (void)found;
    return -1;
}

// Opens the modules that were mapped. The last image's are kept: most places
// of a report are of the same process.
static Dwfl *modules_of(const struct image *image)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_linux_proc_find_elf,
        .find_debuginfo = no_debug_file,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (dwfl == NULL)
        return NULL;
    FILE *maps = fmemopen(image->maps, strlen(image->maps), "r");
    bool ok = maps != NULL && dwfl_linux_proc_maps_report(dwfl, maps) == 0 &&
              dwfl_report_end(dwfl, NULL, NULL) == 0;
    if (maps != NULL)
        fclose(maps);
    if (ok)
        return dwfl;
    dwfl_end(dwfl);
    return NULL;
}

static bool look_up(const struct site *site, struct source_line *found)
{
    static const Dwfl_Thread_Callbacks callbacks = {
        .next_thread = next_thread,
        .memory_read = read_stack,
        .set_initial_registers = set_registers,
    };
    struct walk walk = {modules_of(site->image), site, found, 0, false};
    if (walk.dwfl == NULL)
        return false;
    if (dwfl_attach_state(walk.dwfl, NULL, 1, &callbacks, &walk))
        dwfl_getthread_frames(walk.dwfl,
                              site->image->pid > 0 ? site->image->pid : 1,
                              visit_frame, &walk);
    dwfl_end(walk.dwfl);
    return walk.hit;
}

bool source_of(const struct sites *sites, int number, struct source_line *found)
{
    // A report asks for the same places again and again.
    static struct {
        enum { NOT_ASKED, KNOWN, UNKNOWN } answer;
        struct source_line line;
    } memory[SITES_MAX];
    if (number < 0 || (size_t)number >= sites->count)
        return false;
    if (memory[number].answer == NOT_ASKED)
        memory[number].answer =
            look_up(&sites->site[number], &memory[number].line) ? KNOWN
                                                                : UNKNOWN;
    *found = memory[number].line;
    return memory[number].answer == KNOWN;
}
