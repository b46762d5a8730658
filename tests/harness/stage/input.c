#include "stage/input.h"

#include "stage/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SMALLEST_PIPE = 4096 }; // a page: what the kernel makes of less

void input_end(struct input *input)
{
    struct descriptor *pipe = &input->pipe;
    if (pipe->fd == -1)
        return;
    stage_unwatch(pipe);
    close(pipe->fd);
    pipe->fd = -1;
}

static void write_some(struct input *input, size_t most)
{
    struct descriptor *pipe = &input->pipe;
    size_t left = input->left;
    ssize_t size = write(pipe->fd, input->next, left < most ? left : most);
    if (size == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size > 0) {
        input->next += size;
        input->left -= (size_t)size;
        stage_current()->moved++;
    } else {
        input->left = 0; // nobody reads it any more (EPIPE)
    }
    if (input->left > 0)
        return;
    if (input->stays_open)
        stage_unwatch(pipe);
    else
        input_end(input);
}

static void write_all(struct descriptor *descriptor, uint32_t events)
{
    (void)events;
    write_some(descriptor->owner, SIZE_MAX);
}

static void write_a_byte(struct descriptor *descriptor, uint32_t events)
{
    (void)events;
    write_some(descriptor->owner, 1);
}

void input_begin(struct input *input, int fd,
                 const struct program_options *options)
{
    input->pipe = (struct descriptor){fd, write_all, input, 0};
    input->next = options->input;
    input->left = options->input_size;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (options->input == NULL)
        return; // it stays open, and silent
    if (options->input_size == 0)
        input_end(input);
    else
        stage_watch(&input->pipe, EPOLLOUT);
}

void input_shrink_pipe(struct input *input)
{
    fcntl(input->pipe.fd, F_SETPIPE_SZ, SMALLEST_PIPE);
}

void input_byte_by_byte(struct input *input)
{
    input->pipe.ready = write_a_byte;
    fcntl(input->pipe.fd, F_SETFL, O_NONBLOCK | O_DIRECT);
}

void input_stay_open(struct input *input)
{
    input->stays_open = true;
}

void input_more(struct input *input, const void *bytes, size_t size)
{
    input->next = bytes;
    input->left = size;
    stage_watch(&input->pipe, EPOLLOUT);
}

bool input_is_written(const struct input *input)
{
    return input->left == 0;
}
