#include "ctl/guess.h"

#include <libpsl.h>
#include <string.h>

#include "base/count.h"

/* Services whose domains do not say who they are, or that have several. */
static const struct {
    struct span suffix;
    const char *name;
} services[] = {
    { SPAN_LIT("outlook.com"), "Exchange Online" },
    { SPAN_LIT("office365.com"), "Exchange Online" },
    { SPAN_LIT("office365.us"), "Exchange Online" },
    { SPAN_LIT("outlook.de"), "Exchange Online" },
    { SPAN_LIT("outlook.cn"), "Exchange Online" },
    { SPAN_LIT("exchangelabs.com"), "Exchange Online" },
    { SPAN_LIT("google.com"), "Google" },
    { SPAN_LIT("gmail.com"), "Google" },
    { SPAN_LIT("googlemail.com"), "Google" },
    { SPAN_LIT("1e100.net"), "Google" },
    { SPAN_LIT("pphosted.com"), "Proofpoint" },
    { SPAN_LIT("ppe-hosted.com"), "Proofpoint" },
    { SPAN_LIT("ppops.net"), "Proofpoint" },
    { SPAN_LIT("mimecast.com"), "Mimecast" },
    { SPAN_LIT("mimecast.co.za"), "Mimecast" },
    { SPAN_LIT("mimecast-offshore.com"), "Mimecast" },
    { SPAN_LIT("messagelabs.com"), "Symantec Email Security" },
    { SPAN_LIT("barracudanetworks.com"), "Barracuda" },
    { SPAN_LIT("iphmx.com"), "Cisco Secure Email" },
    { SPAN_LIT("trendmicro.com"), "Trend Micro" },
    { SPAN_LIT("trendmicro.eu"), "Trend Micro" },
    { SPAN_LIT("hornetsecurity.com"), "Hornetsecurity" },
    { SPAN_LIT("antispameurope.com"), "Hornetsecurity" },
    { SPAN_LIT("hydra.sophos.com"), "Sophos" },
    { SPAN_LIT("mailcontrol.com"), "Forcepoint" },
    { SPAN_LIT("fireeyecloud.com"), "Trellix" },
    { SPAN_LIT("amazonses.com"), "Amazon SES" },
    { SPAN_LIT("messagingengine.com"), "Fastmail" },
    { SPAN_LIT("yahoodns.net"), "Yahoo" },
    { SPAN_LIT("yahoo.com"), "Yahoo" },
};

/* What filters call themselves when they hand a message back to the host that they stand on. */
static const char *const inside_hosts[] = { "pps.reinject", "pps.filterd", "ppagent" };

static bool contains(struct span text, const char *words)
{
    struct span want = span_of(words);
    for (size_t i = 0; i + want.n <= text.n; i++)
        if (span_ieq((struct span){ text.p + i, want.n }, want))
            return true;
    return false;
}

static bool has_suffix(struct span host, struct span suffix)
{
    if (!span_iends(host, suffix))
        return false;
    return host.n == suffix.n || host.p[host.n - suffix.n - 1] == '.';
}

/* RFC 1918 and 6598, RFC 4193 and link-local. */
static bool is_private(const struct ip *ip)
{
    const unsigned char *o = ip->octet;
    if (ip->bytes == 4)
        return o[0] == 10 || (o[0] == 172 && o[1] >= 16 && o[1] < 32) ||
               (o[0] == 192 && o[1] == 168) || (o[0] == 169 && o[1] == 254) ||
               (o[0] == 100 && o[1] >= 64 && o[1] < 128);
    return (o[0] & 0xFE) == 0xFC || (o[0] == 0xFE && (o[1] & 0xC0) == 0x80);
}

/* Google's hosts call themselves by addresses: 2002:a05:…, which is 10.5 and so on in IPv6, or
 * 10.…, and write their dates in California. */
static bool is_google_address(const struct ip *ip, struct span value)
{
    const unsigned char *o = ip->octet;
    if (ip->bytes == 16)
        return o[0] == 0x20 && o[1] == 0x02 && o[2] == 10;
    return o[0] == 10 && (contains(value, "(PST)") || contains(value, "(PDT)"));
}

static void set_text(char *to, struct span text)
{
    size_t n = text.n < SITE_HOST_MAX ? text.n : SITE_HOST_MAX;
    for (size_t i = 0; i < n; i++)
        to[i] = text.p[i] == '\0' ? '?' : ascii_lower(text.p[i]);
    to[n] = '\0';
}

static bool is_service(struct span host, struct guess *out)
{
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (has_suffix(host, services[i].suffix)) {
            strcpy(out->owner, services[i].name);
            return true;
        }
    return false;
}

static enum guess_software software_of(struct span by, struct span value)
{
    if (contains(value, "Microsoft SMTP") || contains(value, "with mapi"))
        return GUESS_EXCHANGE;
    if (contains(value, "(LHLO ") || contains(value, "zimbra ") || contains(by, "zimbra"))
        return GUESS_ZIMBRA;
    return GUESS_OTHER;
}

static bool is_inside(struct span by, struct span value)
{
    for (size_t i = 0; i < COUNT_OF(inside_hosts); i++)
        if (span_ieq(by, span_of(inside_hosts[i])))
            return true;
    return by.n == 0 || site_is_loopback_name(by) || contains(value, "(amavis");
}

static void guess_name(struct span by, struct guess *out)
{
    if (by.n > 1 && by.p[by.n - 1] == '.')
        by.n--;
    set_text(out->host, by);
    out->kind = is_service(by, out) ? GUESS_SERVICE : GUESS_HOST;
    if (out->kind == GUESS_SERVICE)
        return;
    const char *owner = psl_registrable_domain(psl_builtin(), out->host);
    strcpy(out->owner, owner ? owner : out->host);
}

static void guess_address(struct span by, const struct ip *ip, struct span value, struct guess *out)
{
    if (is_google_address(ip, value)) {
        out->kind = GUESS_SERVICE;
        strcpy(out->owner, "Google");
    } else if (!is_private(ip)) {
        out->kind = GUESS_HOST;
        set_text(out->owner, by);
    }
    if (out->kind != GUESS_INSIDE)
        set_text(out->host, by);
}

void guess_hop(const struct received *r, struct span value, struct guess *out)
{
    struct ip ip;
    out->kind = GUESS_INSIDE;
    out->host[0] = out->owner[0] = '\0';
    if (value.n > RECEIVED_MAX)
        value.n = RECEIVED_MAX;
    out->software = software_of(r->by, value);
    if (is_inside(r->by, value))
        return;
    if (ip_parse(r->by, &ip))
        guess_address(r->by, &ip, value, out);
    else
        guess_name(r->by, out);
}
