/* What follows from a config: names expanded, references looked up, recipes spelled out.
 *
 * Upstream's rules (easyrec.md 2.1, 3.1): feature_configs wins over feature_config.features; a feature with
 * shared_names is cloned for each of them, the clones standing after all others; name[1-3] stands for name1 ... name3
 * in group lists always, in input_fields and shared_names with data_config.auto_expand_input_fields. Everything is made
 * when the config is loaded and borrowed from it. Nothing here judges: references that lead nowhere are RK_NONE, and
 * check.h reports them.
 */
#ifndef RK_RESOLVE_H
#define RK_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum { RK_MAX_EXPANSION = 100000 }; /* names that one pattern may stand for, and fields and features in all */

#define RK_NONE SIZE_MAX /* an index that leads nowhere */

typedef struct rk_field_spec {
    const char *name; /* expanded input_name */
    const Rocket__DatasetConfig__Field *config;
    bool effective; /* read by a feature, the sample weight or a metric: an input of the exported model */
    bool label;     /* one of label_fields */
} rk_field_spec;

typedef struct rk_feature_spec {
    const char *key;                     /* feature_name, else input_names[0], else "" */
    const Rocket__FeatureConfig *config; /* a clone of its own where it came from shared_names */
    const size_t *inputs;                /* [n_inputs] indices of fields, or RK_NONE */
    size_t n_inputs;
} rk_feature_spec;

typedef struct rk_group_name {
    const char *name; /* expanded */
    size_t feature;   /* index of features, or RK_NONE */
    size_t source;    /* index in the group's feature_names */
} rk_group_name;

struct rk_resolved {
    const Rocket__DatasetConfig *data;         /* the section, or one with defaults if the config has none */
    const Rocket__EasyRecModel *model;         /* the same */
    const Rocket__TrainConfig *train;          /* the same */
    const Rocket__EvalConfig *eval;            /* the same */
    const Rocket__ExportConfig *export_config; /* the same */
    const Rocket__RocketLaunching *launching;  /* NULL unless model_config has rocket_launching */
    const rk_field_spec *fields;               /* [n_fields] in column order */
    size_t n_fields;
    const rk_feature_spec *features; /* [n_features] originals in order, then clones */
    size_t n_features;
    const Rocket__FeatureGroupConfig *group; /* the group named "all", or NULL */
    const rk_group_name *group_names;        /* [n_group_names] its feature_names */
    size_t n_group_names;
    size_t label;  /* field of label_fields[0], or RK_NONE */
    size_t weight; /* field of sample_weight, or RK_NONE (also when there is none) */
};

/* Index by name, or RK_NONE. The first wins where there are several. */
size_t rk_field_find(const rk_resolved *view, const char *name);
size_t rk_feature_find(const rk_resolved *view, const char *key);

/* The field that a metric's uid_field or session_id_field means: the one of that name, or the only input of the feature
 * of that key (upstream knows features only). RK_NONE when it leads nowhere. */
size_t rk_field_of_metric(const rk_resolved *view, const char *name);

/* How many numbers a label is, and the bytes between them: label_dim and label_sep beside its name in label_fields. */
int64_t rk_label_dim(const rk_resolved *view, const char *name);
const char *rk_label_sep(const rk_resolved *view, const char *name);

bool rk_kd_has_task_space(const Rocket__KD *kd); /* both name and value of the indicator are given */

/* The launch as the recipe and the fields beside it say (paper.md 1.5, 1.9, 8).
 *
 *   recipe   hint       weight  reduction    light net trains   shared             weight of the
 *                                            the shared part                       cross-entropies
 *   EASYREC  LOGIT_MSE  1       MEAN         no                 all                1
 *   PAPER    LOGIT_MSE  0.03    SUM_CLASSES  yes                all                1
 *   XDL      LOGIT_MSE  0.3     MEAN         yes                nothing            1 / num_class
 *   SOFT     KD         1       SUM_CLASSES  yes                all                1
 *
 * The gradient block is on in all of them. Reduction matters to the squared differences only. */
typedef struct rk_launch {
    Rocket__RocketLaunching__Recipe recipe;
    Rocket__RocketLaunching__Arm arm;
    Rocket__RocketLaunching__Sharing sharing;
    bool gradient_block;      /* the hint is a constant to the booster */
    bool light_trains_shared; /* false: the light net's input is detached */
    uint32_t light_embedding_dim;
    float ce_weight;
    Rocket__Hint__Loss hint_loss;
    float hint_weight;
    float temperature;
    Rocket__Hint__Reduction reduction;
    bool scale_t2;
    const char *teacher_checkpoint; /* NULL when there is none */
} rk_launch;

rk_launch rk_launch_of(const Rocket__RocketLaunching *launching, uint32_t num_class); /* NULL: as an empty message */

/* Which nets are in the model. */
bool rk_arm_has_light(Rocket__RocketLaunching__Arm arm);
bool rk_arm_has_booster(Rocket__RocketLaunching__Arm arm);

#endif
