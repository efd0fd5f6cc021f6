/* Inside of rk_config_check: its parts, one file each, and what they have in common. */
#ifndef RK_CHECK_PARTS_H
#define RK_CHECK_PARTS_H

#include <stdbool.h>

#include "config.h"
#include "map.h"
#include "resolve.h"

typedef struct rk_check {
    const rk_config *config;
    const rk_resolved *view;
    rk_faults *faults;
} rk_check;

typedef struct rk_spot { /* a value of the config that a sentence is about */
    const ProtobufCMessage *message;
    const char *field;
    size_t index;
} rk_spot;

/* rk_at(&feature->base, "input_names", i) */
rk_spot rk_at(const ProtobufCMessage *message, const char *field, size_t index);

void rk_check_error(const rk_check *check, rk_spot spot, const char *format, ...) ROCKET_PRINTF(3, 4);
void rk_check_note(const rk_check *check, rk_spot spot, const char *format, ...) ROCKET_PRINTF(3, 4);

/* An error that a name is none of data_config.input_fields, or of no feature; with the nearest there is. */
void rk_check_unknown_field(const rk_check *check, rk_spot spot, const char *name);
void rk_check_unknown_feature(const rk_check *check, rk_spot spot, const char *name);

/* Memory of a check: running out makes the list of faults fail. rk_alloc and rk_map_new otherwise. */
void *rk_check_alloc(const rk_check *check, size_t count, size_t size);
rk_map *rk_check_map(const rk_check *check);

/* Put a name that leads to value into a map; true when it was there before. */
bool rk_check_seen(const rk_check *check, rk_map *map, const char *name, size_t value);

void rk_check_data(const rk_check *check);     /* fields, labels, weights, batches */
void rk_check_features(const rk_check *check); /* features, the group, shared tables */
void rk_check_model(const rk_check *check);    /* model class, recipe, arm, hint */
void rk_check_run(const rk_check *check);      /* train_config, export_config */

#endif
