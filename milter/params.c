#include "milter/params.h"

#include "core/xtext.h"

#define ORCPT_MAX 4096

static const struct span utf8_orcpt = SPAN_LIT("ORCPT=utf-8;");

/* Means the same under xtext, under utf-8-addr-xtext and in a list of parameters. */
static bool is_plain(struct span address)
{
    for (size_t i = 0; i < address.n; i++) {
        unsigned char c = (unsigned char)address.p[i];
        if (c <= ' ' || c == 0x7F || c == '+' || c == '\\')
            return false;
    }
    return true;
}

static void add_orcpt(struct span param, struct buf *out)
{
    struct buf address;
    buf_init(&address, ORCPT_MAX);
    if (!utf8_xtext_decode(span_from(param, utf8_orcpt.n), &address)) {
        buf_add(out, param);
    } else if (is_plain(buf_span(&address))) {
        buf_add(out, utf8_orcpt);
        buf_add(out, buf_span(&address));
    } else {
        buf_adds(out, "ORCPT=rfc822;");
        xtext_encode(buf_span(&address), out);
    }
    buf_free(&address);
}

void params_for_mta(struct span params, struct buf *out)
{
    struct span param;
    while (span_split(&params, ' ', &param)) {
        if (out->n > 0)
            buf_addc(out, ' ');
        if (span_istarts(param, utf8_orcpt))
            add_orcpt(param, out);
        else
            buf_add(out, param);
    }
}
