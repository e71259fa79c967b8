#include "ctl/submission.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define URL_MAX 1024
#define PORT_MAX 65535
#define CODE_LEN 3
#define GO_AHEAD 354 /* send the message */
#define REFUSED 400

static bool is_host(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_letter(s.p[i]) && !ascii_is_digit(s.p[i]) && !strchr("-._", s.p[i]))
            return false;
    return s.n > 0;
}

static bool is_literal(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_letter(s.p[i]) && !ascii_is_digit(s.p[i]) && !strchr(":.%", s.p[i]))
            return false;
    return s.n > 0;
}

/* The octets of the text that are a host; 0 for none. */
static size_t host_end(struct span text)
{
    size_t end;
    if (text.n == 0)
        return 0;
    if (text.p[0] != '[') {
        end = span_find(text, ':');
        return is_host((struct span){ text.p, end }) ? end : 0;
    }
    end = span_find(text, ']');
    return end < text.n && is_literal((struct span){ text.p + 1, end - 1 }) ? end + 1 : 0;
}

bool submission_host_read(struct span text, struct submission_host *out)
{
    uint64_t port = SUBMISSION_PORT;
    size_t end = host_end(text);
    struct span rest = span_from(text, end);
    if (end == 0)
        return false;
    if (rest.n > 0 && (rest.p[0] != ':' || !span_number(span_from(rest, 1), &port)))
        return false;
    if (port == 0 || port > PORT_MAX)
        return false;
    *out = (struct submission_host){ { text.p, end }, (unsigned)port };
    return true;
}

void submitted_free(struct submitted *s)
{
    buf_free(&s->reply);
}

/* One conversation. */
struct talk {
    struct submitted *out;
    struct span left; /* of the message, still to be sent */
    bool more;        /* the reply has further lines */
    bool over;        /* what is said in parting is no answer to the message */
};

static void step_set(struct submitted *out, struct span word)
{
    snprintf(out->step, sizeof(out->step), "%.*s", SPAN_ARG(word));
}

static void saw_command(struct talk *t, struct span line)
{
    struct span word = span_trim((struct span){ line.p, span_find(line, ' ') });
    if (span_ieq(word, SPAN_LIT("QUIT")))
        t->over = true;
    else if (!t->over)
        step_set(t->out, word);
}

/* A line of a reply (RFC 5321 section 4.2.1); all but the last have `-` behind the code. */
static void saw_reply(struct talk *t, struct span line)
{
    uint64_t code = 0;
    struct span text = span_trim(line);
    bool coded = text.n >= CODE_LEN && span_number((struct span){ text.p, CODE_LEN }, &code);
    if (!t->more)
        buf_clear(&t->out->reply);
    else
        buf_addc(&t->out->reply, ' ');
    buf_add(&t->out->reply, t->more && coded ? span_from(text, CODE_LEN + 1) : text);
    t->out->code = (int)code;
    t->more = coded && text.n > CODE_LEN && text.p[CODE_LEN] == '-';
    if (!t->more && code == GO_AHEAD)
        step_set(t->out, SPAN_LIT("message"));
}

static int watch(CURL *curl, curl_infotype type, char *text, size_t n, void *arg)
{
    struct talk *t = arg;
    (void)curl;
    if (type == CURLINFO_HEADER_OUT)
        saw_command(t, (struct span){ text, n });
    else if (type == CURLINFO_HEADER_IN && !t->over)
        saw_reply(t, (struct span){ text, n });
    return 0;
}

static size_t give(char *to, size_t size, size_t count, void *arg)
{
    struct talk *t = arg;
    size_t n = size * count < t->left.n ? size * count : t->left.n;
    memcpy(to, t->left.p, n);
    t->left = span_from(t->left, n);
    return n;
}

static bool set_all(CURL *curl, const struct submission *s, const char *url,
                    struct curl_slist *rcpt, struct talk *t)
{
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp") == CURLE_OK &&
           /* Nothing of what the environment says of proxies. */
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAIL_FROM, s->sender) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, rcpt) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_READFUNCTION, give) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_READDATA, t) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, watch) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_DEBUGDATA, t) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L) == CURLE_OK;
}

/* Where the MTA has not answered the last step, what libcurl says takes the place of the reply; of
 * a connection that was not made, the system says it better. */
static void tell(struct submitted *out, CURL *curl, CURLcode done, const char *why)
{
    long error = 0;
    out->taken = done == CURLE_OK;
    if (out->taken || out->code >= REFUSED)
        return;
    buf_clear(&out->reply);
    if (done == CURLE_COULDNT_CONNECT)
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
    if (error != 0)
        why = strerror((int)error);
    buf_adds(&out->reply, why[0] ? why : curl_easy_strerror(done));
    out->code = 0;
}

static void perform(CURL *curl, const struct submission *s, const char *url,
                    struct curl_slist *rcpt, struct submitted *out)
{
    char why[CURL_ERROR_SIZE] = "";
    struct talk t = { .out = out, .left = s->message };
    CURLcode done = CURLE_OUT_OF_MEMORY;
    if (rcpt && set_all(curl, s, url, rcpt, &t)) {
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
        done = curl_easy_perform(curl);
        curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
    }
    tell(out, curl, done, why);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
}

void submission_to(const struct submission *s, const struct submission_host *host,
                   struct submitted *out)
{
    char url[URL_MAX];
    struct curl_slist *rcpt = curl_slist_append(NULL, s->rcpt);
    CURL *curl = curl_easy_init();
    *out = (struct submitted){ .step = "connect" };
    buf_init(&out->reply, SUBMISSION_REPLY_MAX);
    int n =
        snprintf(url, sizeof(url), "smtp://%.*s:%u/%s", SPAN_ARG(host->host), host->port, s->helo);
    if (curl && n > 0 && (size_t)n < sizeof(url))
        perform(curl, s, url, rcpt, out);
    else
        buf_adds(&out->reply, curl ? "the name of the host is too long" : "out of memory");
    curl_easy_cleanup(curl);
    curl_slist_free_all(rcpt);
}
