#include <stddef.h>
#include <string.h>

#include "base/count.h"
#include "sys/config_reader.h"
#include "sys/config_value.h"

#define DIGITS_OF(number) #number
#define NUMBER(option, slot, preset, least, most, unit)                                            \
    {                                                                                              \
        option, offsetof(struct config, slot), preset, least, most,                                \
            "a number from " DIGITS_OF(least) " to " DIGITS_OF(most) unit                          \
    }

static const struct number {
    const char *option;
    size_t slot;
    unsigned preset;
    unsigned least, most;
    const char *accepted;
} numbers[] = {
    NUMBER("connect_timeout", connect_timeout_ms, 250, 1, 60000, " (milliseconds)"),
    NUMBER("command_timeout", command_timeout_ms, 250, 1, 60000, " (milliseconds)"),
    NUMBER("cache_entries", cache_entries, 1000000, 0, 100000000, ""),
    NUMBER("cache_max_age", cache_max_age_s, 3600, 0, 604800, " (seconds)"),
    NUMBER("stale_max", stale_max_s, 86400, 0, 2592000, " (seconds)"),
    NUMBER("snapshot_interval", snapshot_interval_s, 300, 1, 86400, " (seconds)"),
    NUMBER("ledger_window", ledger_window_s, 14400, 0, 604800, " (seconds)"),
    NUMBER("breaker_limit", breaker_limit, 20, 0, 100000, ""),
    NUMBER("breaker_window", breaker_window_s, 600, 1, 86400, " (seconds)"),
    NUMBER("events_max", events_max, 100000, 0, 100000000, ""),
    NUMBER("max_crossings", max_crossings, 3, 2, 50, ""),
    NUMBER("max_hops", max_hops, 50, 10, 1000, ""),
};

static const struct number *find(const char *option)
{
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (strcmp(numbers[i].option, option) == 0)
            return &numbers[i];
    return NULL;
}

const char *config_number_fault(const char *option, struct span value)
{
    const struct number *n = find(option);
    return value_number(value, n->least, n->most, NULL) ? NULL : n->accepted;
}

bool config_is_number(const char *option)
{
    return find(option) != NULL;
}

void config_numbers(cfg_t *cfg, struct config *c)
{
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        unsigned *slot = (unsigned *)(void *)((char *)c + numbers[i].slot);
        *slot = numbers[i].preset;
        value_number(span_of(cfg_getstr(cfg, numbers[i].option)), 0, UINT32_MAX, slot);
    }
}
