/* The checkpoints of a model_dir: model.ckpt-<step>.safetensors. */
#ifndef RK_CHECKPOINT_H
#define RK_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "rocket/status.h"

/* Path of the newest checkpoint, in arena; NULL in *path when the folder has none or does not exist. */
ROCKET_NODISCARD rocket_status rk_checkpoint_latest(const char **path, rk_arena *arena, const char *model_dir,
                                                    rocket_error *err);

/* Path of the checkpoint of a step; NULL without memory. */
const char *rk_checkpoint_path(rk_arena *arena, const char *model_dir, uint64_t step);

/* Remove the oldest until at most keep (0: no limit) are left. */
ROCKET_NODISCARD rocket_status rk_checkpoint_prune(const char *model_dir, uint64_t keep, rocket_error *err);

#endif
