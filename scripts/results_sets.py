"""What scripts/results.py trains: data sets, shapes and arms, and the one template that their configs are written from.

A column that is not named here is not read: `rating`, `timestamp` and `order` tell the label or the place of a row in
the file, `part` how a set was cut.
"""

LAUNCH = "model_config.rocket_launching."

# columns: name:buckets, the number of hash buckets; a | behind it: several values with | between.
# cut: how a fifth is set aside to validate on, as the makers set the test file aside: None, rows at random, or each
# user's last rows by that column.
SETS = {
    "ml1m_part": {
        "title": "MovieLens-1M, three cold-start partitions: rating >= 4",
        "user": "user_id", "cut": None,
        "columns": "user_id:20000 gender:10 age:100 occupation:100 zip3:5000 movie_id:20000 year:1000 genres:1000| "
                   "mpaa:50 director:10000 lead_actor:10000",
    },
    "amazon_hin": {
        "title": "Amazon product ratings: rating == 5",
        "user": "user_id", "cut": "timestamp",
        "columns": "user_id:20000 item_id:10000 brand:2000 categories:100| n_view:20 month:50",
    },
    "assist2009": {
        "title": "ASSISTments 2009-10: the answer is correct",
        "user": "user_id", "cut": "order",
        "columns": "user_id:20000 skill_id:1000 n_prev:200 n_prev_skill:200 skill_ok_rate:50 last_ok:20 last_skill:1000",
    },
    "frappe": {
        "title": "Frappe app usage: the app was used in this context",
        "user": "user", "cut": None,
        "columns": "user:5000 item:20000 daytime:50 weekday:50 isweekend:20 homework:20 cost:20 weather:50 country:500 "
                   "city:1000",
    },
}

SHAPES = {  # hidden units of the three parts; whether both nets are of a size
    "light": {
        "title": "a really light net: embeddings shared, light 8, booster 256-128-64",
        "share": None, "light": "8", "booster": "256, 128, 64", "alike": False,
    },
    "easyrec": {
        "title": "EasyRec's shape: shared 128-96-64, light 128-64, booster 256-128-96-64",
        "share": "128, 96, 64", "light": "128, 64", "booster": "256, 128, 96, 64", "alike": True,
    },
}

COSINE = [LAUNCH + "feature_based_distillation=true", LAUNCH + "feature_distillation_function=COSINE"]
# Feature hints need a layer of the booster that is as wide as one of the light net.
PAIRED = {"light": [LAUNCH + "booster_dnn.hidden_units=[256, 128, 64, 8]"], "easyrec": []}

# name: (what the tables call it, the net that is judged, overrides). The booster comes first: it teaches KD.
ARMS = {
    "booster": ("booster alone", "booster", ["arm=BOOSTER_ALONE"]),
    "light": ("light alone", "light", ["arm=LIGHT_ALONE"]),
    "easyrec": ("rocket EASYREC", "light", ["recipe=EASYREC"]),
    "soft": ("rocket SOFT", "light", ["recipe=SOFT"]),
    "paper": ("rocket PAPER", "light", ["recipe=PAPER"]),
    "xdl": ("rocket XDL", "light", ["recipe=XDL"]),
    "kd": ("KD from a trained booster", "light", ["arm=KD_FROM_BOOSTER", "recipe=SOFT"]),
    "features": ("rocket EASYREC, features (cosine)", "light", ["recipe=EASYREC"]),
    "softfeatures": ("rocket SOFT, features (cosine)", "light", ["recipe=SOFT"]),
    "noblock": ("rocket PAPER, no gradient block", "light", ["recipe=PAPER", "gradient_block=false"]),
}
ROWS = ["light", "kd", "easyrec", "features", "paper", "noblock", "xdl", "soft", "softfeatures", "booster"]


def overrides(shape, arm):
    """What an arm changes in the config of its shape."""
    sets = [LAUNCH + s for s in ARMS[arm][2]]
    if arm.endswith("features"):
        sets += COSINE + PAIRED[shape]
    return sets


def columns(name):
    """[(column, buckets, whether it holds several values)]"""
    parts = [c.rstrip("|").split(":") + [c.endswith("|")] for c in SETS[name]["columns"].split()]
    return [(column, int(buckets), several) for column, buckets, several in parts]


def feature(column, buckets, several):
    kind = 'TagFeature separator: "|" combiner: "mean"' if several else "IdFeature"
    return (f'  features {{ input_names: "{column}" feature_type: {kind} hash_bucket_size: {buckets} '
            f"embedding_dim: 16 }}\n")


def config(name, shape):
    """The pipeline config of a set and a shape."""
    cols, s = columns(name), SHAPES[shape]
    share = f"    share_dnn {{ hidden_units: [{s['share']}] }}\n" if s["share"] else ""
    return f"""# {SETS[name]['title']}; {s['title']}.
# Written by scripts/results_sets.py. The files have a header: input_fields may be any subset of their columns.
train_config {{
  optimizer_config {{
    adam_optimizer {{ learning_rate {{ constant_learning_rate {{ learning_rate: 0.001 }} }} }}
  }}
  log_step_count_steps: 500
  save_checkpoints_steps: 2000
  keep_checkpoint_max: 1
}}

eval_config {{
  metrics_set {{ auc {{}} }}
  metrics_set {{ gauc {{ uid_field: "{SETS[name]['user']}" reduction: "mean_by_sample_num" }} }}
}}

data_config {{
  input_type: CSVInput
  separator: ","
  with_header: true
  num_epochs: 0
  shuffle: true
  shuffle_buffer_size: 300000
  label_fields: "label"
  input_fields {{ input_name: "label" input_type: INT32 }}
{''.join(f'  input_fields {{ input_name: "{c}" input_type: STRING }}' + chr(10) for c, _, _ in cols)}}}

feature_config {{
{''.join(feature(*c) for c in cols)}}}

model_config {{
  model_class: "RocketLaunching"
  feature_groups {{
    group_name: "all"
{''.join(f'    feature_names: "{c}"' + chr(10) for c, _, _ in cols)}    wide_deep: DEEP
  }}
  rocket_launching {{
{share}    booster_dnn {{ hidden_units: [{s['booster']}] }}
    light_dnn {{ hidden_units: [{s['light']}] }}
    l2_regularization: 1e-6
  }}
  embedding_regularization: 5e-6
  num_class: 2
}}
"""
