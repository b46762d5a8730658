#include "kernel/scale.h"

#include "kernel/rlimits.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>

enum {
    DESCRIPTORS = 1300,
    THREADS = 1200, // of a program that has one for each of a thousand
    STACK = 64 * 1024,
};

static void *wait_for_end(void *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

// How many threads a process can have, up to THREADS.
static int count_threads(void)
{
    static pthread_t threads[THREADS];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attributes;
    int count = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_mutex_lock(&lock);
    while (count < THREADS && pthread_create(&threads[count], &attributes,
                                             wait_for_end, &lock) == 0)
        count++;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return count;
}

const char *scale_lacking(void)
{
    if (!rlimits_allow(RLIMIT_NOFILE, DESCRIPTORS))
        return "it needs 1,300 open descriptors, more than are allowed here "
               "(ulimit -Hn)";
    if (count_threads() < THREADS)
        return "some programs need 1,200 threads for it, more than can be had "
               "here (ulimit -u)";
    return NULL;
}
