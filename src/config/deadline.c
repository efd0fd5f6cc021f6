/* See deadline.h. mktime would take the 31st of February for a day in March, so the result is compared. */
#include "deadline.h"

#include <string.h>

/* "dddddddd dd:dd:dd" */
static bool has_form(const char *text)
{
    static const char form[] = "00000000 00:00:00";

    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

static int number(const char *digits, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++)
        value = 10 * value + (digits[i] - '0');
    return value;
}

bool rk_deadline_parse(time_t *out, const char *text)
{
    struct tm asked = { 0 }, given;

    if (!has_form(text))
        return false;
    asked.tm_year = number(text, 4) - 1900;
    asked.tm_mon = number(text + 4, 2) - 1;
    asked.tm_mday = number(text + 6, 2);
    asked.tm_hour = number(text + 9, 2);
    asked.tm_min = number(text + 12, 2);
    asked.tm_sec = number(text + 15, 2);
    asked.tm_isdst = -1;
    given = asked;
    time_t when = mktime(&given);
    if (when == (time_t)-1 || given.tm_mon != asked.tm_mon || given.tm_mday != asked.tm_mday ||
        given.tm_min != asked.tm_min || given.tm_sec != asked.tm_sec || asked.tm_hour > 23)
        return false;
    *out = when;
    return true;
}
