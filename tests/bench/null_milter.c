/*
 * The least that a filter can be: it negotiates what coexist-milter negotiates and inserts one
 * header at end of message. What it costs is the cost of libmilter, which no filter can save.
 */

#include <argp.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 512
#define DESCRIPTORS 64
#define MS_NS 1000000

static struct {
    char *listen;
    bool tcp;
    unsigned slow_ms; /* how long a recipient slow... takes */
} settings;

static const unsigned long wanted_actions =
    SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_QUARANTINE;

static const unsigned long wanted_steps = SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA |
                                          SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NR_CONN |
                                          SMFIP_NR_MAIL | SMFIP_NR_HDR;

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                             unsigned long f2, unsigned long f3, unsigned long *my_actions,
                             unsigned long *my_steps, unsigned long *my_f2, unsigned long *my_f3)
{
    (void)f2;
    (void)f3;
    unsigned long mine = settings.tcp ? wanted_steps & ~SMFIP_NODATA : wanted_steps;
    if ((actions & wanted_actions) != wanted_actions || (steps & mine) != mine)
        return SMFIS_REJECT;
    *my_actions = wanted_actions | SMFIF_SETSYMLIST;
    *my_steps = mine;
    *my_f2 = 0;
    *my_f3 = 0;
    smfi_setsymlist(ctx, SMFIM_ENVFROM, (char[]){ "{auth_authen} {cert_subject}" });
    smfi_setsymlist(ctx, SMFIM_ENVRCPT, (char[]){ "i" });
    smfi_setsymlist(ctx, SMFIM_EOM, (char[]){ "i" });
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    (void)ctx;
    (void)host;
    (void)address;
    return SMFIS_NOREPLY;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return SMFIS_NOREPLY;
}

static sfsistat on_recipient(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    if (settings.slow_ms > 0 && strncmp(argv[0], "<slow", 5) == 0) {
        struct timespec t = { settings.slow_ms / 1000, settings.slow_ms % 1000 * MS_NS };
        nanosleep(&t, NULL);
    }
    return SMFIS_CONTINUE;
}

static sfsistat on_data(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    (void)name;
    (void)value;
    return SMFIS_NOREPLY;
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    char value[] =
        "v=1; i=1; id=8f3k2j1x9qm; n=null.example; s=secondary; o=external; t=1732212345";
    if (smfi_insheader(ctx, 0, (char[]){ "X-Null" }, value) != MI_SUCCESS)
        return SMFIS_TEMPFAIL;
    return SMFIS_CONTINUE;
}

/* Accepted sockets inherit it. */
static void set_nodelay(void)
{
    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        int listens = 0, on = 1;
        socklen_t n = sizeof(listens);
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
}

static error_t take(int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case 'l':
        settings.listen = argument;
        settings.tcp = strncmp(argument, "inet", 4) == 0;
        return 0;
    case 's':
        settings.slow_ms = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    case ARGP_KEY_END:
        if (!settings.listen)
            argp_error(state, "--listen is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool serve(void)
{
    static char name[] = "null-milter";
    struct smfiDesc description = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = wanted_actions | SMFIF_SETSYMLIST,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_eom = on_end_of_message,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn(settings.listen) != MI_SUCCESS ||
        smfi_setbacklog(BACKLOG) != MI_SUCCESS || smfi_opensocket(true) != MI_SUCCESS)
        return false;
    if (settings.tcp)
        set_nodelay();
    return smfi_main() == MI_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct argp_option known[] = {
        { "listen", 'l', "SOCKET", 0, "unix:PATH or inet:PORT@HOST", 0 },
        { "slow-ms", 's', "MS", 0, "Let recipients slow... wait so long (0)", 0 },
        { 0 },
    };
    static const struct argp parser = { .options = known, .parser = take };
    argp_parse(&parser, argc, argv, 0, NULL, NULL);
    return serve() ? EX_OK : EX_UNAVAILABLE;
}
