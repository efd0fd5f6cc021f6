/* Inside of a graph: for graph*.c only. */
#ifndef RK_GRAPH_INTERNAL_H
#define RK_GRAPH_INTERNAL_H

#include "arena.h"
#include "error.h"
#include "graph.h"
#include "loss.h"
#include "map.h"
#include "op.h"
#include "pattern.h"

/* Limits that foreign bytes meet before any size is multiplied. */
#define RK_MAX_DIM ((int64_t)1 << 31)
#define RK_MAX_VALUES ((int64_t)1 << 40) /* of one parameter or table, and of the slab */
enum { RK_MAX_ITEMS = 1 << 20 };         /* nodes, parameters, tables, inputs of a node */
enum { RK_SLAB_ALIGN = 16 };             /* floats in a cache line */

/* Pointers to objects of the graph's arena, so that what a getter returned stays where it is. */
typedef struct rk_items {
    void **at;
    size_t n, capacity;
} rk_items;

typedef enum rk_namespace { RK_NAME_NODE, RK_NAME_PARAM, RK_NAME_TABLE, RK_NAME_OUTPUT, RK_NAMESPACES } rk_namespace;

struct rk_graph {
    rk_arena arena;
    rocket_error fault; /* the first one */
    bool finished;
    rk_items nodes, params, tables, losses, outputs;
    rk_map *names[RK_NAMESPACES];
    rk_pattern **frozen; /* [n_frozen] */
    size_t n_frozen;
    size_t dense_size;
};

/* Note the first fault; always -1, the id of nothing. */
int rk_graph_fault(rk_graph *graph, const char *format, ...) ROCKET_PRINTF(2, 3);

int rk_graph_name_find(const rk_graph *graph, rk_namespace space, const char *name); /* -1: there is none */

#endif
