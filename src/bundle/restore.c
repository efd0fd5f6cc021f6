/* See restore.h. */
#include "restore.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "file.h"
#include "log.h"
#include "mem.h"
#include "tensors.h"

typedef struct pair {
    const char *now, *old;
    size_t line;
} pair;

struct rk_name_map {
    rk_arena arena;
    const char *path;
    pair *pairs;
    size_t n;
};

/* ---- the name map ---- */

/* Two words of a line, cut in place; false: not two. */
static bool cut_line(pair *out, char *line)
{
    static const char blanks[] = " \t\r";
    char *now = line + strspn(line, blanks), *gap = now + strcspn(now, blanks);
    char *old = gap + strspn(gap, blanks), *end = old + strcspn(old, blanks);

    out->now = now;
    out->old = old;
    bool two = gap > now && end > old && end[strspn(end, blanks)] == '\0';
    *end = *gap = '\0';
    return two;
}

static rocket_status cut_lines(rk_name_map *map, char *text, rocket_error *err)
{
    size_t n_lines = 1, number = 1;

    for (const char *c = text; *c; c++)
        n_lines += *c == '\n';
    map->pairs = rk_arena_alloc(&map->arena, n_lines, sizeof *map->pairs);
    RK_FAIL_IF(map->pairs == NULL, FAILED, err, "out of memory");
    for (char *line = text, *next; line != NULL; line = next, number++) {
        pair *p = &map->pairs[map->n];

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        RK_FAIL_IF(!cut_line(p, line), CONFIG, err, "%s:%zu: expected two names, the variable's and its name there",
                   map->path, number);
        p->line = number;
        map->n++;
    }
    return ROCKET_OK;
}

static rocket_status parse(rk_name_map *map, const char *name, const char *text, size_t n, rocket_error *err)
{
    rk_arena_init(&map->arena, 0);
    map->path = rk_arena_strdup(&map->arena, name);
    char *copy = rk_arena_strndup(&map->arena, n > 0 ? text : "", n);
    RK_FAIL_IF(rk_arena_failed(&map->arena), FAILED, err, "out of memory");
    RK_FAIL_IF(strlen(copy) != n, CONFIG, err, "%s: expected text, found a byte 0", name);
    return cut_lines(map, copy, err);
}

rocket_status rk_name_map_parse(rk_name_map **out, const char *name, const char *text, size_t n, rocket_error *err)
{
    rk_name_map *map = rk_alloc(1, sizeof *map);

    RK_FAIL_IF(map == NULL, FAILED, err, "out of memory");
    rocket_status status = parse(map, name, text, n, err);
    if (status != ROCKET_OK) {
        rk_name_map_free(map);
        return status;
    }
    *out = map;
    return ROCKET_OK;
}

rocket_status rk_name_map_read(rk_name_map **out, const char *path, rocket_error *err)
{
    rk_buf text;

    rk_buf_init(&text, 1 << 24);
    rocket_status status = rk_file_read_text(&text, path, err);
    if (status == ROCKET_OK)
        status = rk_name_map_parse(out, path, text.data, text.size, err);
    rk_buf_clear(&text);
    return status;
}

void rk_name_map_free(rk_name_map *map)
{
    if (map == NULL)
        return;
    rk_arena_clear(&map->arena);
    rk_free(map);
}

const char *rk_name_map_old(const rk_name_map *map, const char *now)
{
    for (size_t i = 0; map != NULL && i < map->n; i++)
        if (strcmp(map->pairs[i].now, now) == 0)
            return map->pairs[i].old;
    return now;
}

static rocket_status check_map(const rk_name_map *map, const rk_graph *graph, const rk_tensor_file *file,
                               rocket_error *err)
{
    for (size_t i = 0; map != NULL && i < map->n; i++) {
        const pair *p = &map->pairs[i];

        RK_FAIL_IF(rk_graph_find_param(graph, p->now) < 0 && rk_graph_find_table(graph, p->now) < 0, CONFIG, err,
                   "%s:%zu: the model has no variable \"%s\"", map->path, p->line, p->now);
        RK_FAIL_IF(rk_tensor_file_find(file, p->old) == NULL, CONFIG, err, "%s:%zu: there is no variable \"%s\" there",
                   map->path, p->line, p->old);
    }
    return ROCKET_OK;
}

/* ---- restoring ---- */

typedef struct restoring {
    const rk_tensor_file *file;
    const rk_restore *options;
    int n_restored;
} restoring;

static bool is_filtered(const restoring *r, const char *name)
{
    size_t i = 0;

    while (i < r->options->n_filters && !strstr(name, r->options->filters[i]))
        i++;
    return i < r->options->n_filters;
}

/* The shape as a matrix: rows of the first dimension. */
typedef struct extent {
    int64_t rows, columns;
} extent;

static extent extent_of(const int64_t *dims, int rank)
{
    extent e = { rank > 0 ? dims[0] : 1, 1 };

    for (int i = 1; i < rank; i++)
        e.columns *= dims[i];
    return e;
}

static bool same_dims(const rk_tensor_info *from, const rk_shape *to)
{
    bool same = from->rank == to->rank;

    for (int i = 0; same && i < to->rank; i++)
        same = from->dims[i] == to->dims[i];
    return same;
}

/* Only vectors and matrices can be fitted: of more dimensions, nobody knows which part belongs where. */
static bool can_fit(const rk_tensor_info *from, const rk_shape *to)
{
    return from->rank == to->rank && to->rank <= 2;
}

static void copy_part(float *to, extent size, const rk_tensor_info *from)
{
    extent have = extent_of(from->dims, from->rank);
    int64_t rows = have.rows < size.rows ? have.rows : size.rows;
    int64_t columns = have.columns < size.columns ? have.columns : size.columns;
    const char *bytes = from->data; /* of a foreign file: not aligned, maybe */

    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * size.columns, bytes + (size_t)(i * have.columns) * sizeof *to, (size_t)columns * sizeof *to);
}

static void restore(restoring *r, float *to, const char *name, const rk_shape *shape)
{
    const char *old = rk_name_map_old(r->options->names, name);
    const rk_tensor_info *from = rk_tensor_file_find(r->file, old);

    if (is_filtered(r, name))
        return;
    if (!from || from->type != RK_F32 ||
        (!same_dims(from, shape) && !(r->options->fit_shapes && can_fit(from, shape)))) {
        rk_log(RK_LOG_WARN, "fine_tune_checkpoint has no \"%s\"%s: it starts as it was drawn", old,
               from ? " in floats of this shape" : "");
        return;
    }
    if (from->bytes > 0)
        copy_part(to, extent_of(shape->dims, shape->rank), from);
    r->n_restored++;
}

static rocket_status restore_all(restoring *r, rk_weights *weights, rocket_error *err)
{
    const rk_graph *graph = weights->graph;

    RK_TRY(check_map(r->options->names, graph, r->file, err));
    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        restore(r, weights->dense + param->offset, param->name, &param->shape);
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        rk_shape shape = { .rank = 2, .dims = { table->n_rows, table->dim } };
        restore(r, weights->tables[i], table->name, &shape);
    }
    RK_FAIL_IF(r->n_restored == 0, CONFIG, err, "it holds no variable of this model that may be restored");
    return ROCKET_OK;
}

/* What rocket wrote is verified; what others did (arrays out of another framework) has nothing to verify it by. */
static rocket_status open_any(rk_tensor_file **out, const char *path, rocket_error *err)
{
    rk_tensor_file *file;

    RK_TRY(rk_tensor_file_open(&file, path, false, err));
    if (!rk_tensor_file_has_sums(file)) {
        *out = file;
        return ROCKET_OK;
    }
    rk_tensor_file_close(file);
    return rk_tensor_file_open(out, path, true, err);
}

rocket_status rk_restore_weights(rk_weights *weights, const char *path, const rk_restore *options, rocket_error *err)
{
    restoring r = { .options = options };
    rk_tensor_file *file;

    RK_TRY(open_any(&file, path, err));
    r.file = file;
    rocket_status status = restore_all(&r, weights, err);
    if (status != ROCKET_OK)
        rk_error_prefix(err, "%s", path);
    rk_tensor_file_close(file);
    return status;
}
