#include "kernel/epolled.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// Looks for FD in what one epoll descriptor watches.
static bool watches_edges(pid_t pid, const char *epoll, int fd)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%.16s", pid, epoll);
    FILE *info = fopen(path, "re");
    if (info == NULL)
        return true;
    bool edges = false;
    while (!edges && fgets(line, sizeof line, info) != NULL) {
        int watched;
        unsigned events;
        if (sscanf(line, "tfd: %d events: %x", &watched, &events) == 2)
            edges = watched == fd && (events & EPOLLET) != 0;
    }
    fclose(info);
    return edges;
}

bool epolled_is_edge_triggered(pid_t pid, int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *descriptors = opendir(path);
    if (descriptors == NULL)
        return true;
    bool edges = false;
    for (struct dirent *entry;
         !edges && (entry = readdir(descriptors)) != NULL;) {
        char target[64] = "";
        if (readlinkat(dirfd(descriptors), entry->d_name, target,
                       sizeof target - 1) > 0 &&
            strcmp(target, "anon_inode:[eventpoll]") == 0)
            edges = watches_edges(pid, entry->d_name, fd);
    }
    closedir(descriptors);
    return edges;
}
