/* Starts python_check.sh beside this file, which finds or makes the environment; exit code 77 is a skipped test. */
#include "python_check.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "rk_test.h"

enum { EXIT_SKIPPED = 77 };

extern char **environ;

void rk_python_check(const char *packages, const char *script, const char *first, const char *second)
{
    char shell[1024], python[1024];
    pid_t child = 0;
    int status = -1;

    snprintf(shell, sizeof shell, "%s/tests/support/python_check.sh", ROCKET_SOURCE_DIR);
    snprintf(python, sizeof python, "%s/tests/golden/%s", ROCKET_SOURCE_DIR, script);
    char *argv[] = { (char *)"bash", shell, (char *)packages, python, (char *)first, (char *)second, NULL };
    fflush(stdout);
    if (posix_spawnp(&child, "bash", NULL, NULL, argv, environ) != 0 || waitpid(child, &status, 0) != child)
        fail_msg("bash cannot be run");
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
        skip();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s failed", script);
}
