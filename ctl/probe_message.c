#include "ctl/probe_message.h"

#include <time.h>

#include "sys/clock.h"
#include "sys/random.h"

#define ID_LEN 20
#define ID_MAX 512
#define MESSAGE_MAX 16384
#define DATE_MAX 48

/* RFC 5322 section 3.3. */
static bool add_date(struct buf *b)
{
    char text[DATE_MAX];
    struct tm tm;
    time_t now = (time_t)clock_utc();
    if (!gmtime_r(&now, &tm) ||
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm) == 0)
        return false;
    buf_addf(b, "Date: %s\r\n", text);
    return true;
}

static void add_header(const struct probe *p, const char *id, struct buf *b)
{
    if (p->sender[0])
        buf_addf(b, "From: <%s>\r\n", p->sender);
    else
        buf_addf(b, "From: <postmaster@%s>\r\n", p->config->name);
    buf_addf(b, "To: <%s>\r\nSubject: Mail probe %s\r\n", p->rcpt->text, id);
    buf_addf(b, "Message-ID: %s\r\nCoexist-Probe: %s\r\n", buf_text(&p->message_id), id);
    buf_adds(b, "Precedence: bulk\r\nX-Auto-Response-Suppress: All\r\n"
                "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n");
}

bool probe_message_make(struct probe *p)
{
    char id[ID_LEN + 1];
    buf_init(&p->message_id, ID_MAX);
    buf_init(&p->message, MESSAGE_MAX);
    if (!random_name(id, ID_LEN))
        return false;
    buf_addf(&p->message_id, "<coexist-probe.%s@%s>", id, p->config->name);
    if (!add_date(&p->message))
        return false;
    add_header(p, id, &p->message);
    buf_addf(&p->message,
             "%s sent this message to see which way mail takes.\r\n"
             "Nobody needs to answer it, and it may be deleted.\r\n",
             p->config->name);
    return buf_ok(&p->message_id) && buf_ok(&p->message);
}
