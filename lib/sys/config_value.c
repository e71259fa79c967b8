#include "sys/config_value.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#define HOST_MAX 253
#define LABEL_MAX 63
#define PORT_MAX 65535
#define MODE_MAX 0777u
#define MODE_DIGITS_MAX 4
#define ACCOUNT_MAX 32
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* Printable ASCII without blank. */
static bool is_graphic(char c)
{
    return c > ' ' && c <= '~';
}

static bool all_graphic(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_graphic(text.p[i]))
            return false;
    return true;
}

static bool all_digits(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!ascii_is_digit(text.p[i]))
            return false;
    return text.n > 0;
}

static bool is_label(struct span label)
{
    if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!ascii_is_letter(label.p[i]) && !ascii_is_digit(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

bool value_is_host(struct span text)
{
    struct span rest = text, label = SPAN_ABSENT;
    if (text.n == 0 || text.n > HOST_MAX)
        return false;
    while (span_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return !all_digits(label);
}

static bool is_address(int family, struct span text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char octets[sizeof(struct in6_addr)];
    if (text.n >= sizeof(copy) || memchr(text.p, '\0', text.n))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return inet_pton(family, copy, octets) == 1;
}

static bool is_port(struct span text)
{
    return value_number(text, 1, PORT_MAX, NULL);
}

static bool is_inet(struct span text, int family)
{
    size_t at = span_find(text, '@');
    if (at == text.n)
        return false;
    struct span host = span_from(text, at + 1);
    return is_port((struct span){ text.p, at }) &&
           (is_address(family, host) || value_is_host(host));
}

static bool is_socket_path(struct span text)
{
    return value_is_path(text) && text.n <= SOCKET_PATH_MAX;
}

bool value_is_listen(struct span text)
{
    size_t colon = span_find(text, ':');
    if (colon == text.n)
        return false;
    struct span kind = { text.p, colon }, rest = span_from(text, colon + 1);
    if (span_eq(kind, SPAN_LIT("unix")) || span_eq(kind, SPAN_LIT("local")))
        return is_socket_path(rest);
    if (span_eq(kind, SPAN_LIT("inet")))
        return is_inet(rest, AF_INET);
    return span_eq(kind, SPAN_LIT("inet6")) && is_inet(rest, AF_INET6);
}

bool value_is_endpoint(struct span text)
{
    size_t colon = span_rfind(text, ':');
    if (colon == text.n || !is_port(span_from(text, colon + 1)))
        return false;
    struct span host = { text.p, colon };
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        return is_address(AF_INET6, (struct span){ host.p + 1, host.n - 2 });
    return is_address(AF_INET, host) || value_is_host(host);
}

bool value_is_path(struct span text)
{
    return text.n > 1 && text.p[0] == '/';
}

bool value_is_path_or_none(struct span text)
{
    return text.n == 0 || value_is_path(text);
}

bool value_is_prefix(struct span text)
{
    return text.n > 0 && text.n <= CONFIG_PREFIX_MAX && all_graphic(text);
}

bool value_is_account(struct span text)
{
    if (text.n == 0 || text.n > ACCOUNT_MAX || text.p[0] == '-')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!ascii_is_letter(text.p[i]) && !ascii_is_digit(text.p[i]) &&
            !memchr("-_.", text.p[i], 3))
            return false;
    return true;
}

bool value_is_next_hop(struct span text)
{
    return span_find(text, ':') < text.n && all_graphic(text);
}

bool value_is_identify(struct span text)
{
    size_t colon = span_find(text, ':');
    if (colon == text.n)
        return false;
    struct span name = { text.p, colon };
    return name.n > 0 && all_graphic(name) && span_trim(span_from(text, colon + 1)).n > 0;
}

bool value_is_delimiter(struct span text)
{
    return text.n == 0 || (text.n == 1 && is_graphic(text.p[0]) && !memchr("@\"\\", text.p[0], 3));
}

bool value_is_filled(struct span text)
{
    return text.n > 0;
}

bool value_is_anything(struct span text)
{
    (void)text;
    return true;
}

bool value_switch(struct span text, bool *on)
{
    bool yes = span_eq(text, SPAN_LIT("on"));
    if (!yes && !span_eq(text, SPAN_LIT("off")))
        return false;
    if (on)
        *on = yes;
    return true;
}

bool value_octal_mode(struct span text, unsigned *mode)
{
    unsigned value = 0;
    if (text.n == 0 || text.n > MODE_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '7')
            return false;
        value = value * 8 + (unsigned)(text.p[i] - '0');
    }
    if (value > MODE_MAX)
        return false;
    if (mode)
        *mode = value;
    return true;
}

bool value_number(struct span text, unsigned least, unsigned most, unsigned *number)
{
    uint64_t value;
    if (!span_number(text, &value) || value < least || value > most)
        return false;
    if (number)
        *number = (unsigned)value;
    return true;
}
