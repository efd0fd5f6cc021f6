/* The log, read back through a pipe in the place of stderr, and through a pseudo terminal for the status line. */
#include "rk_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"

/* stderr goes to fd from here on; the old one is returned. */
static int redirect(int fd)
{
    int old = dup(STDERR_FILENO);

    dup2(fd, STDERR_FILENO);
    return old;
}

static void restore(int old)
{
    dup2(old, STDERR_FILENO);
    close(old);
}

static void levels_and_prefixes(void **state)
{
    int ends[2];
    char text[20000] = "";

    (void)state;
    assert_int_equal(pipe(ends), 0);
    int old = redirect(ends[1]);
    assert_int_equal(rk_log_get_level(), RK_LOG_INFO);
    assert_false(rk_log_is_terminal());
    assert_false(rk_log_colour());
    rk_log(RK_LOG_ERROR, "bad %d", 1);
    rk_log(RK_LOG_WARN, "odd");
    rk_log(RK_LOG_INFO, "two\nlines\x1b[31m");
    rk_log(RK_LOG_DEBUG, "hidden");
    rk_log_set_level(RK_LOG_DEBUG);
    rk_log(RK_LOG_DEBUG, "shown");
    rk_log_status("no status on a pipe");
    rk_log_set_level(RK_LOG_ERROR);
    rk_log(RK_LOG_WARN, "hidden");
    rk_log_set_level(RK_LOG_QUIET);
    rk_log(RK_LOG_ERROR, "hidden");
    rk_log_set_level(RK_LOG_INFO);
    rk_log(RK_LOG_INFO, "%05000d", 7);
    restore(old);
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    static const char expected[] =
        "rocket: error: bad 1\nrocket: warning: odd\nrocket: two lines [31m\nrocket: debug: shown\n";
    assert_true(n > (ssize_t)sizeof expected);
    assert_memory_equal(text, expected, sizeof expected - 1);
    const char *last = text + sizeof expected - 1;
    assert_memory_equal(last, "rocket: 0000", 12);
    assert_int_equal(strlen(last), 8 + 4095 + 1); /* cut, and still a line */
    assert_int_equal(text[n - 1], '\n');
}

static void the_status_line_stays_below(void **state)
{
    char text[4096] = "";
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios settings;

    (void)state;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        skip();
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    tcgetattr(slave, &settings);
    settings.c_oflag &= ~(tcflag_t)OPOST; /* newlines as they are written */
    tcsetattr(slave, TCSANOW, &settings);
    int old = redirect(slave);
    unsetenv("NO_COLOR");
    assert_true(rk_log_is_terminal());
    assert_true(rk_log_colour());
    setenv("NO_COLOR", "1", 1);
    assert_false(rk_log_colour());
    rk_log_status("10 %");
    rk_log(RK_LOG_INFO, "saved");
    rk_log_status(NULL);
    rk_log(RK_LOG_INFO, "done");
    restore(old);
    static const char expected[] = "\r\x1b[K10 %\r\x1b[Krocket: saved\n10 %\r\x1b[Krocket: done\n";
    size_t n = 0;
    while (n < sizeof expected - 1) { /* a terminal hands over in pieces */
        ssize_t got = read(master, text + n, sizeof text - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    assert_string_equal(text, expected);
    close(slave);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_and_prefixes),
        cmocka_unit_test(the_status_line_stays_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
