/* See pattern.h. */
#include "pattern.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "error.h"
#include "mem.h"

struct rk_pattern {
    regex_t regex;
};

/* The first part of the text that Python reads otherwise than POSIX; NULL: none. */
static const char *foreign_part(const char *text)
{
    bool in_brackets = false;

    for (const char *c = text; *c; c++) {
        if (*c == '\\') {
            if (in_brackets || (isalnum((unsigned char)c[1]) && !strchr("wWsSbB", c[1])))
                return c;
            c += c[1] != '\0';
        } else if (in_brackets) {
            in_brackets = *c != ']';
        } else if (c[0] == '(' && c[1] == '?') {
            return c;
        } else if (*c == '[') {
            in_brackets = true;
            c += c[1] == '^';
            c += c[1] == ']'; /* a member when it stands first */
        }
    }
    return NULL;
}

rocket_status rk_pattern_new(rk_pattern **out, const char *text, rocket_error *err)
{
    const char *foreign = foreign_part(text);
    rk_pattern *pattern;

    RK_FAIL_IF(foreign, CONFIG, err, "\"%s\": \"%.2s\" is not known in regular expressions here", text, foreign);
    pattern = rk_alloc(1, sizeof *pattern);
    RK_FAIL_IF(!pattern, FAILED, err, "out of memory");
    int code = regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        char why[128];

        regerror(code, &pattern->regex, why, sizeof why);
        rk_free(pattern);
        return rk_fail(err, code == REG_ESPACE ? ROCKET_FAILED : ROCKET_CONFIG,
                       "\"%s\" is not a regular expression: %s", text, why);
    }
    *out = pattern;
    return ROCKET_OK;
}

void rk_pattern_free(rk_pattern *pattern)
{
    if (!pattern)
        return;
    regfree(&pattern->regex);
    rk_free(pattern);
}

bool rk_pattern_matches(const rk_pattern *pattern, const char *text)
{
    return regexec(&pattern->regex, text, 0, NULL, 0) == 0;
}
