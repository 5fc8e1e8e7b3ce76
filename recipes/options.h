/* recipes/options.h - the one table of options; all that depends on options is made from it.
 *
 * Parsing, `--help`, the keys of a YAML file, the attributes of a run file's /config, and what resume compares all
 * read this table, recipes/options.def. A name stands in it with hyphens ("split-seed"): `--split-seed` on a command line, `split_seed` in
 * YAML and in a run file. Flags win over --config, --config wins over defaults.
 */
#ifndef RECIPES_OPTIONS_H
#define RECIPES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/runs/option.h"

/* XP_DATA and so on, one for each row of the table. */
typedef enum {
#define XP_BIT_OPTION(id, ...) XP_##id,
#define XP_OPTION(id, ...)
#include "recipes/options.def"
#undef XP_BIT_OPTION
#undef XP_OPTION
    XP_BIT_OPTIONS, /* how many of them change bits */
    XP_LAST_BIT_OPTION = XP_BIT_OPTIONS - 1,
#define XP_BIT_OPTION(id, ...)
#define XP_OPTION(id, ...) XP_##id,
#include "recipes/options.def"
#undef XP_BIT_OPTION
#undef XP_OPTION
    XP_OPTION_COUNT
} xp_option_id;

typedef enum {
    XP_TEXT,      /* anything but nothing */
    XP_SHA256,    /* 64 hexadecimal digits, lower case */
    XP_INTEGER,   /* a whole number in [min, max] */
    XP_REAL,      /* a finite number in the range */
    XP_CHOICE,    /* one of `choices` */
    XP_EPOCH_SET, /* "none", or whole numbers joined by commas */
    XP_INTERVAL,  /* "10m", "30s", "2h", "50steps", or "never" */
    XP_SWITCH_ON  /* takes no value on a command line, true or false in YAML */
} xp_option_kind;

/* The roles of an option where runs are named, compared, drawn and predicted. */
enum {
    XP_NAMES_RUN = 1 << 0,      /* it is part of a run file's default name and of a table's cell */
    XP_FILTER_WORD = 1 << 1,    /* a filter's bare word may be its value */
    XP_OF_METHOD = 1 << 2,      /* methods that are drawn together differ in it */
    XP_OF_NO_RECIPE = 1 << 3,   /* it changes bits, but is not part of a recipe */
    XP_OPEN = 1 << 4,           /* the paper prints no value for it, or two */
    XP_OPEN_WITH_TEXT = 1 << 5, /* the same, only for text */
    XP_PICKS_DATA = 1 << 6,     /* decides which data are in memory; below: how many examples; their speed */
    XP_PICKS_EXAMPLES = 1 << 7,
    XP_SETS_PACE = 1 << 8,
    XP_ALWAYS_TOLD = 1 << 9 /* the command that makes a run again has it, even at its default */
};

/* What options are about, in the order in which help and manual list them: identifier, name. */
#define XP_OPTION_GROUPS                                                                                               \
    XP_GROUP(DATA, "data")                                                                                             \
    XP_GROUP(IMBALANCE, "imbalance")                                                                                   \
    XP_GROUP(METHOD, "method")                                                                                         \
    XP_GROUP(NETWORK, "network")                                                                                       \
    XP_GROUP(OPTIMISER, "optimiser")                                                                                   \
    XP_GROUP(RUN, "run")                                                                                               \
    XP_GROUP(RESULTS, "results")

#define XP_GROUP(id, name) XP_GROUP_##id,
typedef enum { XP_NO_GROUP, XP_OPTION_GROUPS XP_GROUP_COUNT } xp_group;
#undef XP_GROUP

typedef struct {
    const char *name;         /* "split-seed" */
    const char *argument;     /* what help shows for the value; NULL for XP_SWITCH_ON */
    const char *default_text; /* the default as it would be typed, "auto" where the recipe decides; NULL: none */
    const char *help;         /* sentences, without the last full stop */
    unsigned verbs;           /* xp_verb_bit of every verb that takes it */
    const char *key;          /* the name with '_', as YAML and run files spell it; NULL: it has no hyphen */
    xp_option_kind kind;
    double min, max;            /* bounds of a number; max 0 means none */
    bool above_min, below_max;  /* the bound itself is outside */
    bool automatic;             /* "auto" is allowed */
    const char *const *choices; /* NULL-terminated, for XP_CHOICE; for XP_TEXT what a shell may offer */
    const char *with_text;      /* the default where text is classified; NULL: the same */
    unsigned roles;             /* XP_NAMES_RUN and so on */
    xp_group group;             /* never XP_NO_GROUP */
    bool unwritten;             /* its default changes nothing, and is not written to run files (docs/numerics.md) */
} xp_option;

#define XP_VERB(id, name) XP_VERB_##id,
typedef enum {
#include "recipes/verbs.def"
    XP_VERB_COUNT
} xp_verb_id;
#undef XP_VERB

extern const char *const xp_verb_names[XP_VERB_COUNT];

typedef enum { XP_BY_DEFAULT, XP_BY_CONFIG, XP_BY_FLAG } xp_source;

/* The values of a command: text as given, or the default. */
typedef struct {
    const char *text[XP_OPTION_COUNT]; /* never NULL for an option that has a default */
    xp_source source[XP_OPTION_COUNT];
    const char **arguments; /* (argument_count) the words that are no options */
    int argument_count;
    bool help;         /* --help or -h stood somewhere */
    core_arena *arena; /* of the texts, and of what is made of the options (recipes/recipe.h); not owned */
} xp_options;

/* The values of --format, NULL-terminated: text, markdown, latex, csv, json. */
extern const char *const xp_table_formats[];

/* The values of --layout, NULL-terminated: long, wide. */
extern const char *const xp_table_layouts[];

const xp_option *xp_option_get(xp_option_id id);

/* The default: `with_text` of an option that has it where `text`, else `default_text`. */
const char *xp_option_default(xp_option_id id, bool text);

/* Writes the default in words, "200, with text 10"; "" where there is none. */
enum { XP_DEFAULT_BYTES = 96 };
void xp_option_describe_default(const xp_option *option, char text[XP_DEFAULT_BYTES]);

/* Whether a data set of that name is text. */
bool xp_data_is_text(const char *data);

/* Whether the options are for text: by their data set; without one, by their network. */
bool xp_options_of_text(const xp_options *options);

/* Whether the verb takes the option. */
bool xp_verb_takes(xp_verb_id verb, xp_option_id id);

/* Whether the option has one of the roles. */
bool xp_option_is(xp_option_id id, unsigned roles);

/* The name of its group. */
const char *xp_option_group(xp_option_id id);

/* The option at `place`, from 0, of a list by groups. */
xp_option_id xp_option_listed(int place);

/* The name as YAML and run files spell it. */
const char *xp_option_key(xp_option_id id);

/* Reads the words after the verb. `out` is unchanged on failure. CORE_BAD_USAGE: an option that does not exist
 * (with the nearest one) or that the verb does not take, a missing or wrong value (what was given, what was
 * expected); what --config names may fail with CORE_BAD_FILE. */
core_status xp_options_parse(xp_verb_id verb, int count, const char *const *words, core_arena *arena,
                             xp_options *out) CORE_MUST_USE;

/* Writes what a value of the option must be, in words made from the table. */
enum { XP_EXPECTED_BYTES = 640 };
void xp_option_expects(const xp_option *option, char text[XP_EXPECTED_BYTES]);

/* How several values of an option are joined into one, "1,2"; NULL: it takes one value. */
const char *xp_option_joined(xp_option_id id);

/* Checks `text` as a value of option `id`; `where` stands at the head of the message ("--rho", "run.yaml: rho"). */
core_status xp_option_check(xp_option_id id, const char *where, const char *text) CORE_MUST_USE;

/* " (the default)" where the option was not given, "" otherwise; messages print it behind the value that they blame. */
const char *xp_default_mark(const xp_options *options, xp_option_id id);

/* Values of checked options. Numbers: not where the text is "auto". */
bool xp_is_auto(const xp_options *options, xp_option_id id);
int64_t xp_integer(const xp_options *options, xp_option_id id);
double xp_real(const xp_options *options, xp_option_id id);
bool xp_is_on(const xp_options *options, xp_option_id id);
bool xp_is(const xp_options *options, xp_option_id id, const char *text); /* also where it has no value: false */

/* Whether the option stands at its default for the data at hand, however it is spelled ("0" or "0.0"). */
bool xp_is_default(const xp_options *options, xp_option_id id);

/* A checked value, `text`, as a run file keeps it under the option's key; the text is borrowed. */
res_option xp_option_value(xp_option_id id, const char *text);

/* Reads "none" or "160,180" into epochs (capacity) and returns how many; -1: not such a text, or too many. */
enum { XP_MAX_EPOCH_SET = 8 };
int xp_epochs_of_text(const char *text, int64_t *epochs, int capacity);

/* Writes a checked set of epochs, "30,60", as it is in proportion where a run of `from` epochs, "90", becomes one of `to`, at
 * least 1 where it was; "none" and "auto" as they are. */
void xp_epochs_move(const char *events, const char *from, const char *to, char *text, size_t bytes);

/* An interval: seconds or steps, the other one 0; both 0 for "never". */
typedef struct {
    double seconds;
    int64_t steps;
} xp_interval;
xp_interval xp_interval_of(const xp_options *options, xp_option_id id);

/* Sets every option that was not given to its default for the current data, images or text. Parsing does this; after
 * xp_options_set or another change of --data or --model the caller must. */
void xp_options_settle(xp_options *options);

/* Checks and sets one option; `where` as in xp_option_check, NULL: as a flag of its own. */
core_status xp_options_set(xp_options *options, xp_option_id id, const char *where, const char *text) CORE_MUST_USE;

/* The id of the option whose YAML key is `key` and which `verb` takes; XP_OPTION_COUNT if there is none. */
xp_option_id xp_option_of_key(xp_verb_id verb, const char *key);

/* Prints the options of a verb, one or two lines each, under the names of their groups where there are several. */
void xp_options_print_help(FILE *stream, xp_verb_id verb);

#endif
