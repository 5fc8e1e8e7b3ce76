/* The table itself. A value that the recipe works out from others has the default "auto". */
#include "recipes/options.h"

#include "datasets/dataset.h"
#include "recipes/methods.h"
#include "recipes/models.h"
#include "recipes/paper.h"
#include "results/runs/metric.h"

#define BIT(verb)   (1u << XP_VERB_##verb)
#define TRAINS      (BIT(TRAIN) | BIT(GRID))
#define TAKES_SPLIT (TRAINS | BIT(SPLIT))
#define MANY        9007199254740992.0 /* 2^53: the whole numbers that a double holds */

static const char *const imbalances[] = {"long-tailed", "step", "remove", "none", NULL};
static const char *const test_imbalances[] = {"long-tailed", "step", NULL};
static const char *const weightings[] = {"effective", "inverse", NULL};
static const char *const augmentations[] = {"crop-flip", "none", NULL};
static const char *const precisions[] = {"f32", NULL};
static const char *const known_data[] = {"cifar10", "cifar100", "imdb", "shapes", "reviews", NULL};
static const char *const isas[] = {"avx512", "avx2", NULL};
static const char *const feature_sets[] = {"at-drop", "at-end", NULL};
const char *const xp_table_formats[] = {"text", "markdown", "latex", "csv", "json", NULL};
static const char *const protocols[] = {"paper", "usual", NULL};

/* clang-format off */
static const xp_option table[XP_OPTION_COUNT] = {
    [XP_DATA] = {"data", "NAME", NULL, "data set: cifar10, cifar100, shapes, shapes:TRAIN:TEST (drawn; images a class), imdb, reviews, reviews:TRAIN:TEST (drawn text; reviews a class), or the path of an HDF5 file with images (N, 3, 32, 32) and labels, and the same for test_", TAKES_SPLIT | BIT(PROBE), .kind = XP_TEXT, .choices = known_data, .roles = XP_NAMES_RUN | XP_FILTER_WORD | XP_PICKS_DATA | XP_PICKS_EXAMPLES | XP_ALWAYS_TOLD},
    [XP_DATA_SHA256] = {"data-sha256", "HEX", NULL, "SHA-256 that the data in a file of your own must have, as `tailbit split` prints it; a run file's configuration has it, so that it trains the same data or none", TAKES_SPLIT, .key = "data_sha256", .kind = XP_TEXT, .unwritten = true},
    [XP_VOCABULARY] = {"vocabulary", "N", "25000", "text: how many words are told apart, the most frequent of all training examples; two of them are padding and every other word", TAKES_SPLIT, .kind = XP_INTEGER, .min = 3, .max = DS_VOCABULARY_MAX, .roles = XP_OPEN_WITH_TEXT | XP_PICKS_DATA | XP_SETS_PACE},
    [XP_MAX_LENGTH] = {"max-length", "N", "256", "text: how many words of an example are read, its first", TAKES_SPLIT, .key = "max_length", .kind = XP_INTEGER, .min = 1, .max = DS_LENGTH_MAX, .roles = XP_OPEN_WITH_TEXT | XP_PICKS_DATA | XP_PICKS_EXAMPLES | XP_SETS_PACE},
    [XP_IMBALANCE] = {"imbalance", "KIND", "long-tailed", "how class sizes fall: long-tailed, step, remove (one class loses a part of its examples), or none (all examples, as they are)", TAKES_SPLIT, .kind = XP_CHOICE, .choices = imbalances, .with_text = "remove", .roles = XP_NAMES_RUN | XP_FILTER_WORD | XP_PICKS_EXAMPLES},
    [XP_RHO] = {"rho", "R", "100", "ratio of the most to the least frequent class", TAKES_SPLIT, .kind = XP_REAL, .min = 1, .roles = XP_NAMES_RUN | XP_FILTER_WORD | XP_PICKS_EXAMPLES},
    [XP_MU] = {"mu", "M", "0.5", "share of the classes that are rare, for step", TAKES_SPLIT, .kind = XP_REAL, .max = 1, .above_min = true, .below_max = true, .roles = XP_PICKS_EXAMPLES},
    [XP_REMOVE_FRAC] = {"remove-frac", "F", "0.9", "share of its training examples that one class loses, for remove", TAKES_SPLIT, .key = "remove_frac", .kind = XP_REAL, .max = 1, .above_min = true, .below_max = true, .roles = XP_NAMES_RUN | XP_PICKS_EXAMPLES},
    [XP_REMOVED_CLASS] = {"removed-class", "K", "0", "the class that loses them, for remove; 0 is the first, in reviews the negative one", TAKES_SPLIT, .key = "removed_class", .kind = XP_INTEGER, .max = 1000000, .roles = XP_PICKS_EXAMPLES},
    [XP_SPLIT_SEED] = {"split-seed", "S", "0", "seed of the training subset; 0 is the released code's", TAKES_SPLIT, .key = "split_seed", .kind = XP_INTEGER, .max = 4294967295.0},
    [XP_VALIDATION_FRAC] = {"validation-frac", "F", "0", "share of each class of the training subset that is held out and evaluated beside the test set, so that options are chosen without it", TAKES_SPLIT, .key = "validation_frac", .kind = XP_REAL, .max = 1, .below_max = true, .unwritten = true, .roles = XP_PICKS_EXAMPLES},
    [XP_METHOD] = {"method", "NAME", NULL, "what is trained; `tailbit methods` lists and defines them", TRAINS, .kind = XP_CHOICE, .choices = xp_method_names, .roles = XP_NAMES_RUN | XP_FILTER_WORD | XP_OF_METHOD | XP_ALWAYS_TOLD},
    [XP_WEIGHTS] = {"weights", "KIND", "auto", "class weights: effective (number of samples) or inverse (frequency); auto: the method's, but inverse for a deferred method with text or a known test set", TRAINS, .kind = XP_CHOICE, .choices = weightings, .automatic = true, .roles = XP_OF_METHOD | XP_OPEN},
    [XP_BETA] = {"beta", "B", "0.9999", "of the effective number (1 - B^n) / (1 - B)", TRAINS, .kind = XP_REAL, .max = 1, .below_max = true, .roles = XP_OF_METHOD | XP_OPEN},
    [XP_SCALE] = {"scale", "S", "30", "what multiplies the logits of a cosine head in the loss", TRAINS, .kind = XP_REAL, .above_min = true, .roles = XP_OF_METHOD | XP_OPEN},
    [XP_MAX_MARGIN] = {"max-margin", "M", "0.5", "margin of the rarest class, or of all classes where the method has one margin", TRAINS, .key = "max_margin", .kind = XP_REAL, .above_min = true, .roles = XP_OF_METHOD | XP_OPEN},
    [XP_FOCAL_GAMMA] = {"focal-gamma", "G", "1", "exponent of the focal loss", TRAINS, .key = "focal_gamma", .kind = XP_REAL, .roles = XP_OF_METHOD | XP_OPEN},
    [XP_SWITCH] = {"switch", "EPOCH", "auto", "epoch, from 0, at which a deferred method begins to re-weight or re-sample; auto: 160 of 200, in proportion", TRAINS, .kind = XP_INTEGER, .min = 1, .max = MANY, .automatic = true, .roles = XP_OF_METHOD | XP_OPEN},
    [XP_TEST_ORDER] = {"test-order", "S", "auto", "class order of a known, imbalanced test set, for which margins and weights are then made (train) or the top-1 error is counted (table): a random one of that number; 0: the training set's; auto: the test set as it is", TRAINS | BIT(TABLE), .key = "test_order", .kind = XP_INTEGER, .max = MANY, .automatic = true, .unwritten = true, .roles = XP_OPEN},
    [XP_TEST_IMBALANCE] = {"test-imbalance", "KIND", "auto", "how its class sizes fall: long-tailed or step; auto: as the training set's", TRAINS | BIT(TABLE), .key = "test_imbalance", .kind = XP_CHOICE, .choices = test_imbalances, .automatic = true},
    [XP_TEST_RHO] = {"test-rho", "R", "auto", "ratio of its most to its least frequent class; auto: the training set's", TRAINS | BIT(TABLE), .key = "test_rho", .kind = XP_REAL, .min = 1, .automatic = true},
    [XP_MODEL] = {"model", "NAME", "resnet32", "network: a ResNet for 32x32 images, resnet8, 14, 20, 32, 44, 56 or 110, or for text bilstm2, a bidirectional LSTM of two layers", TRAINS | BIT(BENCH), .kind = XP_CHOICE, .choices = xp_model_names, .with_text = "bilstm2", .roles = XP_FILTER_WORD | XP_SETS_PACE},
    [XP_EMBEDDING] = {"embedding", "N", "100", "bilstm2: width of a word vector", TRAINS, .kind = XP_INTEGER, .min = 1, .max = 100000, .roles = XP_OPEN_WITH_TEXT | XP_SETS_PACE},
    [XP_HIDDEN] = {"hidden", "N", "256", "bilstm2: width of a direction of a layer, a multiple of 16", TRAINS, .kind = XP_INTEGER, .min = 16, .max = 100000, .roles = XP_OPEN_WITH_TEXT | XP_SETS_PACE},
    [XP_DROPOUT] = {"dropout", "P", "0.5", "bilstm2: share that is dropped of word vectors, between the layers, and of the features", TRAINS, .kind = XP_REAL, .max = 1, .below_max = true, .roles = XP_OPEN_WITH_TEXT},
    [XP_GLOVE] = {"glove", "FILE", NULL, "bilstm2: text file of word vectors to begin with, a word and --embedding numbers a line; words that it lacks begin as without it", TRAINS, .kind = XP_TEXT, .unwritten = true},
    [XP_EPOCHS] = {"epochs", "E", "200", "passes over the training subset; demo: of every run, by default 40 of images and 20 of reviews", TRAINS | BIT(DEMO), .kind = XP_INTEGER, .min = 1, .max = 1000000, .with_text = "10", .roles = XP_OPEN_WITH_TEXT},
    [XP_BATCH] = {"batch", "B", "128", "examples a step; the last step of an epoch has the rest", TRAINS | BIT(BENCH), .kind = XP_INTEGER, .min = 1, .max = 1000000, .with_text = "64", .roles = XP_OPEN_WITH_TEXT | XP_SETS_PACE},
    [XP_LENGTH_BUCKET] = {"length-bucket", "N", "10", "text: batches of an epoch that are sorted by length together, so that texts of like length meet in a batch", TRAINS, .key = "length_bucket", .kind = XP_INTEGER, .min = 1, .max = 1000000},
    [XP_LR] = {"lr", "LR", "0.1", "learning rate before drops", TRAINS, .kind = XP_REAL, .above_min = true, .with_text = "0.001", .roles = XP_OPEN_WITH_TEXT},
    [XP_DROPS] = {"drops", "EPOCHS", "auto", "epochs, from 0, at which the learning rate drops, such as 160,180; auto: 160 and 180 of 200, in proportion", TRAINS, .kind = XP_EPOCH_SET, .automatic = true, .with_text = "none"},
    [XP_DROP_FACTOR] = {"drop-factor", "F", "0.01", "what a drop multiplies the learning rate by", TRAINS, .key = "drop_factor", .kind = XP_REAL, .above_min = true},
    [XP_WARMUP] = {"warmup", "EPOCHS", "auto", "epochs over which the learning rate rises in equal steps; auto: 5 of 200, in proportion", TRAINS, .kind = XP_INTEGER, .max = MANY, .automatic = true, .with_text = "0"},
    [XP_MOMENTUM] = {"momentum", "M", "0.9", "of SGD, which trains ResNets", TRAINS, .kind = XP_REAL, .max = 1, .below_max = true},
    [XP_WEIGHT_DECAY] = {"weight-decay", "W", "0.0002", "of SGD, or of Adam for bilstm2, on every parameter", TRAINS, .key = "weight_decay", .kind = XP_REAL, .with_text = "0"},
    [XP_AUGMENT] = {"augment", "KIND", "crop-flip", "training images: crop-flip (padding 4, random crop, mirror) or none", TRAINS, .kind = XP_CHOICE, .choices = augmentations},
    [XP_EVAL_EVERY] = {"eval-every", "EPOCHS", "1", "how often the test examples are evaluated; the last epoch always", TRAINS, .key = "eval_every", .kind = XP_INTEGER, .min = 1, .max = MANY, .roles = XP_OF_NO_RECIPE},
    [XP_SEED] = {"seed", "S", "0", "of initial weights, order and augmentation; never changes the subset", TRAINS, .kind = XP_INTEGER, .max = MANY, .roles = XP_NAMES_RUN | XP_FILTER_WORD | XP_ALWAYS_TOLD},
    [XP_SHARD] = {"shard", "N", "4", "examples a shard, the unit of work and of arithmetic", TRAINS | BIT(BENCH), .kind = XP_INTEGER, .min = 1, .max = 1000000, .with_text = "8", .roles = XP_OF_NO_RECIPE | XP_SETS_PACE},
    [XP_GROUPS] = {"gradient-groups", "N", "32", "groups of shards over which weight gradients are summed", TRAINS | BIT(BENCH), .key = "gradient_groups", .kind = XP_INTEGER, .min = 1, .max = 1000000, .with_text = "8", .roles = XP_OF_NO_RECIPE | XP_SETS_PACE},
    [XP_PRECISION] = {"precision", "KIND", "f32", "of weights and activations", TRAINS, .kind = XP_CHOICE, .choices = precisions},
    [XP_ISA] = {"isa", "NAME", "auto", "instruction set: avx512 or avx2; auto: the best that the CPU has", TRAINS | BIT(BENCH) | BIT(INFO) | BIT(DEMO), .kind = XP_CHOICE, .choices = isas, .automatic = true, .roles = XP_OF_NO_RECIPE | XP_SETS_PACE | XP_ALWAYS_TOLD},

    [XP_CONFIG] = {"config", "FILE", NULL, "YAML file of options (split_seed: 0); flags win over it", BIT(TRAIN) | BIT(SPLIT), .kind = XP_TEXT},
    [XP_OUT] = {"out", "PATH", NULL, "where to write; train: a file, by default runs/DATA-IMBALANCE-RHO-METHOD-seedN.h5; probe: a file, by default RUN.FEATURES-PROTOCOL.probe.h5; grid and demo: a folder, by default runs/NAME and runs/demo; report: a file, by default DIR/report.html; export: a file, for --csv a folder, by default beside RUN.h5; figure: a folder, by default DIR/figures", TRAINS | BIT(DEMO) | BIT(REPORT) | BIT(EXPORT) | BIT(FIGURE) | BIT(PROBE), .kind = XP_TEXT},
    [XP_DATA_DIR] = {"data-dir", "DIR", NULL, "where data sets lie; default $TAILBIT_DATA, else $XDG_DATA_HOME/tailbit", TAKES_SPLIT | BIT(DATA) | BIT(EXPORT) | BIT(PROBE), .key = "data_dir", .kind = XP_TEXT},
    [XP_THREADS] = {"threads", "N", "auto", "threads; auto: the CPUs that this process may use. No bit depends on it", TRAINS | BIT(BENCH) | BIT(DEMO) | BIT(INFO) | BIT(PROBE), .kind = XP_INTEGER, .min = 1, .max = 4096, .automatic = true},
    [XP_SAVE_EVERY] = {"save-every", "TIME", "10m", "check-points inside an epoch: a time (30s, 10m, 2h), a number of steps (50steps), or never", TRAINS, .key = "save_every", .kind = XP_INTERVAL},
    [XP_UNVERIFIED] = {"unverified", NULL, NULL, "import: do not ask for the official archive's MD5; everything else is checked", BIT(DATA), .kind = XP_SWITCH_ON},
    [XP_INDICES] = {"indices", NULL, NULL, "print the index of every example of the subset, one a line, and nothing else", BIT(SPLIT), .kind = XP_SWITCH_ON},
    [XP_SERVE] = {"serve", NULL, NULL, "answer requests on standard input, a number a line (tests/bench/)", BIT(BENCH), .kind = XP_SWITCH_ON},
    [XP_ONLY] = {"only", "EXPR", NULL, "which cells: terms AXIS=V, !=, <, >, ~ (part of the value) or a whole value alone, joined by & | ! ( ), such as 'cifar10 & rho=100 & method~LDAM'", BIT(GRID) | BIT(STATUS) | BIT(TABLE) | BIT(FIGURE), .kind = XP_TEXT},
    [XP_SEEDS] = {"seeds", "LIST", NULL, "values of the axis seed, such as 0-2 or 0,3,7-9", BIT(GRID), .kind = XP_TEXT},
    [XP_JOBS] = {"jobs", "N", "1", "cells that run at once, on CPUs of their own. No bit depends on it", BIT(GRID), .kind = XP_INTEGER, .min = 1, .max = 4096},
    [XP_DRY_RUN] = {"dry-run", NULL, NULL, "list the cells with their states and predicted core-hours, and run nothing", BIT(GRID), .key = "dry_run", .kind = XP_SWITCH_ON},
    [XP_TABLE] = {"table", "NUMBER", NULL, "the paper's table: its cells, its numbers, and what is missing; without it all runs that are there", BIT(TABLE), .kind = XP_CHOICE, .choices = res_paper_numbers},
    [XP_BEST] = {"best", NULL, NULL, "figures of the epoch with the lowest test error, which looks at the test set, instead of the last", BIT(TABLE), .kind = XP_SWITCH_ON},
    [XP_METRIC] = {"metric", "LIST", "top1", "figures, joined by commas: top1, top5, balanced, many, medium, few, worst-class (errors), geometric-mean (of the recalls), calibration (expected calibration error), validation (mean class error on held-out training examples), class-error, class-margin (one a class)", BIT(TABLE), .kind = XP_TEXT, .choices = res_metric_names},
    [XP_FORMAT] = {"format", "KIND", "text", "text, markdown, latex, csv or json", BIT(TABLE), .kind = XP_CHOICE, .choices = xp_table_formats},
    [XP_TEST_COUNTS] = {"test-counts", "LIST", NULL, "class counts of a test set for which the top-1 error is counted, joined by commas", BIT(TABLE), .key = "test_counts", .kind = XP_TEXT},
    [XP_NPZ] = {"npz", NULL, NULL, "everything as one archive of NumPy arrays, for numpy.load", BIT(EXPORT), .kind = XP_SWITCH_ON},
    [XP_CSV] = {"csv", NULL, NULL, "a folder with the configuration, and CSV files of epochs, classes, margins, predictions and confusion", BIT(EXPORT), .kind = XP_SWITCH_ON},
    [XP_ONNX] = {"onnx", NULL, NULL, "the network as it stands, for other runtimes: images or word numbers go in, logits and features come out", BIT(EXPORT), .kind = XP_SWITCH_ON},
    [XP_FEATURES] = {"features", "KIND", "at-drop", "the network's: at-drop, before the first step of the first drop of the learning rate, or at-end", BIT(PROBE), .kind = XP_CHOICE, .choices = feature_sets},
    [XP_PROTOCOL] = {"protocol", "KIND", "paper", "paper: fitted on a part of the balanced test set, tested on the rest; usual: fitted on a balanced part of the whole training set (wants the data and the features at-end), tested on the test set", BIT(PROBE), .kind = XP_CHOICE, .choices = protocols},
    [XP_PROBE_FRAC] = {"probe-frac", "F", "0.5", "paper: share of each class of the test set that is fitted on", BIT(PROBE), .key = "probe_frac", .kind = XP_REAL, .max = 1, .above_min = true, .below_max = true},
    [XP_REGULARISATION] = {"regularisation", "C", "1", "of the logistic regression, as scikit-learn's C: the less, the smaller the weights", BIT(PROBE), .kind = XP_REAL, .above_min = true},
    [XP_PROBE_SEED] = {"probe-seed", "S", "0", "of the examples that are fitted on", BIT(PROBE), .key = "probe_seed", .kind = XP_INTEGER, .max = MANY},
};
/* clang-format on */

const xp_option *xp_option_get(xp_option_id id) { return &table[id]; }

const char *xp_option_key(xp_option_id id) { return table[id].key != NULL ? table[id].key : table[id].name; }

bool xp_option_is(xp_option_id id, unsigned roles) { return (table[id].roles & roles) != 0; }

const char *xp_option_default(xp_option_id id, bool text)
{
    return text && table[id].with_text != NULL ? table[id].with_text : table[id].default_text;
}
