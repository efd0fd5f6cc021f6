/* GAUC over sessions instead of users (easyrec.md 4.6). */
#include <stdio.h>

#include "grouped_auc.h"

static const Rocket__SessionAUC *of(const ProtobufCMessage *options)
{
    return (const Rocket__SessionAUC *)options;
}

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    rk_grouped_auc_check(config, options, of(options)->reduction, faults);
}

static const char *group_field(const ProtobufCMessage *options)
{
    return of(options)->session_id_field;
}

static void variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%s", of(options)->reduction);
}

static rk_metric *open(const rk_metric_def *def, const ProtobufCMessage *options)
{
    (void)def;
    return rk_grouped_auc_open(of(options)->reduction);
}

const rk_metric_def rk_metric_session_auc = {
    .field = "session_auc",
    .doc = "AUC within each session, averaged",
    .min_classes = 1,
    .max_classes = 2,
    .check = check,
    .group_field = group_field,
    .variant = variant,
    .open = open,
    .add = rk_grouped_auc_add,
    .finish = rk_grouped_auc_finish,
    .result = rk_grouped_auc_result,
    .close = rk_grouped_auc_close,
};
