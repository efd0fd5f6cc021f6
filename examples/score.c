/* Scores candidates for one user with a model file:
 *
 *     score model.safetensors user_id=u17,age=33 < candidates.csv
 *
 * candidates.csv has a header of field names; a field that it does not have counts as empty. One score per line comes
 * out. The lines are cut at commas, nothing more: it is the calls of librocket that this file shows.
 *
 *     cc score.c $(pkg-config --cflags --libs rocket) -o score
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rocket/score.h>

enum { MAX_FIELDS = 256, MAX_CANDIDATES = 1000, MAX_LINE = 4096 };

static rocket_error err;

static void check(rocket_status status)
{
    if (status != ROCKET_OK) {
        fprintf(stderr, "score: %s\n", err.text);
        exit(status);
    }
}

/* Cuts text in place; the number of pieces. */
static size_t cut(char *text, const char *separator, char **pieces)
{
    size_t n = 0;

    for (char *rest = text, *piece; n < MAX_FIELDS && (piece = strsep(&rest, separator)) != NULL;)
        pieces[n++] = piece;
    return n;
}

/* "name=value,..." to values of the fields that the model wants of the user. Names are cut off in place. */
static size_t cut_user(char *text, char **names, char **values)
{
    size_t n = *text ? cut(text, ",", names) : 0;

    for (size_t i = 0; i < n; i++) {
        char *equals = strchr(names[i], '=');

        values[i] = equals ? equals + 1 : names[i] + strlen(names[i]);
        if (equals)
            *equals = '\0';
    }
    return n;
}

static bool put(rocket_text *row, const rocket_model *model, rocket_part part, const char *name, const char *value)
{
    ptrdiff_t i = rocket_model_find_field(model, part, name);

    if (i >= 0)
        row[i] = (rocket_text){ value, strlen(value) };
    return i >= 0;
}

/* Candidates of standard input, row by row in the model's order; their number. */
static size_t read_candidates(rocket_text *texts, const rocket_model *model)
{
    static char header[MAX_LINE], lines[MAX_CANDIDATES][MAX_LINE];
    char *names[MAX_FIELDS], *values[MAX_FIELDS];
    size_t n = 0, known = 0, n_fields = rocket_model_n_fields(model, ROCKET_CANDIDATE);
    size_t n_names = fgets(header, sizeof header, stdin) ? cut(header, ",\r\n", names) : 0;

    for (size_t i = 0; i < n_names; i++)
        known += put(texts, model, ROCKET_CANDIDATE, names[i], "");
    snprintf(err.text, sizeof err.text, "expected names of the model's fields in the first line, found none");
    check(known > 0 ? ROCKET_OK : ROCKET_DATA);
    for (; n < MAX_CANDIDATES && fgets(lines[n], MAX_LINE, stdin); n++) {
        size_t n_values = cut(lines[n], ",\r\n", values);
        for (size_t i = 0; i < n_values && i < n_names; i++)
            put(texts + n * n_fields, model, ROCKET_CANDIDATE, names[i], values[i]);
    }
    return n;
}

int main(int argc, char **argv)
{
    rocket_open_options options = ROCKET_OPEN_OPTIONS_INIT;
    rocket_scores scores = ROCKET_SCORES_INIT;
    rocket_model *model;
    rocket_session *session;
    char *names[MAX_FIELDS], *values[MAX_FIELDS];
    rocket_text user[MAX_FIELDS] = { { NULL, 0 } };

    if (argc != 3) {
        fprintf(stderr, "usage: score MODEL NAME=VALUE,... < candidates.csv\n");
        return ROCKET_USAGE;
    }
    options.n_user_fields = cut_user(argv[2], names, values);
    options.user_fields = (const char *const *)names;
    check(rocket_model_open(&model, argv[1], &options, &err));
    check(rocket_session_new(&session, model, NULL, &err));
    for (size_t i = 0; i < options.n_user_fields; i++)
        put(user, model, ROCKET_USER, names[i], values[i]);

    size_t C = rocket_model_n_classes(model), n_fields = rocket_model_n_fields(model, ROCKET_CANDIDATE);
    rocket_text *candidates = calloc(MAX_CANDIDATES * (n_fields + 1), sizeof *candidates);
    float *probs = calloc(MAX_CANDIDATES * C, sizeof *probs);
    if (!candidates || !probs)
        return ROCKET_FAILED;
    size_t n = read_candidates(candidates, model);
    scores.probs = probs;
    check(rocket_score_candidates(&scores, session, user, candidates, n, &err));
    for (size_t i = 0; i < n; i++)
        printf("%.9g\n", (double)probs[i * C + C - 1]);

    free(candidates);
    free(probs);
    rocket_session_free(session);
    rocket_model_close(model);
    return 0;
}
