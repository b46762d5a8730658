// The detectors for names, and for addresses of two families.

#include "explain/detectors.h"

#include "base/endpoint.h"
#include "base/names.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool awaits_its_beginning(const struct scene *scene)
{
    return scene->failure->awaits == AWAITS_ANNOUNCEMENT ||
           scene->failure->awaits == AWAITS_CONNECTION;
}

static bool has_failed(const struct program *program)
{
    return program != NULL && program->ended && WIFEXITED(program->status) &&
           WEXITSTATUS(program->status) != 0;
}

// Which error of getaddrinfo() it has told of; 0 if none is found.
static int find_resolvers_error(const struct program *program)
{
    static const int errors[] = {EAI_ADDRFAMILY, EAI_BADFLAGS, EAI_FAMILY,
                                 EAI_NONAME,     EAI_SERVICE,  EAI_SOCKTYPE};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strstr(program->err.bytes, gai_strerror(errors[i])) != NULL)
            return errors[i];
    return 0;
}

static const char *meaning_of(int error, const struct program *program)
{
    if (error == EAI_ADDRFAMILY)
        return "HOST has no address of the family that ai_family of your hints "
               "asks for. AF_UNSPEC asks for both.";
    if (error != EAI_NONAME)
        return "HOST and PORT are right, so look at your hints: all members "
               "that you don't set have to be 0, and not what the memory held "
               "before. Clear it as a whole first.";
    if (strstr(program->command, "\"\"") != NULL)
        return "\"\" is no name. Every interface is what getaddrinfo() finds "
               "if it is given NULL for one, and AI_PASSIVE.";
    return "They can be found, if names are allowed: AI_NUMERICHOST and "
           "AI_NUMERICSERV allow numbers only.";
}

// getaddrinfo() found nothing, though there is something.
bool detect_resolver_refused(const struct scene *scene)
{
    const struct program *program = scene->program;
    size_t at = 0;
    if (!has_failed(program) || scene_next(scene, ~0U, -1, &at) != NULL)
        return false;
    // Which families a HOST has is known wherever it says so.
    int error = find_resolvers_error(program);
    if (error == 0 ||
        (!awaits_its_beginning(scene) &&
         !(error == EAI_ADDRFAMILY && scene->failure->wants_reason)))
        return false;
    scene_say(scene, "Your program ended since getaddrinfo() found nothing.");
    scene_say_stderr(scene);
    scene_say(scene, " %s", meaning_of(error, program));
    scene_say_read(scene, "man 3 getaddrinfo; the lesson on names");
    return true;
}

// The socket() that made the descriptor of *call; NULL if that is not known.
static const struct call *find_socket(const struct scene *scene,
                                      const struct call *call)
{
    const struct call *made = NULL;
    size_t i = 0;
    for (const struct call *other;
         (other = scene_next_call(scene, &i)) != NULL && other != call;)
        if (other->info->number == SYS_socket && other->pid == call->pid &&
            other->result == call->fd)
            made = other;
    return made;
}

// Which family's address, or option, the call is about.
static int family_of(const struct call *call)
{
    if (call->info->number == SYS_setsockopt)
        return call->args[1] == IPPROTO_IPV6 ? AF_INET6 : AF_UNSPEC;
    if (call->note_size == 0)
        return AF_UNSPEC;
    return call->note[0] == '[' ? AF_INET6 : AF_INET;
}

// Walks over the calls that have failed to make a socket, to bind or connect
// it, or to set an option.
static const struct call *next_failed(const struct scene *scene, size_t *at)
{
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP | CALLS_CONNECT, -1, at)) !=
         NULL;) {
        ++*at;
        long number = call->info->number;
        if (call->finished && call->result < 0 &&
            (number == SYS_socket || number == SYS_bind ||
             number == SYS_connect || number == SYS_setsockopt))
            return call;
    }
    return NULL;
}

static bool is_for_internet(const struct call *call)
{
    return call->info->number == SYS_socket &&
           (call->args[0] == AF_INET || call->args[0] == AF_INET6);
}

// After a socket for TCP another one that isn't.
bool detect_any_socket_type(const struct scene *scene)
{
    bool has_tcp = false;
    size_t i = 0;
    for (const struct call *call;
         (call = scene_next_call(scene, &i)) != NULL;) {
        int type = (int)call->args[1] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (!is_for_internet(call))
            continue;
        if (type == SOCK_STREAM) {
            has_tcp = true;
            continue;
        }
        if (!has_tcp)
            return false;
        scene_say_call(scene, call);
        scene_say(scene,
                  " makes a socket of type %s, after others that were for TCP. "
                  "If hints leaves ai_socktype at 0, getaddrinfo() lists each "
                  "address three times: for TCP, for UDP and raw.",
                  type == SOCK_DGRAM ? "SOCK_DGRAM, for UDP" : "SOCK_RAW");
        scene_say_read(scene, "man 3 getaddrinfo, ai_socktype");
        return true;
    }
    return false;
}

// A socket of one family, and an address of the other.
bool detect_other_family(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call; (call = next_failed(scene, &at)) != NULL;) {
        const struct call *made = find_socket(scene, call);
        int family = family_of(call);
        if (made == NULL || family == AF_UNSPEC ||
            (made->args[0] != AF_INET && made->args[0] != AF_INET6) ||
            (int)made->args[0] == family)
            continue;
        bool is_ipv4 = made->args[0] == AF_INET;
        scene_say_call(scene, made);
        scene_say(scene, " made a socket for %s, and ",
                  is_ipv4 ? "IPv4 (AF_INET)" : "IPv6 (AF_INET6)");
        scene_say_call(scene, call);
        if (call->info->number == SYS_setsockopt)
            scene_say(scene, " sets an option of IPv6 on it. If the address is "
                             "one of IPv6, the socket has to be of ai_family; "
                             "and if not, the option is not for it.");
        else
            scene_say(scene,
                      " uses it for %s: each address needs a socket of its own "
                      "family, which is ai_family of that address.",
                      is_ipv4 ? "IPv6" : "IPv4");
        scene_say_read(scene, "man 3 getaddrinfo; man 7 ipv6");
        return true;
    }
    return false;
}

// True if bind() or connect() has given the socket of *call an address before.
static bool has_address(const struct scene *scene, const struct call *call)
{
    bool is_bound = false;
    size_t i = 0;
    for (const struct call *other;
         (other = scene_next_call(scene, &i)) != NULL && other != call;) {
        long number = other->info->number;
        if (number == SYS_socket && other->result == call->fd)
            is_bound = false;
        if ((number == SYS_bind || number == SYS_connect) &&
            other->fd == call->fd && other->result == 0)
            is_bound = true;
    }
    return is_bound;
}

// The name of the control message, where the option's belongs.
static bool say_if_no_option(const struct scene *scene, const struct call *call)
{
    if (call->info->number != SYS_setsockopt || call->args[1] != IPPROTO_IPV6 ||
        call->args[2] != IPV6_PKTINFO)
        return false;
    scene_say_call(scene, call);
    scene_say(scene,
              " failed with %s. IPV6_PKTINFO is the name of the control "
              "message that comes with a datagram; the option that asks for it "
              "is IPV6_RECVPKTINFO. (For IPv4 both have one name.)",
              name_of_error((int)-call->result));
    scene_say_read(scene, "man 7 ipv6, IPV6_RECVPKTINFO");
    return true;
}

// IPV6_V6ONLY that was set too late, or by a level that is another's; or what
// is no option.
bool detect_option_refused(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call; (call = next_failed(scene, &at)) != NULL;) {
        const struct call *made = find_socket(scene, call);
        if (say_if_no_option(scene, call))
            return true;
        if (call->info->number != SYS_setsockopt || made == NULL ||
            made->args[0] != AF_INET6 || call->args[2] != IPV6_V6ONLY)
            continue;
        bool is_of_ipv6 = call->args[1] == IPPROTO_IPV6;
        if (is_of_ipv6 &&
            !(call_failed_with(call, EINVAL) && has_address(scene, call)))
            continue;
        scene_say_call(scene, call);
        scene_say(scene, " failed with %s", name_of_error((int)-call->result));
        if (is_of_ipv6)
            scene_say(scene, ": once the socket has an address, IPV6_V6ONLY "
                             "can't be set any more. That belongs between "
                             "socket() and bind().");
        else
            scene_say(scene,
                      ". %d is IPV6_V6ONLY only where the level, the second "
                      "argument, is IPPROTO_IPV6; at level %d it is another "
                      "option, or none.",
                      IPV6_V6ONLY, (int)call->args[1]);
        scene_say_read(scene, "man 7 ipv6, IPV6_V6ONLY; man 2 setsockopt");
        return true;
    }
    return false;
}

// An IPv6 address that is given, or told, to be shorter than it is.
bool detect_address_cut(const struct scene *scene)
{
    size_t at = 0;
    for (const struct call *call; (call = next_failed(scene, &at)) != NULL;) {
        const struct call *made = find_socket(scene, call);
        if (call->info->number == SYS_setsockopt || made == NULL ||
            made->args[0] != AF_INET6 || !call_failed_with(call, EINVAL) ||
            call->args[2] >= sizeof(struct sockaddr_in6))
            continue;
        scene_say_call(scene, call);
        scene_say(scene,
                  " was given an address of %" PRIu64 " bytes, and an IPv6 "
                  "address, struct sockaddr_in6, has 28. How long ai_addr is "
                  "stands beside it: ai_addrlen.",
                  call->args[2]);
        scene_say_read(scene, "man 3 getaddrinfo; man 7 ipv6");
        return true;
    }
    return false;
}

// HOST is a name; or it is every interface, and this call is about IPv6's.
static bool may_have_others(const struct scene *scene, const struct call *call)
{
    const struct call *made =
        call->info->number == SYS_socket ? call : find_socket(scene, call);
    return scene->stage->tracer.resolver.is_made ||
           (strstr(scene->program->command, "\"\"") != NULL && made != NULL &&
            made->args[0] == AF_INET6);
}

// Who has had another one after that has not given up.
static bool has_had_one_after(const struct scene *scene,
                              const struct call *failed)
{
    bool is_after = false;
    size_t at = 0;
    for (const struct call *call;
         (call = scene_next(scene, CALLS_SETUP | CALLS_CONNECT, -1, &at)) !=
         NULL;
         at++) {
        is_after = is_after || call == failed;
        if (is_after && call->finished && call->result == 0 &&
            (call->info->number == SYS_listen ||
             call->info->number == SYS_connect))
            return true;
    }
    return false;
}

// A program that could not have one of several addresses, and tried no other.
bool detect_address_passed_over(const struct scene *scene)
{
    size_t at = 0;
    const struct call *last = NULL;
    for (const struct call *call; (call = next_failed(scene, &at)) != NULL;)
        if (call->info->number != SYS_setsockopt)
            last = call;
    if (last == NULL || !has_failed(scene->program) ||
        !awaits_its_beginning(scene) || !may_have_others(scene, last) ||
        has_had_one_after(scene, last))
        return false;
    scene_say_call(scene, last);
    scene_say(scene, " failed with %s", name_of_error((int)-last->result));
    if (last->note_size > 0)
        scene_say(scene, " for %.*s", (int)last->note_size, last->note);
    scene_say(scene, ", and your program ended. HOST may have several "
                     "addresses: where one can't be had, that is the turn of "
                     "the next, which ai_next leads to, up to the last.");
    if (last->info->number == SYS_socket)
        scene_say(scene, " Each gets a socket of its own.");
    scene_say_read(scene, "man 3 getaddrinfo; the lesson on addresses");
    return true;
}

static bool has_same_note(const struct call *one, const struct call *another)
{
    return one->note_size == another->note_size &&
           memcmp(one->note, another->note, one->note_size) == 0;
}

// Another attempt to connect with a socket whose first has failed.
bool detect_socket_reused(const struct scene *scene)
{
    const struct call *first = NULL;
    size_t at = 0;
    for (const struct call *call; (call = next_failed(scene, &at)) != NULL;) {
        if (call->info->number != SYS_connect ||
            call_failed_with(call, EINPROGRESS) ||
            call_failed_with(call, EINTR))
            continue;
        if (first == NULL || find_socket(scene, first) == NULL ||
            find_socket(scene, first) != find_socket(scene, call) ||
            has_same_note(first, call)) {
            first = call;
            continue;
        }
        scene_say_call(scene, call);
        scene_say(scene,
                  " uses a socket again whose attempt at %.*s has failed. What "
                  "such a socket is still good for is not defined: close it, "
                  "and make another for the next address.",
                  (int)first->note_size, first->note);
        scene_say_read(scene, "man 2 connect, NOTES; the lesson on addresses");
        return true;
    }
    return false;
}
