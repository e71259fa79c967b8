#include "ctl/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/endpoint.h"

#define PREFERENCE_OCTETS 2

/* `ADDRESS:PORT`, or the address alone. */
static bool read_server(const char *text, struct sockaddr_in *out)
{
    struct endpoint e;
    *out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(RESOLVER_PORT) };
    if (inet_pton(AF_INET, text, &out->sin_addr) == 1)
        return true;
    if (!endpoint_of_host(span_of(text), &e) || inet_pton(AF_INET, e.host, &out->sin_addr) != 1)
        return false;
    out->sin_port = htons((in_port_t)e.port);
    return true;
}

bool resolver_open(struct resolver *r, const char *server, const char **why)
{
    struct sockaddr_in address;
    *r = (struct resolver){ 0 };
    *why = "is no ADDRESS:PORT of a name server, with an IPv4 address";
    if (server && !read_server(server, &address))
        return false;
    *why = "the system's resolver cannot be used";
    if (res_ninit(&r->state) != 0)
        return false;
    if (server) {
        r->state.nscount = 1;
        r->state.nsaddr_list[0] = address;
    }
    if (r->state.nscount > RESOLVER_SERVERS_MAX)
        r->state.nscount = RESOLVER_SERVERS_MAX;
    r->state.retrans = RESOLVER_WAIT_S;
    r->state.retry = 1;
    return true;
}

void resolver_close(struct resolver *r)
{
    res_nclose(&r->state);
}

/* One record of the answer. False where it is none that counts. */
static bool read_mx(const ns_msg *answer, const ns_rr *record, struct resolver_mx *out)
{
    if (ns_rr_type(*record) != ns_t_mx || ns_rr_rdlen(*record) <= PREFERENCE_OCTETS)
        return false;
    const unsigned char *data = ns_rr_rdata(*record);
    out->preference = ns_get16(data);
    if (ns_name_uncompress(ns_msg_base(*answer), ns_msg_end(*answer), data + PREFERENCE_OCTETS,
                           out->host, sizeof(out->host)) < 0)
        return false;
    /* The root is written so. */
    if (strcmp(out->host, ".") == 0)
        out->host[0] = '\0';
    return true;
}

static enum resolver_answer read_answer(const unsigned char *octets, int length,
                                        struct resolver_mx out[RESOLVER_MX_MAX], size_t *n)
{
    ns_msg answer;
    ns_rr record;
    if (ns_initparse(octets, length, &answer) != 0)
        return RESOLVER_SILENT;
    for (int i = 0; i < ns_msg_count(answer, ns_s_an) && *n < RESOLVER_MX_MAX; i++) {
        if (ns_parserr(&answer, ns_s_an, i, &record) != 0)
            return RESOLVER_SILENT;
        if (read_mx(&answer, &record, &out[*n]))
            ++*n;
    }
    return *n > 0 ? RESOLVER_FOUND : RESOLVER_ABSENT;
}

enum resolver_answer resolver_mx(struct resolver *r, const char *domain,
                                 struct resolver_mx out[RESOLVER_MX_MAX], size_t *n)
{
    unsigned char *octets = malloc(NS_MAXMSG);
    *n = 0;
    if (!octets)
        return RESOLVER_SILENT;
    int length = res_nquery(&r->state, domain, ns_c_in, ns_t_mx, octets, NS_MAXMSG);
    enum resolver_answer answer = RESOLVER_SILENT;
    if (length >= 0)
        answer = read_answer(octets, length < NS_MAXMSG ? length : NS_MAXMSG, out, n);
    else if (r->state.res_h_errno == HOST_NOT_FOUND || r->state.res_h_errno == NO_DATA)
        answer = RESOLVER_ABSENT;
    free(octets);
    return answer;
}
