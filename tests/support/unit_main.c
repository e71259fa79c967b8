#include <signal.h>

#include "tests/support/unit.h"

/* SIGPIPE is ignored as in the daemon: see state/redis_store.h. */
int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    SRunner *runner = srunner_create(unit_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
