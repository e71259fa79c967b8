#include "state/redis_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"

#define PORT_MAX 65535
#define DATABASE_MAX INT32_MAX

/* Decoded strings are laid one behind the other; none gets longer than it stands in the URL. */
struct shelf {
    char *next;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Puts the text onto the shelf, each %HH as its octet. NULL: a bad escape, or a NUL. */
static const char *put_decoded(struct shelf *shelf, struct span s)
{
    char *start = shelf->next;
    char *to = start;
    for (size_t i = 0; i < s.n; i++) {
        int c = (unsigned char)s.p[i];
        if (c == '%') {
            if (s.n - i < 3 || hex_digit(s.p[i + 1]) < 0 || hex_digit(s.p[i + 2]) < 0)
                return NULL;
            c = hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2]);
            i += 2;
        }
        if (c == 0)
            return NULL;
        *to++ = (char)c;
    }
    *to++ = '\0';
    shelf->next = to;
    return start;
}

static bool is_host(struct span s)
{
    if (s.n > REDIS_HOST_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = ascii_lower(s.p[i]);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return s.n > 0;
}

static bool is_ipv6(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (hex_digit(s.p[i]) < 0 && s.p[i] != ':' && s.p[i] != '.')
            return false;
    return s.n > 0 && span_find(s, ':') < s.n;
}

static const char *parse_database(struct span s, struct redis_config *out)
{
    uint64_t number;
    if (!span_number(s, &number) || number > DATABASE_MAX)
        return "the database is not a number";
    out->database = (unsigned)number;
    return NULL;
}

static const char *parse_port(struct span s, struct redis_config *out)
{
    uint64_t number;
    if (!span_number(s, &number) || number == 0 || number > PORT_MAX)
        return "the port is not a number from 1 to 65535";
    out->port = (unsigned)number;
    return NULL;
}

static const char *parse_host(struct span s, struct shelf *shelf, struct redis_config *out)
{
    struct span host = s;
    struct span port = SPAN_ABSENT;
    bool bracket = s.n > 0 && s.p[0] == '[';
    if (bracket) {
        size_t end = span_find(s, ']');
        if (end == s.n || !is_ipv6(span_between(s.p + 1, s.p + end)))
            return "the text in brackets is not an IPv6 address";
        host = span_between(s.p + 1, s.p + end);
        s = span_from(s, end + 1);
        if (s.n > 0 && s.p[0] != ':')
            return "only a port may stand behind an address in brackets";
        if (s.n > 0)
            port = span_from(s, 1);
    } else if (span_find(s, ':') < s.n) {
        host.n = span_find(s, ':');
        port = span_from(s, host.n + 1);
    }
    if (!bracket && !is_host(host))
        return "the host is missing or is not a name or an address";
    out->path = NULL;
    out->host = put_decoded(shelf, host);
    return span_present(port) ? parse_port(port, out) : NULL;
}

/* A user without a password has the empty one, so that it is not silently another user. */
static const char *parse_login(struct span s, struct shelf *shelf, struct redis_config *out)
{
    size_t colon = span_find(s, ':');
    const char *user = put_decoded(shelf, (struct span){ s.p, colon });
    const char *password = put_decoded(shelf, span_from(s, colon + 1));
    if (!user || !password)
        return "the user or password has a % without two hexadecimal digits, or a NUL";
    if (colon == 0 && s.n <= 1)
        return "the user and password are empty";
    out->user = user[0] ? user : NULL;
    out->password = password;
    return NULL;
}

static const char *parse_tcp(struct span s, struct shelf *shelf, struct redis_config *out)
{
    size_t slash = span_find(s, '/');
    struct span authority = { s.p, slash };
    struct span database = span_from(s, slash + 1);
    size_t at = span_rfind(authority, '@');
    if (at < authority.n) {
        const char *fault = parse_login((struct span){ authority.p, at }, shelf, out);
        if (fault)
            return fault;
        authority = span_from(authority, at + 1);
    }
    const char *fault = parse_host(authority, shelf, out);
    return fault || database.n == 0 ? fault : parse_database(database, out);
}

static const char *parse_unix(struct span s, struct shelf *shelf, struct redis_config *out)
{
    size_t mark = span_find(s, '?');
    struct span query = span_from(s, mark + 1);
    const char *path = put_decoded(shelf, (struct span){ s.p, mark });
    if (!path)
        return "the path has a % without two hexadecimal digits, or a NUL";
    if (path[0] != '/' || path[1] == '\0')
        return "unix:// is not followed by an absolute path";
    _Static_assert(REDIS_PATH_MAX == 106, "the sentence has the number");
    if (strlen(path) > REDIS_PATH_MAX)
        return "the path of the socket has more than 106 octets";
    out->host = NULL;
    out->path = path;
    if (mark == s.n)
        return NULL;
    if (!span_istarts(query, SPAN_LIT("db=")))
        return "only db=NUMBER may stand behind the ?";
    return parse_database(span_from(query, 3), out);
}

static const char *parse(struct span url, struct shelf *shelf, struct redis_config *out)
{
    const struct span tcp = SPAN_LIT("redis://"), local = SPAN_LIT("unix://");
    if (span_istarts(url, tcp))
        return parse_tcp(span_from(url, tcp.n), shelf, out);
    if (span_istarts(url, local))
        return parse_unix(span_from(url, local.n), shelf, out);
    return "the URL does not begin with redis:// or unix://";
}

const char *redis_url_parse(const char *url, struct redis_config *out, char **storage)
{
    struct redis_config parsed = *out;
    *storage = malloc(strlen(url) + 3); /* up to three strings end in a NUL */
    if (!*storage)
        return "no memory";
    struct shelf shelf = { *storage };
    const char *fault = parse(span_of(url), &shelf, &parsed);
    if (fault) {
        free(*storage);
        *storage = NULL;
    } else {
        *out = parsed;
    }
    return fault;
}
