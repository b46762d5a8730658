#include "weather.h"

#include <err.h>
#include <stdlib.h>

void weather_add(struct weather_rules *rules, const struct weather *weather)
{
    if (rules->count == WEATHER_RULES)
        errx(EXIT_FAILURE, "weather: more than %d rules", WEATHER_RULES);
    rules->rule[rules->count].weather = *weather;
    rules->rule[rules->count].seen = 0;
    rules->rule[rules->count].last_was_hit = false;
    rules->count++;
}

static bool concerns(const struct weather *weather, const struct call *call)
{
    return (weather->calls & call->group) != 0 && call->on_socket;
}

static bool is_due(const struct weather *weather, unsigned seen,
                   struct random *random)
{
    unsigned first = weather->first == 0 ? 1 : weather->first;
    if (seen < first)
        return false;
    if (weather->percent > 0)
        return random_below(random, 100) < weather->percent;
    if (weather->every > 0)
        return (seen - first) % weather->every == 0;
    return seen == first;
}

const struct weather *weather_for(struct weather_rules *rules,
                                  const struct call *call, size_t *bytes)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct weather *weather = &rules->rule[i].weather;
        if (!concerns(weather, call))
            continue;
        bool due = is_due(weather, ++rules->rule[i].seen, &rules->random);
        // A call that failed must be able to succeed when it is repeated.
        bool fails = weather->kind == WEATHER_FAIL ||
                     weather->kind == WEATHER_FALSE_ALARM;
        if (fails && rules->rule[i].last_was_hit)
            due = false;
        rules->rule[i].last_was_hit = due;
        if (!due)
            continue;
        if (weather->kind == WEATHER_CUT)
            *bytes = weather->varies
                         ? 1 + random_below(&rules->random, weather->bytes)
                         : weather->bytes;
        return weather;
    }
    return NULL;
}
