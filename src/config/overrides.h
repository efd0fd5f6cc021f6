/* Overrides: `--set path=value`.
 *
 *     --set data_config.batch_size=512
 *     --set num_steps=1000                             a section's field by its own name, if only one section has it
 *     --set 'feature_config.features[price].embedding_dim=8'
 *     --set 'feature_config.features[:].hash_bucket_size=1000'
 *     --set 'light_dnn.hidden_units=[8]'
 *     --set 'train_config.optimizer_config[0]={ adagrad_optimizer { } }'
 *
 * A path is field names with points between. After a repeated field: [i] (from the end when negative), [:] and [a:b],
 * [name] (feature_name or first input name, input_name, group_name, or the member of a oneof), [field=value] and
 * != < <= > >=. Without brackets it is the whole list at the end of a path, and the only element (made if there is
 * none) within one. Messages on the way are made if they are absent.
 *
 * The value is what may stand in the file, and replaces what was there; the quotes of a text and the braces of a
 * message may be left out.
 */
#ifndef RK_OVERRIDES_H
#define RK_OVERRIDES_H

#include "arena.h"
#include "faults.h"
#include "locations.h"

/* Apply one override to root; faults carry "--set ..." as their place. false without memory. */
typedef struct rk_override_target {
    ProtobufCMessage *root;
    rk_arena *arena;
    rk_locations *locations;
    rk_faults *faults;
} rk_override_target;
bool rk_override_apply(const rk_override_target *target, const char *override);

#endif
