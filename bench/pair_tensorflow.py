#!/usr/bin/env python3
"""EasyRec's sample pair trained by TensorFlow from memory, as the static graph that EasyRec builds: examples per second.

Two optimizers: `adam` is tf.compat.v1's, whose step for a looked-up table moves every row of it, which is what EasyRec trains with;
`lazy` moves the looked-up rows only. The losses are those of pair_torch.py.
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402

import pair  # noqa: E402

v1 = tf.compat.v1


def tower(x, hidden, name):
    for i, units in enumerate(hidden):
        x = v1.layers.dense(x, units, kernel_regularizer=tf.keras.regularizers.l2(pair.KERNEL_L2), name=f"{name}_{i}")
        x = tf.nn.relu(v1.layers.batch_normalization(x, training=True, name=f"{name}_{i}_bn"))
    return x


def inputs():
    return ([v1.placeholder(tf.int64, [None, len(pair.SINGLE)])]
            + [v1.placeholder(tf.int64, [None]) for _ in range(2 * len(pair.TAGS) + 1)])


def look_up(tables, fed):
    """[B, 17 * 16]: a row per single feature, the average of the rows of a tag list."""
    parts = [tf.nn.embedding_lookup(tables[i], fed[0][:, i]) for i in range(len(pair.SINGLE))]
    n_rows = tf.shape(fed[0])[0]
    for i, table in enumerate(tables[len(pair.SINGLE):]):
        values, lengths = fed[1 + 2 * i], fed[2 + 2 * i]
        rows = tf.repeat(tf.range(n_rows), lengths)
        total = tf.math.unsorted_segment_sum(tf.nn.embedding_lookup(table, values), rows, n_rows)
        parts.append(total / tf.cast(tf.maximum(lengths, 1), tf.float32)[:, None])
    x = tf.concat(parts, axis=1)
    x.set_shape([None, (len(pair.SINGLE) + len(pair.TAGS)) * pair.WIDTH])
    return x


def total_loss(x, labels):
    shared = tower(x, pair.SHARED, "shared")
    z = v1.layers.dense(tower(shared, pair.BOOSTER, "booster"), pair.CLASSES, name="booster_output")
    l = v1.layers.dense(tower(tf.stop_gradient(shared), pair.LIGHT, "light"), pair.CLASSES, name="light_output")
    return (v1.losses.sparse_softmax_cross_entropy(labels, z) + v1.losses.sparse_softmax_cross_entropy(labels, l)
            + v1.losses.mean_squared_error(tf.stop_gradient(z), l)
            + pair.EMBEDDING_L2 * tf.reduce_sum(tf.square(x)) + tf.add_n(v1.losses.get_regularization_losses()))


class LazyAdam(v1.train.AdamOptimizer):
    """Adam that moves the rows of a sparse gradient and no others."""

    def _apply_sparse_shared(self, grad, var, indices, scatter_add):
        beta1_power, beta2_power = self._get_beta_accumulators()
        rate = self._lr_t * tf.sqrt(1 - beta2_power) / (1 - beta1_power)
        slot_m, slot_v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m = self._beta1_t * tf.gather(slot_m, indices) + (1 - self._beta1_t) * grad
        v = self._beta2_t * tf.gather(slot_v, indices) + (1 - self._beta2_t) * tf.square(grad)
        return tf.group(v1.scatter_update(slot_m, indices, m), v1.scatter_update(slot_v, indices, v),
                        scatter_add(var, indices, -rate * m / (tf.sqrt(v) + self._epsilon_t)))


def main():
    parser = pair.options(__doc__.splitlines()[0])
    parser.add_argument("--way", choices=("adam", "lazy"), default="adam")
    args = parser.parse_args()
    pair.pin(args.threads)
    v1.disable_eager_execution()
    v1.set_random_seed(1)

    sizes = pair.buckets(args.large)
    fed = inputs()
    tables = [v1.get_variable(f"table_{i}", [n, pair.WIDTH], initializer=v1.random_normal_initializer(stddev=0.0025)) for i, n in enumerate(sizes)]
    loss = total_loss(look_up(tables, fed), fed[-1])
    optimizer = (LazyAdam if args.way == "lazy" else v1.train.AdamOptimizer)(pair.RATE)
    with v1.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
        train = optimizer.minimize(loss)
    batches = [[ids] + [array for tag in tags for array in tag] + [labels] for ids, tags, labels in pair.read_batches(args.log, args.batch, sizes)]
    settings = v1.ConfigProto(intra_op_parallelism_threads=args.threads, inter_op_parallelism_threads=args.threads)
    with v1.Session(config=settings) as session:
        session.run(v1.global_variables_initializer())
        call = session.make_callable(train, feed_list=fed)
        pair.measure(lambda i: call(*batches[i]), len(batches), args, f"TensorFlow {tf.__version__}", args.way)


main()
