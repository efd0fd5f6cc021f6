/* See onnx_export.h. Examples are found by trying: some texts are given to the schema in the fields of one feature at a
 * time, and those that it takes are told. So no feature type has to bring its own. */
#include "onnx_export.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "hash.h"
#include "mem.h"
#include "onnx_rows.h"
#include "resolve.h"
#include "text_print.h"

static const char *const texts[] = {
    "",    "0",   "1",   "-1",  "42",           "2.5", "a", "hello", "\xe4\xb8\xad\xe6\x96\x87",
    "a|b", "1|2", "1:2", "a:1", "a:0.5|b:2|a:1"
};
enum { N_TEXTS = sizeof texts / sizeof *texts, N_META = 4, NUMBER_BYTES = 32 };

typedef struct exporting {
    const rk_bundle_source *source;
    rk_text *fields; /* [n_fields] of an example; all others stay absent */
    rk_batch *batch;
    rk_buf *out;
} exporting;

static void put_string(rk_buf *out, const char *key, const char *value)
{
    rk_buf_printf(out, ", \"%s\": ", key);
    rk_buf_json_string(out, value, strlen(value));
}

static void put_example(exporting *e, size_t feature, const char *text, bool *first)
{
    const rk_feature *f = rk_schema_feature(e->source->schema, feature);

    for (int i = 0; i < f->n_fields; i++)
        e->fields[f->fields[i]] = (rk_text){ text, strlen(text) };
    rk_batch_reset(e->batch);
    rocket_status status = rk_schema_append(e->source->schema, e->batch, e->fields, NULL, NULL);
    e->out->failed |= status == ROCKET_FAILED; /* without memory; any other is a text that the feature refuses */
    if (status == ROCKET_OK) {
        rk_buf_puts(e->out, *first ? "{\"values\": [" : ", {\"values\": [");
        *first = false;
        for (int i = 0; i < f->n_fields; i++) {
            rk_buf_puts(e->out, i == 0 ? "" : ", ");
            rk_buf_json_string(e->out, text, strlen(text));
        }
        rk_buf_puts(e->out, "], ");
        rk_onnx_put_rows(e->out, f, &e->batch->columns[feature], 1);
        rk_buf_puts(e->out, "}");
    }
    for (int i = 0; i < f->n_fields; i++)
        e->fields[f->fields[i]] = (rk_text){ NULL, 0 };
}

static void put_fields(rk_buf *out, const rk_resolved *view, const rk_feature *feature)
{
    rk_buf_puts(out, ", \"fields\": [");
    for (int i = 0; i < feature->n_fields; i++) {
        const rk_field_spec *field = &view->fields[feature->fields[i]];

        rk_buf_puts(out, i == 0 ? "{\"name\": " : ", {\"name\": ");
        rk_buf_json_string(out, field->name, strlen(field->name));
        put_string(out, "type",
                   rk_enum_name(&rocket__dataset_config__field_type__descriptor, (int)field->config->input_type));
        put_string(out, "default", field->config->default_val != NULL ? field->config->default_val : "");
        rk_buf_puts(out, "}");
    }
    rk_buf_puts(out, "]");
}

static void put_kind(rk_buf *out, const rk_feature *feature, int64_t dim)
{
    bool list = rk_onnx_is_list(feature);

    if (feature->kind == RK_COLUMN_FLOATS) {
        rk_buf_printf(out, ", \"kind\": \"floats\", \"width\": %lld", (long long)feature->width);
        return;
    }
    rk_buf_printf(out, ", \"kind\": \"%s\", \"rows\": %lld, \"dim\": %lld", list ? "list" : "id",
                  (long long)feature->n_buckets, (long long)dim);
    if (list) {
        rk_buf_puts(out, ", \"weights\": ");
        rk_buf_json_string(out, feature->name, strlen(feature->name));
        out->size -= !rk_buf_failed(out);
        rk_buf_puts(out, RK_ONNX_WEIGHTS "\"");
        put_string(out, "combiner", feature->config->combiner);
    }
}

static void put_input(exporting *e, size_t i, int64_t dim)
{
    const rk_feature *feature = rk_schema_feature(e->source->schema, i);
    rk_buf config;
    bool first = true;

    rk_buf_puts(e->out, e->out->size == 1 ? "{\"input\": " : ",\n {\"input\": ");
    rk_buf_json_string(e->out, feature->name, strlen(feature->name));
    put_kind(e->out, feature, dim);
    rk_buf_init(&config, 0);
    rk_text_print(&config, &feature->config->base);
    if (!rk_buf_failed(&config))
        put_string(e->out, "feature", config.data != NULL ? config.data : "");
    e->out->failed |= rk_buf_failed(&config);
    rk_buf_clear(&config);
    put_fields(e->out, rk_config_view(e->source->config), feature);
    rk_buf_puts(e->out, ", \"examples\": [");
    for (int t = 0; t < N_TEXTS; t++)
        put_example(e, i, texts[t], &first);
    rk_buf_puts(e->out, "]}");
}

/* Width of the vectors that an input's ids are looked up in; 0: nobody looks them up. */
static int64_t dim_of(const rk_graph *graph, int input)
{
    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = rk_graph_node(graph, id);

        if (node->table >= 0 && node->inputs[0] == input)
            return rk_graph_table_at(graph, node->table)->dim;
    }
    return 0;
}

static rocket_status put_inputs(exporting *e, bool *lists, rocket_error *err)
{
    rk_buf_puts(e->out, "[");
    for (size_t i = 0; i < rk_schema_n_features(e->source->schema); i++) {
        const rk_feature *feature = rk_schema_feature(e->source->schema, i);
        int node = rk_graph_find_node(e->source->graph, feature->name);

        if (node < 0 || rk_graph_node(e->source->graph, node)->kind == RK_NODE_OP)
            continue;
        lists[node] = rk_onnx_is_list(feature);
        put_input(e, i, dim_of(e->source->graph, node));
    }
    rk_buf_puts(e->out, "]");
    RK_FAIL_IF(rk_buf_failed(e->out), FAILED, err, "out of memory");
    return ROCKET_OK;
}

static rocket_status config_hash(char out[NUMBER_BYTES], const rk_config *config, rocket_error *err)
{
    rk_buf text;

    rk_buf_init(&text, 0);
    rk_config_print(config, &text);
    bool failed = rk_buf_failed(&text);
    if (!failed)
        snprintf(out, NUMBER_BYTES, "%016llx", (unsigned long long)rk_xxh64(text.data, text.size));
    rk_buf_clear(&text);
    RK_FAIL_IF(failed, FAILED, err, "out of memory");
    return ROCKET_OK;
}

static rocket_status write_model(exporting *e, const char *path, bool *lists, rocket_error *err)
{
    char step[NUMBER_BYTES], hash[NUMBER_BYTES];

    RK_TRY(put_inputs(e, lists, err));
    RK_TRY(config_hash(hash, e->source->config, err));
    snprintf(step, sizeof step, "%llu", (unsigned long long)e->source->state.step);
    const char *const meta[N_META][2] = { { "rocket.version", ROCKET_VERSION },
                                          { "rocket.step", step },
                                          { "rocket.config_hash", hash },
                                          { "rocket.inputs", e->out->data } };
    rk_onnx_source model = {
        .graph = e->source->graph, .weights = e->source->weights, .lists = lists, .meta = meta, .n_meta = N_META
    };
    return rk_onnx_write(path, &model, err);
}

rocket_status rk_onnx_export(const char *path, const rk_bundle_source *source, rocket_error *err)
{
    rk_buf out;
    bool *lists = rk_alloc((size_t)rk_graph_n_nodes(source->graph), sizeof *lists);
    exporting e = { .source = source,
                    .fields = rk_alloc(rk_schema_n_fields(source->schema), sizeof *e.fields),
                    .batch = rk_batch_new(source->schema),
                    .out = &out };

    rk_buf_init(&out, 0);
    rocket_status status = lists == NULL || e.fields == NULL || e.batch == NULL
                               ? rk_fail(err, ROCKET_FAILED, "out of memory")
                               : write_model(&e, path, lists, err);
    rk_buf_clear(&out);
    rk_batch_free(e.batch);
    rk_free(e.fields);
    rk_free(lists);
    return status;
}
