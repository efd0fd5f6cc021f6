/* A config in the form of EasyRec's for the Taobao log (easyrec.md 5): the same 17 features in the group "all", each 16
 * wide, and Adam with a rate that halves. Sized for the log: hash tables have four times as many rows as the column has
 * values, and the rate halves twice. One pass over the rows, as is usual with click logs: ids are known by heart in the
 * second. The light net is a really light one, and only embeddings are shared.
 */
#include "generate_config.h"

#include <string.h>

enum { BATCH = 512, EPOCHS = 1, DIM = 16 };

static const char *const features[] = {
    "user_id",
    "cms_segid",
    "cms_group_id",
    "age_level",
    "pvalue_level",
    "shopping_level",
    "occupation",
    "new_user_class_level",
    "adgroup_id",
    "cate_id",
    "campaign_id",
    "customer",
    "brand",
    "pid",
    "tag_category_list",
    "tag_brand_list",
    "price",
};
enum { N_FEATURES = sizeof features / sizeof *features };

static void write_paths(rk_buf *out, const char *folder)
{
    static const char *const fields[][2] = { { "train_input_path", "train.csv" },
                                             { "eval_input_path", "test.csv" },
                                             { "model_dir", "run" } };
    rk_buf path;

    rk_buf_init(&path, 0);
    for (int i = 0; i < 3; i++) {
        rk_buf_reset(&path);
        rk_buf_printf(&path, "%s/%s", folder, fields[i][1]);
        rk_buf_printf(out, "%s: ", fields[i][0]);
        rk_buf_json_string(out, path.data, path.size);
        rk_buf_puts(out, "\n");
    }
    rk_buf_clear(&path);
}

static void write_training(rk_buf *out, uint64_t n_rows)
{
    uint64_t steps = (n_rows + BATCH - 1) / BATCH, half = steps / 2 > 0 ? steps / 2 : 1;

    rk_buf_printf(out,
                  "\n"
                  "train_config {\n"
                  "  optimizer_config {\n"
                  "    adam_optimizer {\n"
                  "      learning_rate {\n"
                  "        exponential_decay_learning_rate {\n"
                  "          initial_learning_rate: 0.002\n"
                  "          decay_steps: %llu\n"
                  "          decay_factor: 0.5\n"
                  "          min_learning_rate: 0.00001\n"
                  "        }\n"
                  "      }\n"
                  "    }\n"
                  "    use_moving_average: false\n"
                  "  }\n"
                  "  log_step_count_steps: 100\n"
                  "  save_checkpoints_steps: %llu\n"
                  "  keep_checkpoint_max: 2\n"
                  "}\n"
                  "\n"
                  "eval_config {\n"
                  "  metrics_set { auc {} }\n"
                  "  metrics_set { gauc { uid_field: \"user_id\" } }\n"
                  "}\n",
                  (unsigned long long)half, (unsigned long long)steps);
}

static bool is_integer(const char *column)
{
    return !strcmp(column, "clk") || !strcmp(column, "buy") || !strcmp(column, "price");
}

static void write_data(rk_buf *out)
{
    rk_buf_printf(out,
                  "\n"
                  "data_config {\n"
                  "  input_type: CSVInput\n"
                  "  separator: \",\"\n"
                  "  batch_size: %d\n"
                  "  num_epochs: %d\n"
                  "  label_fields: \"clk\"\n",
                  BATCH, EPOCHS);
    for (const char *const *column = rk_simulator_columns; *column; column++)
        rk_buf_printf(out, "  input_fields { input_name: \"%s\" input_type: %s }\n", *column,
                      is_integer(*column) ? "INT32" : "STRING");
    rk_buf_puts(out, "}\n");
}

static void write_feature(rk_buf *out, const rk_simulator *simulator, const char *name)
{
    uint64_t n = rk_simulator_cardinality(simulator, name);
    bool tag = !strncmp(name, "tag_", 4);

    rk_buf_printf(out, "  features { input_names: \"%s\" feature_type: %s ", name, tag ? "TagFeature" : "IdFeature");
    if (tag)
        rk_buf_puts(out, "separator: \"|\" ");
    if (!strcmp(name, "price"))
        rk_buf_printf(out, "num_buckets: %llu ", (unsigned long long)n);
    else
        rk_buf_printf(out, "hash_bucket_size: %llu ", (unsigned long long)(4 * n < 10 ? 10 : 4 * n));
    rk_buf_printf(out, "embedding_dim: %d }\n", DIM);
}

void rk_generate_config(rk_buf *out, const rk_simulator *simulator, const char *folder, uint64_t n_rows)
{
    rk_buf_puts(out, "# A simulated click log (rocket generate) in the columns of Taobao's display-ad log.\n");
    write_paths(out, folder);
    write_training(out, n_rows);
    write_data(out);
    rk_buf_puts(out, "\nfeature_config {\n");
    for (int i = 0; i < N_FEATURES; i++)
        write_feature(out, simulator, features[i]);
    rk_buf_puts(out, "}\n\nmodel_config {\n  model_class: \"RocketLaunching\"\n  feature_groups {\n"
                     "    group_name: \"all\"\n");
    for (int i = 0; i < N_FEATURES; i++)
        rk_buf_printf(out, "    feature_names: \"%s\"\n", features[i]);
    rk_buf_puts(out, "    wide_deep: DEEP\n"
                     "  }\n"
                     "  rocket_launching {\n"
                     "    booster_dnn { hidden_units: [256, 128, 64] }\n"
                     "    light_dnn { hidden_units: [8] }\n"
                     "    l2_regularization: 1e-6\n"
                     "  }\n"
                     "  embedding_regularization: 5e-6\n"
                     "  num_class: 2\n"
                     "}\n");
}
