/* Recipes: the table of resolve.h row by row, and that what is given by itself wins. */
#include "config_text.h"
#include "resolve.h"

static rk_launch launch_of(const char *text)
{
    rk_config *config = config_text_open(&(config_text){ .text = text });
    rk_launch launch = rk_launch_of(rk_config_view(config)->launching, rk_config_view(config)->model->num_class);

    launch.teacher_checkpoint = launch.teacher_checkpoint ? "given" : NULL; /* the config goes */
    rk_config_free(config);
    return launch;
}

static void an_unmodified_config_is_upstream(void **state)
{
    rk_launch a = launch_of("model_config { rocket_launching { } }"), b = launch_of("");

    (void)state;
    assert_int_equal(a.recipe, ROCKET__ROCKET_LAUNCHING__RECIPE__EASYREC);
    assert_int_equal(a.arm, ROCKET__ROCKET_LAUNCHING__ARM__ROCKET);
    assert_int_equal(a.sharing, ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_ALL);
    assert_true(a.gradient_block);
    assert_false(a.light_trains_shared);
    assert_int_equal(a.light_embedding_dim, 0);
    assert_float_equal(a.ce_weight, 1, 0);
    assert_int_equal(a.hint_loss, ROCKET__HINT__LOSS__LOGIT_MSE);
    assert_float_equal(a.hint_weight, 1, 0);
    assert_float_equal(a.temperature, 1, 0);
    assert_int_equal(a.reduction, ROCKET__HINT__REDUCTION__MEAN);
    assert_false(a.scale_t2);
    assert_null(a.teacher_checkpoint);
    assert_int_equal(b.recipe, a.recipe); /* without a rocket_launching block */
    assert_true(b.gradient_block && !b.light_trains_shared);
    assert_float_equal(b.hint_weight, 1, 0);
}

static void paper_xdl_soft(void **state)
{
    rk_launch paper = launch_of("model_config { num_class: 2 rocket_launching { recipe: PAPER } }");
    rk_launch xdl = launch_of("model_config { num_class: 2 rocket_launching { recipe: XDL } }");
    rk_launch xdl_1 = launch_of("model_config { rocket_launching { recipe: XDL } }");
    rk_launch soft = launch_of("model_config { rocket_launching { recipe: SOFT } }");

    (void)state;
    assert_int_equal(paper.hint_loss, ROCKET__HINT__LOSS__LOGIT_MSE);
    assert_float_equal(paper.hint_weight, 0.03F, 0);
    assert_int_equal(paper.reduction, ROCKET__HINT__REDUCTION__SUM_CLASSES);
    assert_true(paper.light_trains_shared && paper.gradient_block);
    assert_int_equal(paper.sharing, ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_ALL);
    assert_float_equal(paper.ce_weight, 1, 0);

    assert_int_equal(xdl.sharing, ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_NOTHING);
    assert_float_equal(xdl.hint_weight, 0.3F, 0);
    assert_int_equal(xdl.reduction, ROCKET__HINT__REDUCTION__MEAN);
    assert_float_equal(xdl.ce_weight, 0.5F, 0);
    assert_float_equal(xdl_1.ce_weight, 1, 0);
    assert_true(xdl.gradient_block);

    assert_int_equal(soft.hint_loss, ROCKET__HINT__LOSS__KD);
    assert_float_equal(soft.hint_weight, 1, 0);
    assert_true(soft.light_trains_shared && soft.gradient_block);
    assert_int_equal(soft.sharing, ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_ALL);
}

static void what_is_given_wins(void **state)
{
    rk_launch l = launch_of("model_config { num_class: 3 rocket_launching { recipe: XDL arm: KD_FROM_BOOSTER\n"
                            "  hint { loss: PROB_MSE weight: 0 temperature: 2 reduction: SUM_CLASSES scale_t2: true }\n"
                            "  gradient_block: false sharing: SHARE_EMBEDDINGS light_trains_shared: false\n"
                            "  light_embedding_dim: 3 teacher_checkpoint: 'x' ce_weight: 2 } }");

    (void)state;
    assert_int_equal(l.recipe, ROCKET__ROCKET_LAUNCHING__RECIPE__XDL);
    assert_int_equal(l.arm, ROCKET__ROCKET_LAUNCHING__ARM__KD_FROM_BOOSTER);
    assert_int_equal(l.hint_loss, ROCKET__HINT__LOSS__PROB_MSE);
    assert_float_equal(l.hint_weight, 0, 0);
    assert_float_equal(l.temperature, 2, 0);
    assert_int_equal(l.reduction, ROCKET__HINT__REDUCTION__SUM_CLASSES);
    assert_true(l.scale_t2);
    assert_false(l.gradient_block || l.light_trains_shared);
    assert_int_equal(l.sharing, ROCKET__ROCKET_LAUNCHING__SHARING__SHARE_EMBEDDINGS);
    assert_int_equal(l.light_embedding_dim, 3);
    assert_string_equal(l.teacher_checkpoint, "given");
    assert_float_equal(l.ce_weight, 2, 0);
}

static void a_part_of_the_hint_leaves_the_rest(void **state)
{
    rk_launch l = launch_of("model_config { rocket_launching { recipe: PAPER hint { weight: 0.5 } } }");

    (void)state;
    assert_float_equal(l.hint_weight, 0.5F, 0);
    assert_int_equal(l.reduction, ROCKET__HINT__REDUCTION__SUM_CLASSES);
    assert_int_equal(l.hint_loss, ROCKET__HINT__LOSS__LOGIT_MSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unmodified_config_is_upstream),
        cmocka_unit_test(paper_xdl_soft),
        cmocka_unit_test(what_is_given_wins),
        cmocka_unit_test(a_part_of_the_hint_leaves_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
