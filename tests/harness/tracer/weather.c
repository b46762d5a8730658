#include "tracer/weather.h"

#include "kernel/procfs.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void weather_add(struct weather_rules *rules, const struct weather *weather)
{
    if (rules->count == WEATHER_RULES)
        errx(EXIT_FAILURE, "weather: more than %d rules", WEATHER_RULES);
    rules->rule[rules->count++] = (struct weather_rule){.weather = *weather};
}

void weather_begin_again(struct weather_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        rules->rule[i] =
            (struct weather_rule){.weather = rules->rule[i].weather};
}

void weather_hold_again(struct weather_rules *rules)
{
    for (size_t i = rules->count; i-- > 0;) {
        struct weather_rule *rule = &rules->rule[i];
        if (rule->weather.kind != WEATHER_HOLD)
            continue;
        *rule = (struct weather_rule){.weather = rule->weather};
        return;
    }
}

// What was printed before it may come with it.
static bool writes_line(const struct call *call, const char *beginning)
{
    const char *end = call->note + call->note_size;
    const char *at =
        call->group != CALLS_SEND || call->fd != STDOUT_FILENO
            ? NULL
            : memmem(call->note, call->note_size, beginning, strlen(beginning));
    return at != NULL && memchr(at, '\n', (size_t)(end - at)) != NULL;
}

static bool concerns(const struct weather *weather, const struct call *call)
{
    if (weather->line != NULL)
        return writes_line(call, weather->line);
    if (weather->to_stdout)
        return call->group == CALLS_SEND && call->fd == STDOUT_FILENO &&
               !call->on_socket;
    // Who looks first, and begins anew when what follows fails, would do so for
    // ever if it were always the same of the two that fails.
    if (weather->kind == WEATHER_FAIL && call->only_looks)
        return false;
    // Libraries ask services of the machine about names and users: those are
    // none of the connections that a rule counts.
    if (call->local)
        return false;
    if (weather->only != 0 && weather->only != call->info->number)
        return false;
    if (weather->kind >= WEATHER_LOSE && !call->on_datagrams)
        return false;
    return (weather->calls & call->group) != 0 && call->on_socket;
}

static struct weather_share *share_of(struct weather_rule *rule,
                                      const struct call *call)
{
    size_t number = 0;
    while (number < CALL_GROUPS - 1 && (call->group & 1U << number) == 0)
        number++;
    return &rule->share[number];
}

// See weather.h. If it must not strike when it is due, it does with the next.
static bool is_due_by_chance(struct weather_share *share, unsigned percent,
                             bool may_strike, struct random *random)
{
    if (share->sum == 0)
        share->next = (unsigned)random_below(random, 100);
    share->sum += percent;
    if (share->sum <= share->next || !may_strike)
        return false;
    share->next =
        (share->next / 100 + 1) * 100 + (unsigned)random_below(random, 100);
    return true;
}

static bool is_due(struct weather_rule *rule, const struct call *call,
                   struct random *random)
{
    const struct weather *weather = &rule->weather;
    struct weather_share *share = share_of(rule, call);
    // A call that failed must be able to succeed when it is repeated.
    bool fails =
        weather->kind == WEATHER_FAIL || weather->kind == WEATHER_FALSE_ALARM;
    bool due = !(fails && share->last_was_hit) || weather->stays;
    unsigned first = weather->first == 0 ? 1 : weather->first;
    unsigned seen = ++rule->seen;
    if (weather->kind == WEATHER_FAIL && weather->every > 1)
        seen = ++rule->seen_on[(unsigned)call->fd % COUNTED_DESCRIPTORS];
    if (seen < first)
        due = false;
    else if (weather->percent > 0)
        due = is_due_by_chance(share, weather->percent, due, random);
    else if (weather->every > 0)
        due = due && (seen - first) % weather->every == 0;
    else
        due = due && seen == first;
    share->last_was_hit = due;
    return due;
}

void weather_make_room(struct weather_rules *rules, pid_t pid)
{
    if (rules->was_full && procfs_count_descriptors(pid) <= rules->had)
        rules->has_room = true;
}

// True if it is for want of a descriptor that the call would fail, and there is
// one after all.
static bool is_spared(struct weather_rules *rules,
                      const struct weather *weather, const struct call *call)
{
    if (weather->kind != WEATHER_FAIL || call->group != CALLS_ACCEPT ||
        (weather->error != EMFILE && weather->error != ENFILE))
        return false;
    bool spared = rules->has_room;
    rules->was_full = true;
    rules->has_room = false;
    rules->had = procfs_count_descriptors(call->pid);
    return spared;
}

const struct weather *weather_for(struct weather_rules *rules,
                                  const struct call *call, size_t *bytes)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct weather_rule *rule = &rules->rule[i];
        const struct weather *weather = &rule->weather;
        if (!concerns(weather, call) || !is_due(rule, call, &rules->random) ||
            is_spared(rules, weather, call))
            continue;
        if (weather->kind == WEATHER_CUT)
            *bytes = weather->varies
                         ? 1 + random_below(&rules->random, weather->bytes)
                         : weather->bytes;
        return weather;
    }
    return NULL;
}
