/* See plan_passing.h. */
#include "plan_passing.h"

#include "loss.h"
#include "op.h"

static const rk_node *node_at(const rk_plan *plan, int id)
{
    return rk_graph_node(plan->graph, id);
}

/* The node whose memory a view shows. */
static int source_of(const rk_plan *plan, int id)
{
    while (node_at(plan, id)->kind == RK_NODE_OP && node_at(plan, id)->op->is_view)
        id = node_at(plan, id)->inputs[0];
    return id;
}

/* The node whose value a node writes. */
static int written_by(const rk_plan *plan, int id)
{
    return plan->rectifiers[id] >= 0 ? plan->rectifiers[id] : id;
}

/* ---- finding ---- */

/* kept[id]: somebody reads the node who may want all of its rows, or want them later. */
static void find_kept(const rk_plan *plan, bool *kept)
{
    const rk_graph *graph = plan->graph;

    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = node_at(plan, id);

        for (int i = 0; i < node->n_inputs && !node->op->is_view; i++)
            kept[source_of(plan, node->inputs[i])] |= !node->op->takes_passing;
    }
    for (int i = 0; i < rk_graph_n_losses(graph); i++)
        for (int k = 0; k < rk_graph_loss_at(graph, i)->n_inputs; k++)
            kept[source_of(plan, rk_graph_loss_at(graph, i)->inputs[k])] = true;
    for (int i = 0; i < rk_graph_n_outputs(graph); i++)
        kept[source_of(plan, rk_graph_output_at(graph, i)->node)] = true;
}

void rk_plan_find_passing(rk_plan *plan, bool *kept)
{
    find_kept(plan, kept);
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = node_at(plan, id);

        if (node->kind == RK_NODE_OP && node->op->made_again)
            plan->passing[written_by(plan, id)] = !kept[written_by(plan, id)];
        if (plan->successors[id] >= 0 && node->op->takes_passing) {
            plan->successors[id] = -1;
            plan->passing_gradients[id] = true;
        }
    }
}

int rk_plan_maker(const rk_plan *plan, const rk_node *node)
{
    int source = source_of(plan, node->inputs[0]);

    if (!plan->passing[source])
        return -1;
    return plan->applied[source] ? node_at(plan, source)->inputs[0] : source;
}

/* ---- placing ---- */

/* What passes: the value of a node, or its gradient. */
typedef struct passer {
    int id;
    bool gradient;
} passer;

static bool touches(const rk_plan *plan, rk_task task, passer p)
{
    const rk_node *node;

    if (task.kind != RK_TASK_FORWARD && task.kind != RK_TASK_BACKWARD)
        return false;
    node = node_at(plan, task.id);
    if (p.gradient)
        return task.kind == RK_TASK_BACKWARD && (task.id == p.id || node->inputs[0] == p.id);
    return (task.kind == RK_TASK_FORWARD && written_by(plan, task.id) == p.id) ||
           source_of(plan, node->inputs[0]) == p.id;
}

/* A stage, and how many floats are taken while each of its tasks runs. */
typedef struct busy_stage {
    const rk_plan *plan;
    const rk_stage *stage;
    size_t *taken;
} busy_stage;

/* The tasks from the first to the last one that touches p. */
static void find_life(const busy_stage *b, passer p, int *begin, int *end)
{
    *begin = *end = 0;
    for (int i = 0; i < b->stage->n_tasks; i++)
        if (touches(b->plan, b->stage->tasks[i], p)) {
            *begin = *end == 0 ? i : *begin;
            *end = i + 1;
        }
}

static size_t most_taken(const busy_stage *b, passer p)
{
    size_t most = 0;
    int begin, end;

    find_life(b, p, &begin, &end);
    for (int i = begin; i < end; i++)
        most = b->taken[i] > most ? b->taken[i] : most;
    return most;
}

static void take(const busy_stage *b, passer p, size_t floats)
{
    int begin, end;

    find_life(b, p, &begin, &end);
    for (int i = begin; i < end; i++)
        b->taken[i] = floats;
}

static const rk_pass *pass_at(const rk_plan *plan, int i)
{
    return i == 0 ? &plan->training : i == 1 ? &plan->inference : &plan->backward;
}

enum { N_PASSES = 3 };

int rk_plan_n_tasks(const rk_plan *plan)
{
    int n = 0;

    for (int i = 0; i < N_PASSES; i++)
        for (int s = 0; s < pass_at(plan, i)->n_stages; s++)
            n += pass_at(plan, i)->stages[s].n_tasks;
    return n;
}

/* Behind all that lives when p does. */
static size_t place(const rk_plan *plan, passer p, size_t floats, size_t *room)
{
    size_t at = 0;

    for (int turn = 0; turn < 2; turn++) {
        size_t *taken = room;

        for (int i = 0; i < N_PASSES; i++)
            for (int s = 0; s < pass_at(plan, i)->n_stages; s++) {
                busy_stage b = { plan, &pass_at(plan, i)->stages[s], taken };
                size_t most = turn == 0 ? most_taken(&b, p) : 0;

                at = most > at ? most : at;
                if (turn == 1)
                    take(&b, p, at + floats);
                taken += b.stage->n_tasks;
            }
    }
    return at;
}

size_t rk_plan_place_passing(const rk_plan *plan, const int64_t *floats, size_t *value_at, size_t *gradient_at,
                             size_t *room)
{
    size_t row = 0;

    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        size_t n = (size_t)floats[id];

        if (plan->passing[id])
            value_at[id] = place(plan, (passer){ id, false }, n, room);
        if (plan->passing[id] && value_at[id] + n > row)
            row = value_at[id] + n;
        if (plan->passing_gradients[id])
            gradient_at[id] = place(plan, (passer){ id, true }, n, room);
        if (plan->passing_gradients[id] && gradient_at[id] + n > row)
            row = gradient_at[id] + n;
    }
    return row;
}
