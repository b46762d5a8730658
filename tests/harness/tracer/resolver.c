#include "tracer/resolver.h"

#include "kernel/arch.h"
#include "kernel/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HOSTS, SERVICES, SWITCH, HOST_CONF };

// What is asked, and in which order, and that a name may have several
// addresses, is the machine's own affair otherwise: nsswitch.conf(5),
// host.conf(5).
static const char ask_the_files[] = "hosts: files\nservices: files\n";
static const char several_addresses[] = "multi on\n";

// How addresses are sorted, gai.conf(5), and whom to ask, resolv.conf(5).
static const char nothing[] = "/dev/null";

static int write_file(char path[PATH_MAX], const char *text)
{
    const char *folder = getenv("TMPDIR");
    int length = snprintf(path, PATH_MAX, "%s/names.XXXXXX",
                          folder == NULL ? "/tmp" : folder);
    if (length >= PATH_MAX) {
        path[0] = '\0';
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkstemp(path);
    if (fd == -1) {
        path[0] = '\0';
        return -1;
    }
    size_t size = strlen(text);
    bool ok = write(fd, text, size) == (ssize_t)size;
    return close(fd) == 0 && ok ? 0 : -1;
}

static void remove_files(struct resolver *resolver)
{
    for (int i = 0; i < RESOLVER_FILES; i++) {
        if (resolver->path[i][0] != '\0')
            unlink(resolver->path[i]);
        resolver->path[i][0] = '\0';
    }
    resolver->is_made = false;
}

int resolver_make(struct resolver *resolver, const char *hosts,
                  const char *services)
{
    const char *const text[] = {hosts, services, ask_the_files,
                                several_addresses};
    remove_files(resolver);
    for (int i = 0; i < RESOLVER_FILES; i++) {
        if (write_file(resolver->path[i], text[i]) == -1) {
            int reason = errno;
            remove_files(resolver);
            errno = reason;
            return -1;
        }
    }
    resolver->is_made = true;
    return 0;
}

void resolver_free(struct resolver *resolver)
{
    remove_files(resolver);
    connections_free(&resolver->sockets);
}

// Returns what is opened in place of PATH; NULL if nothing is.
static const char *replacement(const struct resolver *resolver,
                               const char *path)
{
    const struct {
        const char *usual, *ours;
    } files[] = {
        {"/etc/hosts", resolver->path[HOSTS]},
        {"/etc/services", resolver->path[SERVICES]},
        {"/etc/nsswitch.conf", resolver->path[SWITCH]},
        {"/etc/host.conf", resolver->path[HOST_CONF]},
        {"/etc/gai.conf", nothing},
        {"/etc/resolv.conf", nothing},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(path, files[i].usual) == 0)
            return files[i].ours;
    return NULL;
}

const char *resolver_opens(const struct resolver *resolver,
                           const struct call *call)
{
    int argument = call->info->number == SYS_openat ? 1 : 0;
    char path[sizeof "/etc/nsswitch.conf"] = "";
    if (!resolver->is_made || memory_read_some(call->pid, call->args[argument],
                                               path, sizeof path - 1) <= 0)
        return NULL;
    return replacement(resolver, path);
}

// The library that the program has its sockets from, and those that it loads to
// look for names: no sanitizer's, whose stubs make calls for the program.
static bool is_resolvers(const char *file)
{
    static const char *const beginnings[] = {"libc.so", "libc-2", "libresolv",
                                             "libnss"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(file, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

bool resolver_makes_socket(struct sites *sites, const struct call *call,
                           uint64_t stack_pointer)
{
    // A program's own are as a rule for TCP.
    int type = (int)call->args[1] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (call->info->number != SYS_socket ||
        ((call->args[0] == AF_INET || call->args[0] == AF_INET6) &&
         type == SOCK_STREAM))
        return false;
    char file[NAME_MAX];
    return sites_file_of(sites, call->pid,
                         arch_return_address(call->tid, stack_pointer), file) &&
           is_resolvers(file);
}

bool resolver_uses_socket(struct resolver *resolver, const struct call *call)
{
    struct connections *sockets = &resolver->sockets;
    if (connections_port(sockets, call->pid, call->fd) == 0)
        return false;
    if (call->info->number == SYS_close)
        connections_drop(sockets, call->pid, call->fd);
    // There may be a daemon that knows this machine's names: nscd(8).
    sa_family_t family;
    if (resolver->is_made && call->info->number == SYS_connect &&
        memory_read(call->pid, call->args[1], &family, sizeof family) &&
        family == AF_UNIX)
        arch_skip_call(call->tid, -ENOENT);
    return true;
}
