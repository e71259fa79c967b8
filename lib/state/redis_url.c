#include "state/redis_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
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

static const char *parse_port(struct span s, unsigned *out)
{
    uint64_t number;
    if (!span_number(s, &number) || number == 0 || number > PORT_MAX)
        return "the port is not a number from 1 to 65535";
    *out = (unsigned)number;
    return NULL;
}

/* The port stays as it was where the text has none. */
static const char *parse_host(struct span s, struct shelf *shelf, struct redis_host *out)
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
    out->name = put_decoded(shelf, host);
    return span_present(port) ? parse_port(port, &out->port) : NULL;
}

static const char bad_login[] =
    "the user or password has a % without two hexadecimal digits, or a NUL";

/* A user without a password has the empty one, so that it is not silently another user. */
static const char *parse_login(struct span s, struct shelf *shelf, struct redis_config *out)
{
    size_t colon = span_find(s, ':');
    const char *user = put_decoded(shelf, (struct span){ s.p, colon });
    const char *password = put_decoded(shelf, span_from(s, colon + 1));
    if (!user || !password)
        return bad_login;
    if (colon == 0 && s.n <= 1)
        return "the user and password are empty";
    out->user = user[0] ? user : NULL;
    out->password = password;
    return NULL;
}

/* Reads `user:password@` where it is there, and takes it off the text. */
static const char *take_login(struct span *s, struct shelf *shelf, struct redis_config *out)
{
    size_t at = span_rfind(*s, '@');
    if (at == s->n)
        return NULL;
    const char *fault = parse_login((struct span){ s->p, at }, shelf, out);
    *s = span_from(*s, at + 1);
    return fault;
}

/* What may stand behind a `?`; NULL where there is no such word in this form. */
struct words {
    const char **user;
    const char **password;
    struct span user_word;
    struct span password_word;
    bool database;
    const char *fault; /* for any other word */
};

static const char *parse_word(struct span s, const struct words *w, struct shelf *shelf,
                              struct redis_config *out)
{
    size_t is = span_find(s, '=');
    struct span name = { s.p, is }, value = span_from(s, is + 1);
    bool user = span_ieq(name, w->user_word);
    if (is < s.n && w->database && span_ieq(name, SPAN_LIT("db")))
        return parse_database(value, out);
    if (is == s.n || (!user && !span_ieq(name, w->password_word)))
        return w->fault;
    const char *text = put_decoded(shelf, value);
    if (!text)
        return bad_login;
    if (user)
        *w->user = text[0] ? text : NULL;
    else
        *w->password = text;
    return NULL;
}

static const char *parse_words(struct span s, const struct words *w, struct shelf *shelf,
                               struct redis_config *out)
{
    struct span word;
    const char *fault = NULL;
    while (!fault && span_split(&s, '&', &word))
        fault = parse_word(word, w, shelf, out);
    if (!fault && *w->user && !*w->password)
        *w->password = "";
    return fault;
}

static const char *parse_tcp(struct span s, struct shelf *shelf, struct redis_config *out)
{
    size_t slash = span_find(s, '/');
    struct span authority = { s.p, slash };
    struct span database = span_from(s, slash + 1);
    struct redis_host host = { .port = out->port };
    const char *fault = take_login(&authority, shelf, out);
    if (!fault)
        fault = parse_host(authority, shelf, &host);
    out->host = host.name;
    out->port = host.port;
    return fault || database.n == 0 ? fault : parse_database(database, out);
}

static const char *parse_unix(struct span s, struct shelf *shelf, struct redis_config *out)
{
    const struct words words = { &out->user,
                                 &out->password,
                                 SPAN_LIT("user"),
                                 SPAN_LIT("password"),
                                 true,
                                 "only db=NUMBER, user=U and password=P may stand behind the ?" };
    size_t mark = span_find(s, '?');
    const char *path = put_decoded(shelf, (struct span){ s.p, mark });
    if (!path)
        return "the path has a % without two hexadecimal digits, or a NUL";
    if (path[0] != '/' || path[1] == '\0')
        return "unix:// is not followed by an absolute path";
    _Static_assert(REDIS_PATH_MAX == 106, "the sentence has the number");
    if (strlen(path) > REDIS_PATH_MAX)
        return "the path of the socket has more than 106 octets";
    out->path = path;
    return mark == s.n ? NULL : parse_words(span_from(s, mark + 1), &words, shelf, out);
}

static const char *parse_sentinels(struct span s, struct shelf *shelf, struct redis_config *out)
{
    struct span item;
    const char *fault = NULL;
    _Static_assert(REDIS_SENTINELS_MAX == 16, "the sentence has the number");
    while (!fault && span_split(&s, ',', &item)) {
        if (out->sentinels == REDIS_SENTINELS_MAX)
            return "there are more than 16 Sentinels";
        struct redis_host *host = &out->sentinel[out->sentinels++];
        *host = (struct redis_host){ .port = 0 };
        fault = parse_host(item, shelf, host);
    }
    return fault;
}

static const char *parse_sentinel(struct span s, struct shelf *shelf, struct redis_config *out)
{
    const struct words words = {
        &out->sentinel_user,
        &out->sentinel_password,
        SPAN_LIT("sentinel_user"),
        SPAN_LIT("sentinel_password"),
        false,
        "only sentinel_user=U and sentinel_password=P may stand behind the ?"
    };
    size_t slash = span_find(s, '/');
    struct span authority = { s.p, slash };
    struct span rest = span_from(s, slash + 1);
    size_t mark = span_find(rest, '?');
    struct span path = { rest.p, mark };
    size_t end = span_find(path, '/');
    const char *fault = take_login(&authority, shelf, out);
    if (!fault)
        fault = parse_sentinels(authority, shelf, out);
    if (fault)
        return fault;
    out->master = put_decoded(shelf, (struct span){ path.p, end });
    if (!out->master || out->master[0] == '\0')
        return "behind the Sentinels there is no /NAME of a master";
    if (end + 1 < path.n)
        fault = parse_database(span_from(path, end + 1), out);
    return fault || mark == rest.n ? fault
                                   : parse_words(span_from(rest, mark + 1), &words, shelf, out);
}

static const struct form {
    struct span scheme;
    bool tls;
    const char *(*parse)(struct span s, struct shelf *shelf, struct redis_config *out);
} forms[] = {
    { SPAN_LIT("redis://"), false, parse_tcp },
    { SPAN_LIT("rediss://"), true, parse_tcp },
    { SPAN_LIT("unix://"), false, parse_unix },
    { SPAN_LIT("redis+sentinel://"), false, parse_sentinel },
    { SPAN_LIT("rediss+sentinel://"), true, parse_sentinel },
};

static const char *parse(struct span url, struct shelf *shelf, struct redis_config *out)
{
    for (const struct form *f = forms; f < forms + COUNT_OF(forms); f++) {
        if (!span_istarts(url, f->scheme))
            continue;
        if (f->tls && !redis_tls_built_in())
            return "this build has no TLS, since its hiredis has none (Debian 13's has): use a "
                   "replica or a TLS tunnel on this host";
        out->tls.on = f->tls;
        out->host = out->path = out->master = NULL;
        out->sentinels = 0;
        return f->parse(span_from(url, f->scheme.n), shelf, out);
    }
    return "the URL does not begin with redis://, rediss://, unix://, redis+sentinel:// or "
           "rediss+sentinel://";
}

const char *redis_url_parse(const char *url, struct redis_config *out, char **storage)
{
    struct redis_config parsed = *out;
    /* What parts two strings in the URL, or its scheme, is room for a NUL. */
    *storage = malloc(strlen(url) + 1);
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
