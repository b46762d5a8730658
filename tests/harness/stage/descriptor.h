// descriptor: one that the stage watches, and serves when epoll(7) reports it;
// stage.h has what begins and ends the watch.

#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stdint.h>

struct descriptor {
    int fd; // -1: closed
    void (*ready)(struct descriptor *descriptor, uint32_t events);
    void *owner;
    uint32_t watched; // the events that it is watched for; 0: not at all
};

#endif
