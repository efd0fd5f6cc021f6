/* Planning: places, levels, passes.
 *
 * Places. A concat's inputs are written straight into its row where possible: the first concat that wants a node's rows
 * owns them, a view shares those of its input. The same for gradients, where a node inside a concat's gradient may
 * get gradients from elsewhere too: everybody adds then. Nobody reads those columns as the concat's own gradient.
 *
 * Fusion. A rectifier is applied by the dense layer or batch norm before it where nobody else reads that one's output:
 * one pass over memory, and one place instead of two. The gradient in front of a batch norm takes the place of the one
 * behind it, where nobody else adds to it. A bias in front of a batch norm is lost in the subtraction of the
 * mean, so its gradient is 0 and is not summed up from rounding errors. What a norm gives to dense layers alone, and
 * the gradient in front of it, is there for a piece at a time (plan_passing.h).
 *
 * Levels. A node's level is the number of batch reductions (batch norms) on the longest way to it, forward from the
 * inputs or backward from the losses. All nodes of a level make one stage, so the batch norms of two towers side by
 * side share a barrier. Within a stage tasks keep their topological order.
 *
 * Who is first to write a gradient is known from that order: it overwrites, the others add. Losses, and whoever writes
 * only some columns of a wider row, always add; memory that they write first is zeroed before. So losses that can wait
 * for another to be first do.
 */
#include "plan.h"

#include <assert.h>
#include <string.h>

#include "error.h"
#include "loss.h"
#include "mem.h"
#include "op.h"
#include "plan_passing.h"

/* A pass in the making. */
typedef struct draft {
    rk_task *tasks;
    int *levels; /* of each task */
    int n;
    int *combines, *combine_levels;
    int n_combines;
    int n_levels;
} draft;

static void *plan_alloc(rk_plan *plan, int n, size_t size)
{
    return rk_arena_alloc(&plan->arena, n > 0 ? (size_t)n : 1, size);
}

static const rk_node *node_at(const rk_plan *plan, int id)
{
    return rk_graph_node(plan->graph, id);
}

static bool is_view(const rk_node *node)
{
    return node->kind == RK_NODE_OP && node->op->is_view;
}

static bool reduces(const rk_node *node)
{
    return node->kind == RK_NODE_OP && node->op->partial_size;
}

/* ---- fusion ---- */

/* uses[id]: how many nodes, losses and outputs read the node. */
static void count_uses(const rk_graph *graph, int *uses)
{
    for (int id = 0; id < rk_graph_n_nodes(graph); id++)
        for (int i = 0; i < rk_graph_node(graph, id)->n_inputs; i++)
            uses[rk_graph_node(graph, id)->inputs[i]]++;
    for (int i = 0; i < rk_graph_n_losses(graph); i++)
        for (int k = 0; k < rk_graph_loss_at(graph, i)->n_inputs; k++)
            uses[rk_graph_loss_at(graph, i)->inputs[k]]++;
    for (int i = 0; i < rk_graph_n_outputs(graph); i++)
        uses[rk_graph_output_at(graph, i)->node]++;
}

static void fuse(rk_plan *plan, const int *uses)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = node_at(plan, id);
        const rk_node *before = node->kind == RK_NODE_OP ? node_at(plan, node->inputs[0]) : node;

        if (before == node || before->kind != RK_NODE_OP || uses[before->id] != 1)
            continue;
        if (node->op->backward_in_place)
            plan->successors[before->id] = id;
        plan->offset_lost[before->id] = node->op->ignores_offset && before->op->offset_param > 0;
        if (node->op->is_rectifier && before->op->applies_rectifier) {
            plan->rectifiers[before->id] = id;
            plan->applied[id] = true;
        }
    }
}

/* ---- places ---- */

/* places[id] is relative to its owner so far; make it relative to the last owner. */
static rk_place place_resolve(const rk_place *places, int id)
{
    rk_place place = { id, 0 };

    while (places[place.owner].owner != place.owner) {
        rk_place next = places[place.owner];

        place = (rk_place){ next.owner, place.column + next.column };
    }
    return place;
}

/* A concat takes those of its inputs that nobody owns yet. For values (wanted NULL) through views too; a gradient must
 * not pass one. */
static void claim_inputs(const rk_plan *plan, rk_place *places, const rk_node *node, const bool *wanted)
{
    int64_t column = 0;

    for (int i = 0; i < node->n_inputs; column += plan->widths[node->inputs[i]], i++) {
        int id = node->inputs[i];

        while (!wanted && is_view(node_at(plan, id)))
            id = node_at(plan, id)->inputs[0];
        if (node_at(plan, id)->kind == RK_NODE_OP && places[id].owner == id && (!wanted || wanted[id]))
            places[id] = (rk_place){ node->id, column };
    }
}

static void resolve_all(rk_plan *plan, rk_place *out, const rk_place *relative)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++)
        out[id] = relative[id].owner < 0 ? relative[id] : place_resolve(relative, id);
}

/* Whose memory a node's value, or its gradient, is in, as far as fusion is concerned. */
static int value_home(const rk_plan *plan, int id)
{
    return plan->rectifiers[id] >= 0 ? plan->rectifiers[id] : id;
}

static int gradient_home(const rk_plan *plan, int id)
{
    return plan->successors[id] >= 0 ? plan->successors[id] : value_home(plan, id);
}

static void place_values(rk_plan *plan, rk_place *relative)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = node_at(plan, id);

        relative[id] = (rk_place){ is_view(node) ? node->inputs[0] : value_home(plan, id), 0 };
        if (node->kind == RK_NODE_OP && node->op->joins_inputs)
            claim_inputs(plan, relative, node, NULL);
    }
    resolve_all(plan, plan->values, relative);
}

/* wanted[id]: some loss depends on the node, and something trainable lies behind it. */
static void find_gradients(const rk_plan *plan, bool *wanted)
{
    for (int i = 0; i < rk_graph_n_losses(plan->graph); i++) {
        const rk_loss *loss = rk_graph_loss_at(plan->graph, i);

        for (int k = 0; k < loss->def->n_inputs; k++)
            wanted[loss->inputs[k]] = node_at(plan, loss->inputs[k])->needs_gradient;
    }
    for (int id = rk_graph_n_nodes(plan->graph) - 1; id >= 0; id--) {
        const rk_node *node = node_at(plan, id);

        for (int i = 0; wanted[id] && i < node->n_inputs; i++)
            wanted[node->inputs[i]] |= node_at(plan, node->inputs[i])->needs_gradient;
    }
}

static void place_gradients(rk_plan *plan, rk_place *relative, const bool *wanted)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = node_at(plan, id);

        relative[id] = (rk_place){ wanted[id] ? gradient_home(plan, id) : -1, 0 };
        if (wanted[id] && node->op->joins_inputs)
            claim_inputs(plan, relative, node, wanted);
    }
    resolve_all(plan, plan->gradients, relative);
}

/* ---- passes ---- */

static bool draft_init(rk_plan *plan, draft *d)
{
    int most = 3 * rk_graph_n_nodes(plan->graph) + rk_graph_n_losses(plan->graph);

    *d = (draft){ .n_levels = 1 };
    d->tasks = plan_alloc(plan, most, sizeof *d->tasks);
    d->levels = plan_alloc(plan, most, sizeof *d->levels);
    d->combines = plan_alloc(plan, most, sizeof *d->combines);
    d->combine_levels = plan_alloc(plan, most, sizeof *d->combine_levels);
    return !rk_arena_failed(&plan->arena);
}

static void draft_add(draft *d, rk_task_kind kind, int id, int level)
{
    d->tasks[d->n] = (rk_task){ kind, id };
    d->levels[d->n++] = level;
    if (level >= d->n_levels)
        d->n_levels = level + 1;
}

static void draft_combine(draft *d, int id, int level)
{
    d->combines[d->n_combines] = id;
    d->combine_levels[d->n_combines++] = level;
}

static int greatest_level(const int *levels, const int *ids, int n)
{
    int greatest = 0;

    for (int i = 0; i < n; i++)
        greatest = levels[ids[i]] > greatest ? levels[ids[i]] : greatest;
    return greatest;
}

/* Forward tasks. In inference a batch norm needs no batch: its combine runs before all. */
static void draft_forward(const rk_plan *plan, draft *d, int *levels, bool training)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = node_at(plan, id);

        if (node->kind != RK_NODE_OP)
            continue;
        levels[id] = greatest_level(levels, node->inputs, node->n_inputs);
        if (reduces(node)) {
            if (training)
                draft_add(d, RK_TASK_REDUCE, id, levels[id]++);
            draft_combine(d, id, levels[id]);
        }
        if (!is_view(node) && !plan->applied[id])
            draft_add(d, RK_TASK_FORWARD, id, levels[id]);
    }
    for (int i = 0; i < rk_graph_n_losses(plan->graph); i++) {
        const rk_loss *loss = rk_graph_loss_at(plan->graph, i);

        draft_add(d, RK_TASK_LOSS, i, greatest_level(levels, loss->inputs, loss->n_inputs));
    }
}

/* Before the backward pass of a node that reads a passing value: that value, unless the stage has it already. */
static void draft_again(const rk_plan *plan, draft *d, const rk_node *node, int level)
{
    int maker = rk_plan_maker(plan, node);

    for (int i = 0; i < d->n; i++)
        if (d->tasks[i].kind == RK_TASK_FORWARD && d->tasks[i].id == maker && d->levels[i] == level)
            return;
    if (maker >= 0)
        draft_add(d, RK_TASK_FORWARD, maker, level);
}

static void draft_backward(const rk_plan *plan, draft *d, int *levels)
{
    for (int i = 0; i < rk_graph_n_losses(plan->graph); i++)
        draft_add(d, RK_TASK_LOSS_BACKWARD, i, 0);
    for (int id = rk_graph_n_nodes(plan->graph) - 1; id >= 0; id--) {
        const rk_node *node = node_at(plan, id);

        if (plan->gradients[id].owner < 0 || !node->op->backward)
            continue;
        if (reduces(node)) {
            draft_add(d, RK_TASK_REDUCE_BACKWARD, id, levels[id]++);
            draft_combine(d, id, levels[id]);
        }
        if (!plan->applied[id]) {
            draft_again(plan, d, node, levels[id]);
            draft_add(d, RK_TASK_BACKWARD, id, levels[id]);
        }
        for (int i = 0; i < node->n_inputs; i++)
            if (levels[node->inputs[i]] < levels[id])
                levels[node->inputs[i]] = levels[id];
    }
}

static bool pass_build(rk_plan *plan, rk_pass *pass, const draft *d)
{
    pass->n_stages = d->n_levels;
    pass->stages = plan_alloc(plan, d->n_levels, sizeof *pass->stages);
    for (int level = 0; pass->stages && level < d->n_levels; level++) {
        rk_stage *stage = &pass->stages[level];

        stage->tasks = plan_alloc(plan, d->n, sizeof *stage->tasks);
        stage->combines = plan_alloc(plan, d->n_combines, sizeof *stage->combines);
        for (int i = 0; stage->tasks && i < d->n; i++)
            if (d->levels[i] == level)
                stage->tasks[stage->n_tasks++] = d->tasks[i];
        for (int i = 0; stage->combines && i < d->n_combines; i++)
            if (d->combine_levels[i] == level)
                stage->combines[stage->n_combines++] = d->combines[i];
    }
    return !rk_arena_failed(&plan->arena);
}

/* One walk over the backward tasks, in order, that finds out who writes first. A loss that adds to one memory only
 * waits until a node has written there too: what both write stays in cache in between, and nothing need be zeroed. */
typedef struct writers {
    rk_plan *plan;
    bool *touched; /* [n_nodes] by owner */
    bool *awaited; /* [n_nodes] by owner: a node will write there */
    rk_task *tasks;
    int n;
} writers;

/* The owner that loss i waits for; -1: it does not wait. */
static int waits_for(const writers *w, int i)
{
    const rk_loss *loss = rk_graph_loss_at(w->plan->graph, i);
    int owner = -1, n = 0;

    for (int k = 0; k < loss->def->n_inputs; k++)
        if (w->plan->gradients[loss->inputs[k]].owner >= 0) {
            owner = w->plan->gradients[loss->inputs[k]].owner;
            n++;
        }
    return n == 1 && w->awaited[owner] ? owner : -1;
}

/* id is about to get gradients. Returns whether they must be added. */
static bool touch(writers *w, int id, bool can_overwrite)
{
    int owner = w->plan->gradients[id].owner;

    if (w->touched[owner])
        return true;
    w->touched[owner] = true;
    if (can_overwrite && owner == id)
        return false;
    w->tasks[w->n++] = (rk_task){ RK_TASK_ZERO, owner };
    return true;
}

/* id has got gradients: losses that waited for that add theirs. */
static void end_waiting(writers *w, int id)
{
    int owner = w->plan->gradients[id].owner;

    for (int i = 0; i < rk_graph_n_losses(w->plan->graph); i++)
        if (waits_for(w, i) == owner)
            w->tasks[w->n++] = (rk_task){ RK_TASK_LOSS_BACKWARD, i };
    w->awaited[owner] = false;
}

static void touch_by_loss(writers *w, int i)
{
    const rk_loss *loss = rk_graph_loss_at(w->plan->graph, i);

    if (waits_for(w, i) >= 0)
        return;
    for (int k = 0; k < loss->def->n_inputs; k++)
        if (w->plan->gradients[loss->inputs[k]].owner >= 0)
            touch(w, loss->inputs[k], false);
    w->tasks[w->n++] = (rk_task){ RK_TASK_LOSS_BACKWARD, i };
}

/* Whether the backward pass of a node writes to the gradient of its input i, whose columns of its own begin at first.
 */
static bool writes(const rk_plan *plan, const rk_node *node, int i, int64_t first)
{
    rk_place dy = plan->gradients[node->id], dx = plan->gradients[node->inputs[i]];
    bool in_place = dx.owner == dy.owner && dx.column == dy.column + first;

    return dx.owner >= 0 && !in_place;
}

static void touch_by_node(writers *w, const rk_node *node)
{
    int64_t first = 0;

    for (int i = 0; i < node->n_inputs; i++) {
        if (writes(w->plan, node, i, first))
            w->plan->add[node->id][i] = touch(w, node->inputs[i], true);
        first += w->plan->widths[node->inputs[i]];
    }
    w->tasks[w->n++] = (rk_task){ RK_TASK_BACKWARD, node->id };
    first = 0;
    for (int i = 0; i < node->n_inputs; i++) {
        if (writes(w->plan, node, i, first))
            end_waiting(w, node->inputs[i]);
        first += w->plan->widths[node->inputs[i]];
    }
}

/* Not by those whose gradient the node must know before: a concat that has an input twice. */
static void await_node(writers *w, const rk_node *node)
{
    int64_t first = 0;

    for (int i = 0; i < node->n_inputs; i++) {
        int owner = w->plan->gradients[node->inputs[i]].owner;

        if (writes(w->plan, node, i, first) && owner != w->plan->gradients[node->id].owner)
            w->awaited[owner] = true;
        first += w->plan->widths[node->inputs[i]];
    }
}

/* Insert the zeroing tasks, move the losses that wait, and set the add flags. */
static void settle_writers(writers *w, rk_pass *pass, rk_task *room)
{
    for (int s = 0; s < pass->n_stages; s++) {
        rk_stage *stage = &pass->stages[s];

        w->tasks = room;
        w->n = 0;
        for (int i = 0; i < stage->n_tasks; i++) {
            rk_task task = stage->tasks[i];

            if (task.kind == RK_TASK_LOSS_BACKWARD)
                touch_by_loss(w, task.id);
            else if (task.kind == RK_TASK_BACKWARD)
                touch_by_node(w, node_at(w->plan, task.id));
            else
                w->tasks[w->n++] = task;
        }
        stage->tasks = w->tasks;
        stage->n_tasks = w->n;
        room += w->n;
    }
}

static void find_shared_params(rk_plan *plan)
{
    int n = rk_graph_n_params(plan->graph);
    bool *seen = plan_alloc(plan, n, sizeof *seen);

    for (int id = 0; seen && id < rk_graph_n_nodes(plan->graph); id++) {
        const rk_node *node = node_at(plan, id);

        for (int i = 0; plan->gradients[id].owner >= 0 && i < node->n_params; i++) {
            plan->shared_params[node->params[i]] |= seen[node->params[i]];
            seen[node->params[i]] = true;
        }
    }
}

static void find_tables(rk_plan *plan)
{
    for (int id = 0; id < rk_graph_n_nodes(plan->graph); id++)
        if (plan->gradients[id].owner >= 0 && node_at(plan, id)->op->backward_table)
            plan->tables[plan->n_tables++] = id;
}

static void plan_backward(rk_plan *plan, rk_place *relative)
{
    int n = rk_graph_n_nodes(plan->graph), n_losses = rk_graph_n_losses(plan->graph);
    bool *wanted = plan_alloc(plan, n, sizeof *wanted);
    int *levels = plan_alloc(plan, n, sizeof *levels);
    writers w = { .plan = plan,
                  .touched = plan_alloc(plan, n, sizeof *w.touched),
                  .awaited = plan_alloc(plan, n, sizeof *w.awaited) };
    rk_task *room = plan_alloc(plan, 4 * n + n_losses, sizeof *room);
    draft d;

    if (!draft_init(plan, &d))
        return;
    find_gradients(plan, wanted);
    place_gradients(plan, relative, wanted);
    find_shared_params(plan);
    find_tables(plan);
    draft_backward(plan, &d, levels);
    if (!pass_build(plan, &plan->backward, &d))
        return;
    for (int i = 0; i < d.n; i++)
        if (d.tasks[i].kind == RK_TASK_BACKWARD)
            await_node(&w, node_at(plan, d.tasks[i].id));
    settle_writers(&w, &plan->backward, room);
}

static void plan_forward(rk_plan *plan, rk_pass *pass, bool training)
{
    int *levels = plan_alloc(plan, rk_graph_n_nodes(plan->graph), sizeof *levels);
    draft d;

    if (!draft_init(plan, &d))
        return;
    draft_forward(plan, &d, levels, training);
    pass_build(plan, pass, &d);
}

static void plan_make(rk_plan *plan)
{
    int n = rk_graph_n_nodes(plan->graph);
    rk_place *relative = plan_alloc(plan, n, sizeof *relative);
    int *uses = plan_alloc(plan, n, sizeof *uses);
    bool *kept = plan_alloc(plan, n, sizeof *kept);

    plan->widths = plan_alloc(plan, n, sizeof *plan->widths);
    plan->values = plan_alloc(plan, n, sizeof *plan->values);
    plan->gradients = plan_alloc(plan, n, sizeof *plan->gradients);
    plan->tables = plan_alloc(plan, n, sizeof *plan->tables);
    plan->add = plan_alloc(plan, n, sizeof *plan->add);
    plan->rectifiers = plan_alloc(plan, n, sizeof *plan->rectifiers);
    plan->applied = plan_alloc(plan, n, sizeof *plan->applied);
    plan->passing = plan_alloc(plan, n, sizeof *plan->passing);
    plan->passing_gradients = plan_alloc(plan, n, sizeof *plan->passing_gradients);
    plan->successors = plan_alloc(plan, n, sizeof *plan->successors);
    plan->offset_lost = plan_alloc(plan, n, sizeof *plan->offset_lost);
    plan->shared_params = plan_alloc(plan, rk_graph_n_params(plan->graph), sizeof *plan->shared_params);
    if (rk_arena_failed(&plan->arena))
        return;
    for (int id = 0; id < n; id++) {
        const rk_node *node = node_at(plan, id);

        assert(!is_view(node) || node->op->blocks_gradient); /* a view that passes gradients: not thought through */
        plan->widths[id] = node->kind == RK_NODE_IDS ? 0 : rk_shape_size(&node->shape);
        plan->gradients[id].owner = plan->rectifiers[id] = plan->successors[id] = -1;
        plan->add[id] = plan_alloc(plan, node->n_inputs, sizeof *plan->add[id]);
    }
    if (rk_arena_failed(&plan->arena))
        return;
    if (!plan->options.unfused) {
        count_uses(plan->graph, uses);
        fuse(plan, uses);
        rk_plan_find_passing(plan, kept);
    }
    place_values(plan, relative);
    plan_forward(plan, &plan->training, true);
    plan_forward(plan, &plan->inference, false);
    if (plan->options.gradients)
        plan_backward(plan, relative);
}

rocket_status rk_plan_new(rk_plan **out, const rk_graph *graph, const rk_plan_options *options, rocket_error *err)
{
    rk_plan *plan = rk_alloc(1, sizeof *plan);

    RK_FAIL_IF(!plan, FAILED, err, "out of memory for an execution plan");
    rk_arena_init(&plan->arena, 0);
    plan->graph = graph;
    plan->options = *options;
    plan_make(plan);
    if (rk_arena_failed(&plan->arena)) {
        rk_plan_free(plan);
        return rk_fail(err, ROCKET_FAILED, "out of memory for an execution plan");
    }
    *out = plan;
    return ROCKET_OK;
}

void rk_plan_free(rk_plan *plan)
{
    if (!plan)
        return;
    rk_arena_clear(&plan->arena);
    rk_free(plan);
}
