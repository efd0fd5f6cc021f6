/* A model file or checkpoint whose parts are any bytes: reading it, and scoring rows with what was read, must not
 * crash, leak or hang.
 *
 * Checksums and lengths would stop nearly every mutation, and the container has a target of its own (safetensors). So
 * the input is the parts, one 0 byte between them (kind, version, step, config, graph, vocabularies), and the container
 * is put together here, without checksums. Where the graph is sound, a tensor is made for each variable that it names:
 * what is behind the last check is reached too; of 8 bits, where the step ends in 8. The light net is cut out of the
 * graph and scores, the first inputs being the user's, as many as the step says; where the step begins with 0, the
 * whole graph is run. Config text has its own target as well: the config's first letter stands for one of those below,
 * so that no time goes into the faults of broken text.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "bundle.h"
#include "mem.h"
#include "net.h"

enum { N_PARTS = 6, MAX_VALUES = 1 << 14, MAX_FIELDS = 32, N_ROWS = 3 };

typedef struct part {
    const char *text;
    size_t n;
} part;

typedef struct image {
    rk_buf header;
    size_t n_values; /* of all tensors so far */
    size_t n_bytes;
    bool int8;      /* matrices are of 8 bits */
    bool bytes_now; /* tensors of bytes are added, else the others: those first, so that all begin where they must */
    size_t n_wide;  /* bytes of the others */
    size_t n_meta;
} image;

#define FIELDS                                                                                                         \
    "data_config { label_fields: 'y' input_type: CSVInput input_fields { input_name: 'y' input_type: INT32 }"          \
    "  input_fields { input_name: 'u' } input_fields { input_name: 't' }"                                              \
    "  input_fields { input_name: 'p' input_type: FLOAT } }"
#define FEATURES(id)                                                                                                   \
    "feature_config { features { input_names: 'u' feature_type: IdFeature " id " embedding_dim: 1 }"                   \
    "  features { input_names: 't' feature_type: TagFeature separator: '|' hash_bucket_size: 3 embedding_dim: 1 }"     \
    "  features { input_names: 'p' feature_type: RawFeature } }"
#define MODEL                                                                                                          \
    "model_config { model_class: 'RocketLaunching' rocket_launching { }"                                               \
    "  feature_groups { group_name: 'all' feature_names: ['u', 't', 'p'] wide_deep: DEEP } }"

enum { N_CONFIGS = 3 };
static const char *const configs[N_CONFIGS] = {
    FIELDS FEATURES("num_buckets: 4") MODEL,         /* c, whose number is 99 */
    FIELDS FEATURES("vocab_list: ['1', '3']") MODEL, /* a or d */
    FIELDS FEATURES("vocab_file: 'v'") MODEL,        /* b or e */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what libFuzzer counts as a finding. */
static void expect(bool right)
{
    if (!right)
        abort();
}

static size_t split(part out[N_PARTS], const char *text, size_t n)
{
    size_t found = 0;

    while (found < N_PARTS) {
        const char *end = found + 1 < N_PARTS ? memchr(text, '\0', n) : NULL;
        size_t length = end != NULL ? (size_t)(end - text) : n;
        out[found++] = (part){ text, length };
        if (end == NULL)
            break;
        text += length + 1;
        n -= length + 1;
    }
    return found;
}

/* Bytes over 0x7F become the characters of those numbers: the text of metadata is always UTF-8. */
static void add_string(rk_buf *out, part value)
{
    for (size_t i = 0, run = 0; i < value.n; i += run) {
        unsigned char c = (unsigned char)value.text[i];
        for (run = 0; i + run < value.n && value.text[i + run] >= ' ' && value.text[i + run] != '"' &&
                      value.text[i + run] != '\\';)
            run++;
        if (run > 0)
            rk_buf_append(out, value.text + i, run);
        else
            rk_buf_printf(out, "\\u%04x", c);
        run += run == 0;
    }
}

static void add_meta(image *i, const char *key, part value)
{
    rk_buf_printf(&i->header, "%s\"%s\":\"", i->n_meta++ > 0 ? "," : "", key);
    add_string(&i->header, value);
    rk_buf_puts(&i->header, "\"");
}

static void add_tensor(image *i, const char *name, const rk_shape *shape, rk_dtype type)
{
    size_t n = (size_t)rk_shape_size(shape), end = i->n_bytes + n * rk_dtype_bytes(type);

    if ((rk_dtype_bytes(type) == 1) != i->bytes_now)
        return;
    rk_buf_puts(&i->header, ",");
    rk_buf_json_string(&i->header, name, strlen(name));
    rk_buf_printf(&i->header, ":{\"dtype\":\"%s\",\"shape\":[", rk_dtype_name(type));
    for (int d = 0; d < shape->rank; d++)
        rk_buf_printf(&i->header, "%s%lld", d > 0 ? "," : "", (long long)shape->dims[d]);
    rk_buf_printf(&i->header, "],\"data_offsets\":[%zu,%zu]}", i->n_bytes, end);
    i->n_values += n;
    i->n_bytes = end;
}

static void add_beside(image *i, const char *name, const char *what, int64_t n, rk_dtype type)
{
    rk_shape shape = { .rank = 1, .dims = { n } };
    rk_buf text;

    rk_buf_init(&text, 0);
    rk_buf_printf(&text, "%s/%s", name, what);
    add_tensor(i, text.data, &shape, type);
    rk_buf_clear(&text);
}

/* Floats; or integers and what belongs to them. */
static void add_variable(image *i, const char *name, const rk_shape *shape, bool kernel)
{
    bool int8 = i->int8 && shape->rank == 2;

    add_tensor(i, name, shape, int8 ? RK_I8 : RK_F32);
    if (int8)
        add_beside(i, name, "scale", shape->dims[1], RK_F32);
    if (int8 && kernel) {
        add_beside(i, name, "x_scale", shape->dims[0], RK_F32);
        add_beside(i, name, "x_zero", shape->dims[0], RK_U8);
    }
}

static bool fits(const image *i, int64_t a, int64_t b)
{
    return a >= 0 && b >= 0 && a <= MAX_VALUES && b <= MAX_VALUES && (size_t)(a * b) <= MAX_VALUES - i->n_values;
}

static void add_variables(image *i, const rk_graph *graph)
{
    for (int k = 0; k < rk_graph_n_params(graph); k++)
        if (fits(i, rk_shape_size(&rk_graph_param_at(graph, k)->shape), 1))
            add_variable(i, rk_graph_param_at(graph, k)->name, &rk_graph_param_at(graph, k)->shape, true);
    for (int k = 0; k < rk_graph_n_tables(graph); k++) {
        const rk_table *table = rk_graph_table_at(graph, k);
        rk_shape shape = { .rank = 2, .dims = { table->n_rows, table->dim } };
        if (fits(i, table->n_rows, table->dim))
            add_variable(i, table->name, &shape, false);
    }
}

static part config_of(part given)
{
    const char *text = configs[given.n > 0 ? (unsigned char)*given.text % N_CONFIGS : 0];

    return (part){ text, strlen(text) };
}

static void add_tensors(image *i, part graph_text)
{
    rk_json *json;
    rk_graph *graph;

    if (rk_json_parse(&json, graph_text.text, graph_text.n, "graph", NULL) != ROCKET_OK)
        return;
    if (rk_graph_read_json(&graph, json, NULL) == ROCKET_OK) {
        add_variables(i, graph);
        i->n_wide = i->n_bytes;
        i->bytes_now = true;
        if (i->int8)
            add_variables(i, graph);
        rk_graph_free(graph);
    }
    rk_json_free(json);
}

static void build(rk_buf *out, const part *parts, size_t n_parts)
{
    static const char *const keys[N_PARTS] = { "rocket.kind",   "rocket.version", "rocket.step",
                                               "rocket.config", "rocket.graph",   "rocket.vocabularies" };
    image i = { .int8 = n_parts > 2 && parts[2].n > 0 && parts[2].text[parts[2].n - 1] == '8' };

    rk_buf_init(&i.header, 0);
    rk_buf_puts(&i.header, "{\"__metadata__\":{");
    for (size_t k = 0; k < n_parts; k++)
        add_meta(&i, keys[k], k == 3 ? config_of(parts[k]) : parts[k]);
    add_meta(&i, "rocket.seed", (part){ "1", 1 });
    add_meta(&i, "rocket.batch_size", (part){ "8", 1 });
    rk_buf_puts(&i.header, "}");
    if (n_parts > 4)
        add_tensors(&i, parts[4]);
    rk_buf_puts(&i.header, "}");
    while ((8 + i.header.size) % 64 != 0)
        rk_buf_puts(&i.header, " ");
    rk_buf_u64(out, i.header.size);
    rk_buf_append(out, i.header.data, i.header.size);
    for (size_t k = 0; !i.int8 && k < i.n_values; k++) {
        float value = (float)(k % 7) / 8 - 0.3F;
        rk_buf_append(out, &value, sizeof value);
    }
    for (size_t k = 0; i.int8 && k < i.n_bytes; k++) {
        char byte = k < i.n_wide ? '<' : (char)(k * 37); /* as a float 0.0115: a scale is above 0 */
        rk_buf_append(out, &byte, 1);
    }
    rk_buf_clear(&i.header);
}

static void add_rows(rk_batch *batch, const rk_schema *schema)
{
    static const char *const texts[N_ROWS] = { "", "3", "1|0|7" };
    rk_text fields[MAX_FIELDS];

    for (int row = 0; row < N_ROWS; row++) {
        for (size_t k = 0; k < rk_schema_n_fields(schema); k++)
            fields[k] = (rk_text){ texts[row], strlen(texts[row]) };
        if (rk_schema_append(schema, batch, fields, NULL, NULL) != ROCKET_OK)
            continue; /* no number: the batch is shorter */
    }
}

typedef struct answers {
    float *values[2]; /* [n_rows, widths[k]] of the net's outputs */
    int64_t widths[2];
} answers;

/* Bit by bit, but for NaNs, of which there are many. */
static void expect_same(const float *found, const float *expected, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        expect(memcmp(&found[i], &expected[i], sizeof *found) == 0 || (isnan(found[i]) && isnan(expected[i])));
}

/* What the executor of training makes of the rows; the same as the net for scoring did, if that is given. */
static void run_exec(const rk_bundle *bundle, const rk_binding *binding, const rk_batch *batch, const answers *scored)
{
    rk_exec_options options = { 0 };
    rk_exec *exec;

    if (rk_exec_new(&exec, bundle->graph, bundle->weights, &options, NULL) != ROCKET_OK)
        return;
    rk_binding_feed(binding, exec, batch);
    if (rk_exec_forward(exec, batch->n_rows, false, 0, NULL) == ROCKET_OK)
        for (int k = 0; k < rk_graph_n_outputs(bundle->graph); k++) {
            int64_t ld;
            expect(rk_exec_value(exec, rk_graph_output_at(bundle->graph, k)->node, &ld) != NULL);
        }
    for (int k = 0; scored != NULL && k < 2; k++) {
        int64_t ld;
        const float *values = rk_exec_value(exec, rk_graph_find_output(bundle->graph, rk_light_outputs[k]), &ld);
        for (int64_t r = 0; r < batch->n_rows; r++)
            expect_same(scored->values[k] + r * scored->widths[k], values + r * ld, scored->widths[k]);
    }
    rk_exec_free(exec);
}

static void run_net(const answers *out, const rk_net *net, const rk_bundle *bundle, rk_net_rows rows)
{
    rk_net_session *session;
    rk_net_output to[2];

    for (int k = 0; k < 2; k++)
        to[k] = (rk_net_output){ rk_graph_find_output(bundle->graph, rk_light_outputs[k]),
                                 { out->values[k], out->widths[k] } };
    if (rk_net_session_new(&session, net, NULL) != ROCKET_OK)
        return;
    rk_net_run(session, rows, to, 2);
    rk_net_session_free(session);
}

/* All rows at once, and the last one again by itself: its bits do not depend on the others. They are the training
 * graph's where batch is given. */
static void run_both(const rk_net *net, const rk_bundle *bundle, rk_net_rows rows, const rk_binding *binding,
                     const rk_batch *batch)
{
    answers all, last;
    int64_t n = rows.end;

    for (int k = 0; k < 2; k++) {
        int node = rk_graph_find_output(bundle->graph, rk_light_outputs[k]);
        all.widths[k] = last.widths[k] = rk_shape_size(&rk_graph_node(bundle->graph, node)->shape);
        all.values[k] = rk_alloc((size_t)(n * all.widths[k]), sizeof(float));
        last.values[k] = rk_alloc((size_t)(n * all.widths[k]), sizeof(float));
        expect(all.values[k] != NULL && last.values[k] != NULL);
    }
    run_net(&all, net, bundle, rows);
    rows.begin = n - 1;
    run_net(&last, net, bundle, rows);
    if (batch != NULL)
        run_exec(bundle, binding, batch, &all);
    for (int k = 0; k < 2; k++) {
        size_t bytes = (size_t)all.widths[k] * sizeof(float);
        expect(memcmp(all.values[k] + (n - 1) * all.widths[k], last.values[k] + (n - 1) * all.widths[k], bytes) == 0);
        rk_free(all.values[k]);
        rk_free(last.values[k]);
    }
}

static bool has_integers(const rk_weights *weights)
{
    bool found = false;

    for (int i = 0; i < rk_graph_n_params(weights->graph); i++)
        found |= weights->int8_kernels[i].scale != NULL;
    for (int i = 0; i < rk_graph_n_tables(weights->graph); i++)
        found |= weights->int8_tables[i].scale != NULL;
    return found;
}

/* What scoring makes of them, where the first n_user inputs are the user's: with look-ups folded, and without, when
 * floats have the training graph's bits unless a user's columns come first. */
static void run_light(const rk_bundle *bundle, const rk_binding *binding, const rk_batch *batch, size_t n_user)
{
    const rk_column **columns = rk_alloc((size_t)rk_graph_n_nodes(bundle->graph), sizeof *columns);
    rk_net_rows rows = { columns, 0, batch->n_rows, false };
    bool of_training = n_user == 0 && !has_integers(bundle->weights);

    expect(columns != NULL);
    for (size_t i = 0; i < binding->n; i++)
        columns[binding->node[i]] = &batch->columns[binding->column[i]];
    for (int unfolded = 0; unfolded < 2; unfolded++) {
        rk_net_options options = { .user = binding->node, .n_user = n_user, .unfolded = unfolded };
        rk_net *net;

        if (rk_net_new(&net, bundle->graph, bundle->weights, &options, NULL) != ROCKET_OK)
            continue;
        if (rk_net_check(net, rows, NULL) == ROCKET_OK)
            run_both(net, bundle, rows, binding, unfolded && of_training ? batch : NULL);
        rk_net_free(net);
    }
    rk_free(columns);
}

static void score(const rk_bundle *bundle, const rk_schema *schema, const rk_binding *binding, bool is_light)
{
    rk_batch *batch = rk_batch_new(schema);

    expect(batch != NULL);
    add_rows(batch, schema);
    if (batch->n_rows > 0 && is_light)
        run_light(bundle, binding, batch, bundle->state.step % (binding->n + 1));
    else if (batch->n_rows > 0)
        run_exec(bundle, binding, batch, NULL);
    rk_batch_free(batch);
}

/* More than this is a question of memory, not of safety. */
static bool is_small(const rk_graph *graph)
{
    int64_t width = 0;

    for (int k = 0; k < rk_graph_n_nodes(graph) && width < (1 << 16); k++)
        width += rk_shape_size(&rk_graph_node(graph, k)->shape);
    return width < (1 << 16);
}

static void use(const rk_bundle *bundle, bool is_light)
{
    rk_schema_options options = { .given = &bundle->vocabularies };
    rk_schema *schema;
    rk_binding binding;

    if (rk_schema_new(&schema, bundle->config, &options, NULL) != ROCKET_OK)
        return;
    if (rk_schema_n_fields(schema) <= MAX_FIELDS && is_small(bundle->graph) &&
        rk_binding_new(&binding, bundle->graph, schema, NULL) == ROCKET_OK) {
        score(bundle, schema, &binding, is_light);
        rk_binding_clear(&binding);
    }
    rk_schema_free(schema);
}

static void read_file(const rk_tensor_file *file, const char *const *outputs, size_t n_outputs)
{
    rk_bundle *bundle = NULL;
    rocket_error err = { 0 };
    rocket_status status = n_outputs > 0 ? rk_bundle_read_packed(&bundle, file, "fuzz", outputs, n_outputs, &err)
                                         : rk_bundle_read(&bundle, file, "fuzz", outputs, n_outputs, &err);

    expect((bundle != NULL) == (status == ROCKET_OK));
    expect(status == ROCKET_OK || (err.status == status && err.text[0] != '\0'));
    expect(status == ROCKET_OK || status == ROCKET_CORRUPT || (status == ROCKET_CONFIG && n_outputs > 0));
    if (bundle != NULL)
        use(bundle, n_outputs > 0);
    rk_bundle_close(bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t before = rk_alloc_live_bytes();
    part parts[N_PARTS];
    size_t n_parts = split(parts, (const char *)data, size);
    rk_tensor_file *file;
    rk_buf buf;

    rk_buf_init(&buf, 0);
    build(&buf, parts, n_parts);
    rk_tensor_bytes bytes = { .name = "fuzz", .data = buf.data, .size = buf.size };
    if (rk_tensor_file_parse(&file, &bytes, false, NULL) == ROCKET_OK) {
        bool whole = n_parts > 2 && parts[2].n > 0 && *parts[2].text == '0';
        read_file(file, rk_light_outputs, whole ? 0 : RK_N_LIGHT_OUTPUTS);
        rk_tensor_file_close(file);
    }
    rk_buf_clear(&buf);
    expect(rk_alloc_live_bytes() == before);
    return 0;
}
