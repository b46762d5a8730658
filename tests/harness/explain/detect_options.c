// The detector for an option of a socket that the kernel says is not as it
// should be: what the program has done instead.

#include "explain/detectors.h"

#include "base/names.h"
#include "base/options.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static const struct wanted_option *wanted_of(const struct scene *scene)
{
    return scene->failure->wanted_option;
}

static const char *name_of_wanted(const struct scene *scene)
{
    return name_of_option(wanted_of(scene)->level, wanted_of(scene)->option);
}

// What it should have been set to.
static int given(const struct wanted_option *wanted)
{
    return wanted->given != 0 ? wanted->given : wanted->value;
}

// The last setsockopt() of the program that FITS.
static const struct call *find_set(const struct scene *scene,
                                   bool (*fits)(const struct call *,
                                                const struct wanted_option *))
{
    size_t i = scene->trace->count;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call->info->number == SYS_setsockopt &&
            fits(call, wanted_of(scene)))
            return call;
    return NULL;
}

static bool is_it(const struct call *call, const struct wanted_option *wanted)
{
    return (int)call->args[1] == wanted->level &&
           (int)call->args[2] == wanted->option;
}

static bool has_its_number(const struct call *call,
                           const struct wanted_option *wanted)
{
    return (int)call->args[1] != wanted->level &&
           (int)call->args[2] == wanted->option;
}

// Several options' numbers, put together bit by bit, the wanted one among them.
// Another option may happen to be that; but SO_REUSEPORT takes no bytes.
static bool has_its_bits(const struct call *call,
                         const struct wanted_option *wanted)
{
    const int level = (int)call->args[1], option = (int)call->args[2];
    int value = 0;
    if (level != wanted->level || option == wanted->option ||
        (option & wanted->option) != wanted->option)
        return false;
    if (level == SOL_SOCKET && option == SO_REUSEPORT)
        return call_option(call, &value) && value > 1;
    return level == SOL_SOCKET
               ? option == (SO_REUSEADDR | SO_KEEPALIVE)
               : level == IPPROTO_TCP &&
                     (option == (TCP_KEEPINTVL | TCP_KEEPCNT) ||
                      option == (TCP_USER_TIMEOUT | TCP_KEEPIDLE) ||
                      option == (TCP_USER_TIMEOUT | TCP_KEEPINTVL) ||
                      option ==
                          (TCP_USER_TIMEOUT | TCP_KEEPINTVL | TCP_KEEPCNT));
}

static bool is_reuseport(const struct call *call,
                         const struct wanted_option *wanted)
{
    return wanted->level == SOL_SOCKET && wanted->option == SO_REUSEADDR &&
           (int)call->args[1] == SOL_SOCKET &&
           (int)call->args[2] == SO_REUSEPORT;
}

static void say_read(const struct scene *scene)
{
    scene_say(scene, " Read: man 7 %s, %s.",
              page_of_level(wanted_of(scene)->level), name_of_wanted(scene));
}

static bool is_quickack(const struct call *call,
                        const struct wanted_option *wanted)
{
    return wanted->level == IPPROTO_TCP && wanted->option == TCP_NODELAY &&
           (int)call->args[1] == IPPROTO_TCP &&
           (int)call->args[2] == TCP_QUICKACK;
}

static void say_failed(const struct scene *scene, const struct call *call)
{
    scene_say_call(scene, call);
    scene_say(scene, " was to set %s, and failed with %s",
              name_of_wanted(scene), name_of_error((int)-call->result));
    if (call_failed_with(call, EINVAL) && call->args[4] < sizeof(int))
        scene_say(scene,
                  ": it was told that the value has %" PRIu64 " %s, and it is "
                  "an int, which has %zu",
                  call->args[4], call->args[4] == 1 ? "byte" : "bytes",
                  sizeof(int));
    else if (call_failed_with(call, EFAULT))
        scene_say(scene, ": the fourth argument has to point to the value, an "
                         "int; the value itself is no address");
    else if (call_failed_with(call, ENOTSOCK) || call_failed_with(call, EBADF))
        scene_say(scene, ": descriptor %d is no socket", call->fd);
    scene_say(scene, ". What it returned has to be looked at, too.");
    say_read(scene);
}

static bool is_buffer(const struct wanted_option *wanted)
{
    return wanted->level == SOL_SOCKET &&
           (wanted->option == SO_RCVBUF || wanted->option == SO_SNDBUF);
}

// The value is another one.
static void say_value(const struct scene *scene, const struct call *call,
                      int value)
{
    const struct wanted_option *wanted = wanted_of(scene);
    const int64_t thousand = 1000, right = given(wanted);
    scene_say_call(scene, call);
    scene_say(scene, " sets %s to %d", name_of_wanted(scene), value);
    if (wanted->any)
        scene_say(scene, ", which is off. 1 is on.");
    else if (value == right * thousand)
        scene_say(scene,
                  ": a thousand times what was wanted, %d. It is "
                  "counted in seconds, not in milliseconds.",
                  (int)right);
    else if (value * thousand == right)
        scene_say(scene,
                  ": the thousandth part of what was wanted, %d. It is "
                  "counted in milliseconds.",
                  (int)right);
    else
        scene_say(scene, ", and it is to be %d.", (int)right);
    if (is_buffer(wanted) && value == right / 2)
        scene_say(scene, " The kernel doubles what it is given, for what it "
                         "keeps beside the bytes: that is its affair.");
    say_read(scene);
}

// How its descriptor was used, until event UNTIL: what it is, and what for.
static const struct call *find_use(const struct scene *scene,
                                   const struct call *set, long number)
{
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, ~0U, -1, &at)) != NULL; at++)
        if (call->info->number == number && call->pid == set->pid &&
            call->fd == set->fd && call->result == 0)
            return call;
    return NULL;
}

// True if FIRST was made before SECOND.
static bool is_before(const struct call *first, const struct call *second)
{
    return first->ended_us <= second->ended_us && first != second;
}

static bool is_of_its_connection(const struct scene *scene,
                                 const struct call *set)
{
    return scene->peer != NULL && scene_peer_of(scene, set) == scene->peer;
}

// The value is right, and another socket has it, or had it too late.
static bool say_place(const struct scene *scene, const struct call *set)
{
    const struct call *listened = find_use(scene, set, SYS_listen);
    const char *name = name_of_wanted(scene);
    if (!wanted_of(scene)->of_listener && is_of_its_connection(scene, set))
        return false;
    scene_say_call(scene, set);
    if (wanted_of(scene)->of_listener && listened == NULL)
        scene_say(scene,
                  " sets %s on descriptor %d, which does not listen. It "
                  "belongs to the socket that does, before bind().",
                  name, set->fd);
    else if (listened != NULL && !is_before(set, listened))
        scene_say(scene,
                  " sets %s on the listening socket, but not before listen(): "
                  "connections are made from then on, accepted or not, and "
                  "have what it had at that moment.",
                  name);
    else
        scene_say(scene,
                  " sets %s on descriptor %d, and that is another socket. Each "
                  "connection needs it: set it on what accept() or connect() "
                  "is about, or on the listening socket, which hands it on, "
                  "before listen().",
                  name, set->fd);
    say_read(scene);
    return true;
}

static void say_level(const struct scene *scene, const struct call *call)
{
    const int level = (int)call->args[1];
    const char *other = name_of_option(level, (int)call->args[2]);
    scene_say_call(scene, call);
    scene_say(scene,
              " means %s, %d, and asks for it at level %s (%d). There it is "
              "%s: each level counts its options from the start. The second "
              "argument has to be %s.",
              name_of_wanted(scene), (int)call->args[2],
              name_of_level(level) == NULL ? "" : name_of_level(level), level,
              other == NULL ? "another option, or none" : other,
              name_of_level(wanted_of(scene)->level));
    if (call->result < 0)
        scene_say(scene,
                  " It has failed with %s, so what it returned has to be "
                  "looked at, too.",
                  name_of_error((int)-call->result));
    say_read(scene);
}

static void say_bits(const struct scene *scene, const struct call *call)
{
    const int option = (int)call->args[2];
    const char *other = name_of_option((int)call->args[1], option);
    scene_say_call(scene, call);
    scene_say(scene,
              " asks for option %d. That is what comes of several options with "
              "\"|\" between them, of which %s is one, and it is none of them%s"
              "%s. An option is a number and no bit: each takes a call of its "
              "own.",
              option, name_of_wanted(scene), other == NULL ? "" : " but ",
              other == NULL ? "" : other);
    say_read(scene);
}

// What is said of the last call that was about the option itself.
static bool detect_set(const struct scene *scene, const struct call *set)
{
    const struct wanted_option *wanted = wanted_of(scene);
    int value;
    if (set->result < 0) {
        say_failed(scene, set);
        return true;
    }
    if (call_option(set, &value) &&
        (wanted->any ? value == 0 : value != given(wanted))) {
        say_value(scene, set, value);
        return true;
    }
    return say_place(scene, set);
}

bool detect_option_missed(const struct scene *scene)
{
    const struct call *call;
    if (wanted_of(scene) == NULL || scene->program == NULL ||
        !scene->stage->traced)
        return false;
    if ((call = find_set(scene, is_it)) != NULL)
        return detect_set(scene, call);
    if ((call = find_set(scene, has_its_number)) != NULL) {
        say_level(scene, call);
        return true;
    }
    if ((call = find_set(scene, has_its_bits)) != NULL) {
        say_bits(scene, call);
        return true;
    }
    if ((call = find_set(scene, is_reuseport)) != NULL) {
        scene_say_call(scene, call);
        scene_say(scene,
                  " sets SO_REUSEPORT, and nothing sets SO_REUSEADDR. They are "
                  "two options: the first lets several servers listen at one "
                  "port, the second lets one begin where connections of an "
                  "earlier one are not over. (With \"|\" between them, they "
                  "make the number of SO_REUSEPORT.)");
        say_read(scene);
        return true;
    }
    scene_say(scene, "No call of your program sets %s. ",
              name_of_wanted(scene));
    if ((call = find_set(scene, is_quickack)) != NULL) {
        scene_say_call(scene, call);
        scene_say(scene, " sets TCP_QUICKACK, which is about how soon this "
                         "side confirms what it receives, and not for good. ");
    }
    scene_say(scene, "%s", scene->failure->means);
    say_read(scene);
    return true;
}

// The last SO_RCVLOWAT that a connection was given.
static const struct call *find_low_water(const struct scene *scene,
                                         const struct call *waits)
{
    size_t i = scene->trace->count;
    for (const struct call *call; (call = scene_last_call(scene, &i)) != NULL;)
        if (call->info->number == SYS_setsockopt && call->result == 0 &&
            call->args[1] == SOL_SOCKET && call->args[2] == SO_RCVLOWAT &&
            call->pid == waits->pid && call->fd == waits->fd)
            return call;
    return NULL;
}

// A receive waits, though there are bytes, as it was told to.
bool detect_low_water(const struct scene *scene)
{
    const struct call *set;
    size_t i = 0, there = scene->peer == NULL || scene->program == NULL
                              ? 0
                              : scene_receivable(scene, scene->peer);
    for (const struct call *call;
         there > 0 && (call = scene_next_call(scene, &i)) != NULL;) {
        int least;
        if (call->group != CALLS_RECEIVE || call->finished ||
            scene_peer_of(scene, call) != scene->peer ||
            (set = find_low_water(scene, call)) == NULL ||
            !call_option(set, &least))
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " waits, though %zu %s there. ", there,
                  there == 1 ? "byte is" : "bytes are");
        scene_say_call(scene, set);
        scene_say(scene,
                  " has set SO_RCVLOWAT to %d: it waits for so many, if it is "
                  "asked for as many. That is option %d at level SOL_SOCKET; "
                  "TCP_USER_TIMEOUT has the same number, at IPPROTO_TCP.",
                  least, SO_RCVLOWAT);
        scene_say_read(scene, "man 7 socket, SO_RCVLOWAT");
        return true;
    }
    return false;
}
