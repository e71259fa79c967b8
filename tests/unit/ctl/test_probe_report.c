#include "tests/support/unit.h"

#include "ctl/probe_report.h"

#define MS 1000

/* What an event says, if one was seen, and how long it took. */
struct sighting {
    const char *action; /* NULL: nothing was seen */
    const char *mode;
    int64_t ms;
};

static const struct {
    const char *what;
    bool taken;
    int code;
    struct sighting decision;
    bool back; /* it is to come back */
    struct sighting returned;
    struct probe_limits limits;
    enum probe_verdict verdict;
} cases[] = {
    { "kept", true, 250, { "here", NULL, 9 }, false, { 0 }, { 0 }, PROBE_OK },
    { "diverted", true, 250, { "divert", NULL, 9 }, false, { 0 }, { 0 }, PROBE_OK },
    { "both", true, 250, { "both", NULL, 9 }, false, { 0 }, { 0 }, PROBE_OK },
    { "held", true, 250, { "hold", NULL, 9 }, false, { 0 }, { 0 }, PROBE_STOPPED },
    { "put aside", true, 250, { "loop-mailbox", NULL, 9 }, false, { 0 }, { 0 }, PROBE_STOPPED },
    { "no action", true, 250, { "", NULL, 9 }, false, { 0 }, { 0 }, PROBE_STOPPED },
    { "held, observed", true, 250, { "hold", "observe", 9 }, false, { 0 }, { 0 }, PROBE_OK },
    { "another mode", true, 250, { "hold", "enforce", 9 }, false, { 0 }, { 0 }, PROBE_STOPPED },
    { "deferred", true, 250, { "defer", NULL, 9 }, false, { 0 }, { 0 }, PROBE_REFUSED },
    { "rejected", true, 250, { "reject", NULL, 9 }, false, { 0 }, { 0 }, PROBE_REFUSED },
    { "not seen", true, 250, { 0 }, false, { 0 }, { 0 }, PROBE_LOST },
    { "by a program", true, 0, { "here", NULL, 9 }, false, { 0 }, { 0 }, PROBE_OK },
    { "refused", false, 451, { "defer", NULL, 9 }, false, { 0 }, { 0 }, PROBE_REFUSED },
    { "refused by the MTA", false, 550, { 0 }, false, { 0 }, { 0 }, PROBE_REFUSED },
    { "refused, observed",
      false,
      550,
      { "here", "observe", 9 },
      false,
      { 0 },
      { 0 },
      PROBE_REFUSED },
    { "no MTA", false, 0, { 0 }, false, { 0 }, { 0 }, PROBE_FAILED },
    { "as long as may be", true, 250, { "here", NULL, 50 }, false, { 0 }, { 50, 50 }, PROBE_OK },
    { "slow", true, 250, { "here", NULL, 51 }, false, { 0 }, { 50, 60 }, PROBE_WARNING },
    { "slower", true, 250, { "here", NULL, 61 }, false, { 0 }, { 50, 60 }, PROBE_CRITICAL },
    { "critical alone", true, 250, { "here", NULL, 61 }, false, { 0 }, { 0, 60 }, PROBE_CRITICAL },
    { "held, slow", true, 250, { "hold", NULL, 99 }, false, { 0 }, { 50, 60 }, PROBE_STOPPED },
    { "back", true, 250, { "divert", NULL, 9 }, true, { "here", NULL, 19 }, { 0 }, PROBE_OK },
    { "not back", true, 250, { "divert", NULL, 9 }, true, { 0 }, { 0 }, PROBE_LOST },
    { "back, refused",
      true,
      250,
      { "divert", NULL, 9 },
      true,
      { "defer", NULL, 19 },
      { 0 },
      PROBE_REFUSED },
    { "back, held",
      true,
      250,
      { "divert", NULL, 9 },
      true,
      { "hold", NULL, 19 },
      { 0 },
      PROBE_STOPPED },
    { "back, slow",
      true,
      250,
      { "divert", NULL, 9 },
      true,
      { "here", NULL, 51 },
      { 50, 60 },
      PROBE_WARNING },
    { "back before it was seen to go",
      true,
      250,
      { 0 },
      true,
      { "here", NULL, 19 },
      { 0 },
      PROBE_LOST },
};

static void see(struct probe_sight *seen, const struct sighting *s)
{
    if (!s->action)
        return;
    seen->event = json_object();
    seen->after_us = s->ms * MS;
    if (s->action[0])
        ck_assert(json_object_set_new(seen->event, "action", json_string(s->action)) == 0);
    if (s->mode)
        ck_assert(json_object_set_new(seen->event, "mode", json_string(s->mode)) == 0);
}

static const enum status statuses[] = {
    [PROBE_OK] = STATUS_YES,     [PROBE_WARNING] = STATUS_YES, [PROBE_CRITICAL] = STATUS_NO,
    [PROBE_STOPPED] = STATUS_NO, [PROBE_REFUSED] = STATUS_NO,  [PROBE_LOST] = STATUS_NO,
    [PROBE_FAILED] = STATUS_NO,
};

START_TEST(test_verdict)
{
    const struct address rcpt = { 0 }, back = { 0 };
    struct probe p = { .rcpt = &rcpt,
                       .back = cases[_i].back ? &back : NULL,
                       .sent = { .taken = cases[_i].taken, .code = cases[_i].code } };
    see(&p.decision, &cases[_i].decision);
    see(&p.returned, &cases[_i].returned);
    enum probe_verdict got = probe_judge(&p, &cases[_i].limits);
    ck_assert_msg(got == cases[_i].verdict, "%s: %s, not %s", cases[_i].what,
                  probe_verdict_name(got), probe_verdict_name(cases[_i].verdict));
    ck_assert_int_eq(probe_verdict_status(got), statuses[got]);
    probe_free(&p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("probe_report");
    TCase *tcase = tcase_create("probe_report");
    tcase_add_loop_test(tcase, test_verdict, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
