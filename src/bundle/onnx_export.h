/* The light net as an ONNX model, with what its callers must know of the inputs in metadata_props:
 *
 *   rocket.version      of the program
 *   rocket.step         steps trained
 *   rocket.config_hash  XXH3 of the pipeline config as printed, 16 hex digits
 *   rocket.inputs       JSON, a list with an object for each input:
 *     input             its name; "weights": that of the input beside it, for lists
 *     kind              "id": one a row, -1 for none; "list": padded with -1 at weight 0; "floats"
 *     rows, dim         of the table; legal ids are 0 ... rows-1 and -1. Floats: "width"
 *     combiner          of lists: "sum", "mean" or "sqrtn"; for the last two, entries of weight <= 0 must be left out
 *     feature           the feature's part of the config, as text: the rule by which values become ids
 *     fields            names, types and defaults of the raw values
 *     examples          what rocket makes of some: {"values": [one per field], "<input>": ..., "<weights>": ...}
 */
#ifndef RK_ONNX_EXPORT_H
#define RK_ONNX_EXPORT_H

#include "bundle.h"

/* Atomic. source: of a model, its weights those of its graph. ROCKET_CONFIG: what ONNX cannot hold (onnx.h). */
ROCKET_NODISCARD rocket_status rk_onnx_export(const char *path, const rk_bundle_source *source, rocket_error *err);

#endif
