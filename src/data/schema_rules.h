/* What the schema and its check both need to know of a config. */
#ifndef RK_SCHEMA_RULES_H
#define RK_SCHEMA_RULES_H

#include "feature.h"

bool rk_combiner_find(rk_combiner *out, const char *name); /* false: no combiner of tables */

/* The feature's embedding_name stands in at least one more feature: they share a table. */
bool rk_feature_shares(const rk_resolved *view, const Rocket__FeatureConfig *feature);

const char *rk_feature_type_name(const Rocket__FeatureConfig *feature);    /* "IdFeature" */
const char *rk_field_type_name(const Rocket__DatasetConfig__Field *field); /* "INT32" */

/* The column whose text a metric needs (users of GAUC, sessions), or NULL. */
const char *rk_metric_field(const Rocket__EvalMetrics *metric);

#endif
