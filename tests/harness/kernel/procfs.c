#include "kernel/procfs.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALL_FILE = 4096, PATH_SIZE = 64 };

// Reads a small file whole. Returns its length; -1 if it can't be read.
static ssize_t read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    if (length >= 0)
        text[length] = '\0';
    return length;
}

static uint64_t field_after(const char *text, const char *label)
{
    const char *field = strstr(text, label);
    return field == NULL ? 0 : strtoull(field + strlen(label), NULL, 10);
}

static void read_blocked_call(pid_t tid, struct thread_state *state)
{
    char path[PATH_SIZE], text[SMALL_FILE];
    snprintf(path, sizeof path, "/proc/%d/syscall", tid);
    uint64_t *a = state->args;
    if (read_file(path, text, sizeof text) <= 0 || !isdigit(text[0]) ||
        sscanf(text,
               "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
               " %" SCNx64,
               &state->call, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) != 7)
        state->call = -1;
}

// Reads what the scheduler keeps of a thread: its time on a processor, how
// long it waited for one, and how often it got one (schedstat: the kernel's
// Documentation/scheduler/sched-stats.rst). Returns false if it keeps nothing.
static bool read_schedule(pid_t tid, struct thread_state *state)
{
    char path[PATH_SIZE], text[SMALL_FILE];
    uint64_t ran_ns, waited_ns;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", tid, tid);
    if (read_file(path, text, sizeof text) <= 0 ||
        sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ran_ns, &waited_ns,
               &state->switches) != 3 ||
        state->switches == 0)
        return false;
    state->cpu_us = ran_ns / 1000;
    state->delay_us = waited_ns / 1000;
    return true;
}

int procfs_thread(pid_t tid, struct thread_state *state)
{
    char path[PATH_SIZE], text[SMALL_FILE];
    // In /proc/TID/stat are the times of all threads of its process together.
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", tid, tid);
    if (read_file(path, text, sizeof text) <= 0)
        return -1;
    // The name, in parentheses, may hold anything, even ") R".
    const char *rest = strrchr(text, ')');
    unsigned long user, system;
    if (rest == NULL ||
        sscanf(rest,
               ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u "
               "%*u %lu %lu",
               &state->state, &state->parent, &user, &system) != 4)
        return -1;
    read_blocked_call(tid, state);
    if (read_schedule(tid, state))
        return 0;
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    state->cpu_us = (user + system) * 1000000 / ticks;
    state->delay_us = 0;
    snprintf(path, sizeof path, "/proc/%d/status", tid);
    if (read_file(path, text, sizeof text) <= 0)
        return -1;
    state->switches = field_after(text, "\nvoluntary_ctxt_switches:") +
                      field_after(text, "\nnonvoluntary_ctxt_switches:");
    return 0;
}

int procfs_times(pid_t pid, struct tms *times)
{
    char path[PATH_SIZE], text[SMALL_FILE];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    const char *rest =
        read_file(path, text, sizeof text) <= 0 ? NULL : strrchr(text, ')');
    return rest != NULL && sscanf(rest,
                                  ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u "
                                  "%*u %ld %ld %ld %ld",
                                  &times->tms_utime, &times->tms_stime,
                                  &times->tms_cutime, &times->tms_cstime) == 4
               ? 0
               : -1;
}

// In /proc/net/softnet_stat there is a line for each processor, all numbers in
// hexadecimal; the twelfth is the length of its queue.
bool procfs_has_packets(void)
{
    FILE *table = fopen("/proc/net/softnet_stat", "re");
    if (table == NULL)
        return false;
    char line[512];
    unsigned waiting = 0;
    while (waiting == 0 && fgets(line, sizeof line, table) != NULL)
        if (sscanf(line, "%*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %x",
                   &waiting) != 1)
            waiting = 0;
    fclose(table);
    return waiting > 0;
}

// Appends the threads of process PID. Returns the new count.
static size_t add_threads(pid_t pid, pid_t tids[], size_t count, size_t limit)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return count;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;)
        if (isdigit(task->d_name[0])) {
            if (count < limit)
                tids[count] = atoi(task->d_name);
            count++;
        }
    closedir(tasks);
    return count;
}

static pid_t parent_of(pid_t pid)
{
    char path[PATH_SIZE], text[SMALL_FILE];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    pid_t parent = 0;
    if (read_file(path, text, sizeof text) <= 0)
        return 0;
    const char *rest = strrchr(text, ')');
    return rest != NULL && sscanf(rest, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool descends_from(pid_t pid, pid_t root)
{
    for (int generation = 0; generation < 100 && pid > 1; generation++) {
        pid = parent_of(pid);
        if (pid == root)
            return true;
    }
    return false;
}

size_t procfs_descendants(pid_t root, pid_t tids[], size_t limit)
{
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return 0;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 0 && descends_from(pid, root))
            count = add_threads(pid, tids, count, limit);
    }
    closedir(processes);
    return count;
}

size_t procfs_count_zombies(pid_t pid)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    size_t count = 0;
    if (children == NULL)
        return 0;
    for (int child; fscanf(children, "%d", &child) == 1;) {
        struct thread_state state;
        count += procfs_thread(child, &state) == 0 && state.state == 'Z';
    }
    fclose(children);
    return count;
}

bool procfs_is_socket(pid_t pid, int fd)
{
    char path[PATH_SIZE], target[8];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    ssize_t length = readlink(path, target, sizeof target);
    return length >= 7 && memcmp(target, "socket:", 7) == 0;
}

bool procfs_is_open(pid_t pid, int fd)
{
    char path[PATH_SIZE], target[8];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    return readlink(path, target, sizeof target) != -1 || errno != ENOENT;
}

int procfs_count_descriptors(pid_t pid)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *descriptors = opendir(path);
    if (descriptors == NULL)
        return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(descriptors)) != NULL;)
        count += isdigit(entry->d_name[0]) != 0;
    closedir(descriptors);
    return count;
}

int procfs_count_threads(pid_t pid)
{
    pid_t first;
    return (int)add_threads(pid, &first, 0, 1);
}

// The sum of two members of /proc/PID/status that are in KiB, in bytes.
static size_t sum_of(pid_t pid, const char *one, const char *another)
{
    char path[PATH_SIZE], text[SMALL_FILE];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (read_file(path, text, sizeof text) <= 0)
        return 0;
    return (size_t)(field_after(text, one) + field_after(text, another)) * 1024;
}

size_t procfs_memory(pid_t pid)
{
    return sum_of(pid, "\nRssAnon:", "\nVmSwap:");
}

size_t procfs_room(pid_t pid)
{
    return sum_of(pid, "\nVmData:", "\nVmStk:");
}

// Reads "0100007F:1F90", or the same with the 32 digits of an IPv6 address.
static bool parse_endpoint(const char *text, union endpoint *endpoint)
{
    // Each 32-bit word is written as a number in host byte order.
    uint32_t word[4];
    unsigned port;
    *endpoint = (union endpoint){.any.sa_family = AF_INET6};
    if (sscanf(text, "%8" SCNx32 "%8" SCNx32 "%8" SCNx32 "%8" SCNx32 ":%4x",
               &word[0], &word[1], &word[2], &word[3], &port) == 5) {
        memcpy(&endpoint->v6.sin6_addr, word, sizeof word);
    } else if (sscanf(text, "%8" SCNx32 ":%4x", &word[0], &port) == 2) {
        endpoint->any.sa_family = AF_INET;
        endpoint->v4.sin_addr.s_addr = word[0];
    } else {
        return false;
    }
    endpoint->v4.sin_port = htons((uint16_t)port);
    return true;
}

// Calls match() for every TCP socket until it returns true.
static bool search_tcp(const char *path,
                       bool (*match)(const struct tcp_socket *,
                                     unsigned long inode, const void *),
                       const void *wanted, struct tcp_socket *found)
{
    FILE *table = fopen(path, "re");
    if (table == NULL)
        return false;
    char line[512];
    bool hit = false;
    while (!hit && fgets(line, sizeof line, table) != NULL) {
        char local[48], remote[48];
        unsigned state;
        unsigned long inode;
        if (sscanf(line, " %*d: %47s %47s %x %zx:%zx %*s %*s %*u %*u %lu",
                   local, remote, &state, &found->unacknowledged,
                   &found->unread, &inode) != 6 ||
            !parse_endpoint(local, &found->local) ||
            !parse_endpoint(remote, &found->remote))
            continue;
        found->state = (int)state;
        hit = match(found, inode, wanted);
    }
    fclose(table);
    return hit;
}

bool procfs_holds_socket(pid_t pid, unsigned long inode)
{
    char path[PATH_SIZE], wanted[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    DIR *descriptors = opendir(path);
    if (descriptors == NULL)
        return errno != ENOENT;
    bool found = false;
    for (struct dirent *entry;
         !found && (entry = readdir(descriptors)) != NULL;) {
        char target[PATH_SIZE] = "";
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target,
                                    sizeof target - 1);
        found = length > 0 && strcmp(target, wanted) == 0;
    }
    closedir(descriptors);
    return found;
}

static bool match_listener(const struct tcp_socket *socket, unsigned long inode,
                           const void *wanted)
{
    return socket->state == TCP_LISTEN &&
           procfs_holds_socket(*(const pid_t *)wanted, inode);
}

bool procfs_find_listener(pid_t pid, union endpoint *address)
{
    struct tcp_socket found;
    if (!search_tcp("/proc/net/tcp", match_listener, &pid, &found) &&
        !search_tcp("/proc/net/tcp6", match_listener, &pid, &found))
        return false;
    *address = found.local;
    return true;
}
