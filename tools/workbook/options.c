#include "workbook/options.h"

#include "workbook/commands.h"

#include "base/status.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct options options_parse(int argc, char *argv[])
{
    static const struct option known[] = {
        {"case", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},
        {"from", required_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},
        {"names", no_argument, NULL, 'n'},
        {"verbose", no_argument, NULL, 'v'},
        {"untraced", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {.command = NULL};
    for (int option;
         (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'c': o.only = optarg; break;
        case 's': o.seed = optarg; break;
        case 'f': o.from = optarg; break;
        case 'j': o.json = true; break;
        case 'n': o.names = true; break;
        case 'v': o.verbose = true; break;
        case 'u': o.untraced = true; break;
        case 'h': usage_print(stdout); exit(DONE);
        default: usage_print(stderr); exit(BAD_USAGE);
        }
    }
    if (o.seed != NULL &&
        (*o.seed == '\0' || o.seed[strspn(o.seed, "0123456789")] != '\0'))
        usage_complain("the seed is no whole number:", o.seed);
    if (optind < argc)
        o.command = argv[optind++];
    if (optind < argc)
        o.lesson = argv[optind++];
    if (optind < argc)
        usage_complain("one argument too many:", argv[optind]);
    return o;
}
