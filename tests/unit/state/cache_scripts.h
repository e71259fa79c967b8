#ifndef COEXIST_TESTS_CACHE_SCRIPTS_H
#define COEXIST_TESTS_CACHE_SCRIPTS_H

/*
 * Steps, a line each. Of the store below: `set USER HOME`, `string USER`, `unset USER`, `away`,
 * `back`. Of the cache: `fresh`, `suspect`, `down`, `tell USER`, `tell-all`, `remember USER HOME
 * AGE`. `wait SECONDS`. `ask USER = ANSWER`, which is a home, or another answer's name; then
 * `stale AGE`; then `asked` where the store below was.
 */
static const struct script_case {
    const char *what;
    unsigned max_age_s;
    unsigned stale_max_s;
    const char *script;
} scripts[] = {
    { "nothing is fresh at the beginning", 0, 100,
      "set a both\n"
      "ask a = both asked\n"
      "ask a = both asked" },
    { "what is fresh is asked for once", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "set a primary\n"
      "ask a = both\n"
      "wait 1000000\n"
      "ask a = both" },
    { "that there is no record is remembered too", 0, 100,
      "fresh\n"
      "ask a = absent asked\n"
      "set a both\n"
      "ask a = absent\n"
      "tell a\n"
      "ask a = both asked" },
    { "and that it is bad", 0, 100,
      "string a\n"
      "fresh\n"
      "ask a = bad asked\n"
      "ask a = bad\n"
      "suspect\n"
      "away\n"
      "ask a = bad stale 0 asked" },
    { "but not that it could not be had", 0, 100,
      "set a both\n"
      "fresh\n"
      "away\n"
      "ask a = unavailable asked\n"
      "back\n"
      "ask a = both asked" },
    { "a change that is told", 0, 100,
      "set a both\n"
      "set b both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "set a primary\n"
      "tell a\n"
      "ask a = primary asked\n"
      "ask a = primary\n"
      "ask b = both" },
    { "all have changed", 0, 100,
      "set a both\n"
      "set b both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "tell-all\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "ask a = both" },
    { "nothing invalidated is stale", 0, 100,
      "set a both\n"
      "set b both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "suspect\n"
      "away\n"
      "tell a\n"
      "ask a = unavailable asked\n"
      "ask b = both stale 0 asked\n"
      "tell-all\n"
      "ask b = unavailable asked" },
    { "what was read before changes are reported again is asked for again", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "set a primary\n"
      "fresh\n"
      "ask a = primary asked\n"
      "ask a = primary" },
    { "also when they never seemed to stop", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask a = both" },
    { "what was read while they are not is not fresh afterwards", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask a = both" },
    { "suspect: the store is asked first", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "set a primary\n"
      "ask a = primary asked\n"
      "away\n"
      "ask a = primary stale 0 asked" },
    { "age is counted from when changes were last reported", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 1000\n"
      "suspect\n"
      "away\n"
      "wait 7\n"
      "ask a = both stale 7 asked" },
    { "or from when it was read", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "wait 9\n"
      "away\n"
      "ask a = both stale 9 asked" },
    { "or from when it was read last", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "wait 9\n"
      "ask a = both asked\n"
      "wait 1\n"
      "away\n"
      "ask a = both stale 1 asked" },
    { "suspect, then down: from the first", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "wait 5\n"
      "down\n"
      "wait 5\n"
      "ask a = both stale 10" },
    { "of something not used since, from when its generation ended", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 1\n"
      "suspect\n"
      "wait 10\n"
      "fresh\n"
      "wait 5\n"
      "suspect\n"
      "wait 2\n"
      "away\n"
      "ask a = both stale 17 asked" },
    { "also when that ended with the next one", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 50\n"
      "fresh\n"
      "wait 3\n"
      "away\n"
      "ask a = both stale 3 asked" },
    { "reported again, and the store is away all the same", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "wait 4\n"
      "fresh\n"
      "away\n"
      "ask a = both stale 4 asked\n"
      "back\n"
      "ask a = both asked\n"
      "ask a = both" },
    { "down: what is known at once, the rest is asked for", 0, 100,
      "set a both\n"
      "set b primary\n"
      "fresh\n"
      "ask a = both asked\n"
      "down\n"
      "wait 7\n"
      "ask a = both stale 7\n"
      "ask b = primary asked\n"
      "wait 3\n"
      "ask b = primary stale 3\n"
      "away\n"
      "ask a = both stale 10\n"
      "ask c = unavailable asked" },
    { "nothing is served beyond stale_max", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "down\n"
      "wait 100\n"
      "ask a = both stale 100\n"
      "wait 1\n"
      "away\n"
      "ask a = unavailable asked\n"
      "suspect\n"
      "ask a = unavailable asked\n"
      "down\n"
      "back\n"
      "ask a = both asked\n"
      "ask a = both stale 0" },
    { "nothing is stale without a stale_max", 0, 0,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask a = both\n"
      "down\n"
      "ask a = both asked\n"
      "away\n"
      "ask a = unavailable asked\n"
      "suspect\n"
      "ask a = unavailable asked\n"
      "fresh\n"
      "ask a = unavailable asked" },
    { "max_age: asked for again, changed or not", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 9\n"
      "set a primary\n"
      "ask a = both\n"
      "wait 1\n"
      "ask a = primary asked\n"
      "wait 9\n"
      "ask a = primary" },
    { "of older ones it is not known whether they are right", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 15\n"
      "away\n"
      "ask a = both stale 5 asked\n"
      "wait 95\n"
      "ask a = both stale 100 asked\n"
      "wait 1\n"
      "ask a = unavailable asked" },
    { "nor after changes are reported no more", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 15\n"
      "down\n"
      "wait 1\n"
      "ask a = both stale 6" },
    { "a clock that is set back", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait -9\n"
      "ask a = both\n"
      "wait -1\n"
      "ask a = both asked\n"
      "down\n"
      "wait -50\n"
      "ask a = both stale 0" },
    { "a lost record is remembered as such", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "unset a\n"
      "ask a = absent asked\n"
      "away\n"
      "ask a = absent stale 0 asked" },
    { "remembered by an earlier process", 0, 100,
      "remember a both 30\n"
      "remember b both 101\n"
      "down\n"
      "ask a = both stale 30\n"
      "away\n"
      "ask b = unavailable asked\n"
      "suspect\n"
      "ask a = both stale 30 asked\n"
      "back\n"
      "ask a = absent asked\n"
      "away\n"
      "ask a = absent stale 0 asked" },
    { "it is not fresh when changes are reported", 0, 100,
      "set a primary\n"
      "remember a both 30\n"
      "fresh\n"
      "ask a = primary asked\n"
      "ask a = primary" },
    { "nor replaces what there is", 0, 100,
      "set a primary\n"
      "suspect\n"
      "ask a = primary asked\n"
      "remember a both 0\n"
      "down\n"
      "ask a = primary stale 0" },
    { "nor is it from the future", 0, 100,
      "remember a both -50\n"
      "wait 10\n"
      "down\n"
      "ask a = both stale 10" },
};

#endif
