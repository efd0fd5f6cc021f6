/* Every recipe, hint, form of sharing and arm against an independent computation: two training steps each.
 *
 * fixtures/recipes (make_recipes.py) holds the data, a config, the cases as overrides of it, and what NumPy computed in
 * float64: losses, every gradient, the weights and moving statistics after two steps, scores in training and inference.
 */
#include "file.h"
#include "golden.h"

enum { N_STEPS = 2, MAX_OVERRIDES = 16 };

static const char folder[] = ROCKET_SOURCE_DIR "/tests/golden/fixtures/recipes";
static const golden_tolerance close_enough = { 2e-6, 1e-5 };

static golden_tolerance rule(const char *group, const char *variable, int steps)
{
    (void)group, (void)variable, (void)steps;
    return close_enough;
}

/* One line of cases.tsv, taken apart in place. */
typedef struct recipe_case {
    char *name;
    const char *overrides[MAX_OVERRIDES];
    size_t n;
} recipe_case;

static recipe_case split(char *line)
{
    recipe_case c = { .name = line };

    for (char *tab = strchr(line, '\t'); tab != NULL; tab = strchr(tab, '\t')) {
        *tab++ = '\0';
        assert_true(c.n < MAX_OVERRIDES - 1);
        c.overrides[c.n++] = tab;
    }
    return c;
}

static void compare_nets(golden *g, const char *group, int64_t n_rows, bool probs)
{
    const rk_model *model = g->run->model;
    char name[64];

    for (int net = 0; net < RK_N_NETS; net++) {
        if (model->logits[net] < 0)
            continue;
        snprintf(name, sizeof name, "logits_%s", rk_net_names[net]);
        golden_compare(g, group, name, golden_node(g, model->logits[net], n_rows), close_enough);
        snprintf(name, sizeof name, "probs_%s", rk_net_names[net]);
        if (probs)
            golden_compare(g, group, name, golden_node(g, model->probs[net], n_rows), close_enough);
    }
}

static void compare_step(golden *g, const rk_batch *batch, int step)
{
    rocket_error err = { 0 };

    golden_forward(g, batch, step);
    golden_compare_losses(g, "losses", step, true, close_enough);
    if (step == 0) {
        compare_nets(g, "step1", batch->n_rows, true);
        golden_compare_gradients(g, "step1_grad", 1, rule);
    }
    golden_ok(rk_updater_step(g->run->updater, g->run->exec, (uint64_t)step, NULL, &err), &err);
}

static void compare_inference(golden *g)
{
    rk_batch *batch;
    rocket_error err = { 0 };

    golden_open_stream(g, true);
    golden_ok(rk_stream_next(g->stream, &batch, &err), &err);
    golden_ok(rk_run_feed(g->run, batch, &err), &err);
    golden_ok(rk_exec_forward(g->run->exec, batch->n_rows, false, 0, &err), &err);
    compare_nets(g, "inference", batch->n_rows, false);
    rk_stream_give_back(g->stream, batch);
}

static void run_case(const recipe_case *c, const char *prefix)
{
    static const int64_t rows[N_STEPS] = { 24, 17 };
    rocket_error err = { 0 };
    golden g;

    golden_open(&g, folder, prefix, c->overrides, c->n);
    golden_load_weights(&g, "step0");
    golden_open_stream(&g, true);
    for (int step = 0; step < N_STEPS; step++) {
        rk_batch *batch;
        golden_ok(rk_stream_next(g.stream, &batch, &err), &err);
        assert_int_equal(batch->n_rows, rows[step]);
        compare_step(&g, batch, step);
        rk_stream_give_back(g.stream, batch);
    }
    golden_compare_weights(&g, "final", N_STEPS, rule);
    compare_inference(&g);
    golden_close(&g);
}

/* The teacher of a case: a checkpoint of a booster with the weights that the figures say. */
static void write_teacher(const recipe_case *c, const char *prefix, const char *path)
{
    const char *overrides[MAX_OVERRIDES];
    rocket_error err = { 0 };
    golden g;

    memcpy(overrides, c->overrides, sizeof overrides);
    overrides[c->n] = "model_config.rocket_launching.arm=BOOSTER_ALONE";
    golden_open(&g, folder, prefix, overrides, c->n + 1);
    rk_bundle_source source = { .config = g.config,
                                .schema = g.run->schema,
                                .graph = g.run->model->graph,
                                .weights = g.run->weights,
                                .updater = g.run->updater,
                                .state = { .batch_size = 24 } };
    golden_load_weights(&g, "teacher");
    golden_ok(rk_bundle_write(path, &source, &err), &err);
    g.n_compared = 1; /* nothing is to be compared here */
    golden_close(&g);
}

static bool is_taught(const recipe_case *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (strstr(c->overrides[i], "KD_FROM_BOOSTER") != NULL)
            return true;
    return false;
}

static void case_is_numpys(void **state)
{
    char *copy = strdup(*state), prefix[64], path[128], teacher[256];
    recipe_case c = split(copy);
    test_folder scratch = make_test_folder();

    snprintf(prefix, sizeof prefix, "%s/", c.name);
    snprintf(path, sizeof path, "%s/teacher.safetensors", scratch.path);
    snprintf(teacher, sizeof teacher, "model_config.rocket_launching.teacher_checkpoint=%s", path);
    if (is_taught(&c)) {
        write_teacher(&c, prefix, path);
        c.overrides[c.n++] = teacher;
    }
    run_case(&c, prefix);
    remove_test_folder(scratch);
    free(copy);
}

/* A test per line of cases.tsv; entries of the array that stay empty are not run. */
int main(void)
{
    static struct CMUnitTest tests[100];
    static char names[100][64];
    rocket_error err = { 0 };
    rk_buf text;
    size_t n = 0;

    rk_buf_init(&text, 0);
    if (rk_file_read(&text, ROCKET_SOURCE_DIR "/tests/golden/fixtures/recipes/cases.tsv", &err) != ROCKET_OK) {
        print_error("%s\n", err.text);
        return 1;
    }
    for (char *line = text.data, *end; (end = strchr(line, '\n')) != NULL && n < 100; line = end + 1, n++) {
        *end = '\0';
        snprintf(names[n], sizeof names[n], "%.*s", (int)strcspn(line, "\t"), line);
        tests[n] = (struct CMUnitTest){ names[n], case_is_numpys, NULL, NULL, line };
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rk_buf_clear(&text);
    return n == 0 ? 1 : failed;
}
