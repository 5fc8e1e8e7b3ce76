#include "experiments/training/evaluation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "datasets/bucket.h"
#include "core/signals.h"
#include "experiments/training/ranks.h"

/* How many shards are evaluated between two checks for a signal: a second or two of work. */
enum { IMAGE_SHARDS_AT_ONCE = 256, TEXT_SHARDS_AT_ONCE = 64 };

typedef struct {
    const xp_evaluation *what;
    int64_t *order; /* (n) text: the places in the list, sorted by length; NULL: in the order of the list */
    int64_t begin;  /* place in `order` of the first example of the window */
    bool *own;      /* (examples of a window) those that this rank has evaluated */
    int64_t D, K;
} window;

/* The place in the list of example `position` of the window. */
static int64_t place_of(const window *w, int64_t position)
{
    int64_t at = w->begin + position;
    return w->order != NULL ? w->order[at] : at;
}

/* The place in the part of example `position` of the window. */
static int64_t example_of(const window *w, int64_t position)
{
    int64_t place = place_of(w, position);
    return w->what->index != NULL ? w->what->index[place] : place;
}

static core_status load_images(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const window *w = context;
    ds_loader *loader = w->what->loader;
    const int64_t floats = ds_image_floats(ds_loader_dataset(loader));
    for (int64_t i = 0; i < count; i++) {
        CORE_TRY(ds_loader_plain(loader, thread, w->what->part, example_of(w, first + i), images + i * floats));
    }
    return CORE_OK;
}

static nn_sequence sequence(void *context, int64_t position)
{
    const window *w = context;
    nn_sequence text;
    text.tokens = ds_sequence(w->what->part, example_of(w, position), &text.length);
    return text;
}

static void keep_outputs(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    const window *w = context;
    memset(w->own + first, true, (size_t)count * sizeof *w->own);
    for (int64_t i = 0; i < count; i++) {
        int64_t place = place_of(w, first + i);
        if (w->what->features != NULL) {
            memcpy(w->what->features + place * w->D, features + i * w->D, (size_t)w->D * sizeof *features);
        }
        if (w->what->logits != NULL) {
            memcpy(w->what->logits + place * w->K, logits + i * w->K, (size_t)w->K * sizeof *logits);
        }
        if (w->what->outputs != NULL) {
            const int32_t label = w->what->part->labels[example_of(w, first + i)];
            imb_outputs_fill(w->what->outputs, place, logits + i * w->K, w->K, label);
        }
    }
}

static bool is_text(const window *w) { return ds_loader_dataset(w->what->loader)->kind == DS_TEXT; }

static core_status order_by_length(window *w)
{
    int64_t n = w->what->n, *lengths;
    CORE_TRY(CORE_NEW(n, "the order of texts", w->order));
    CORE_TRY(CORE_NEW(n, "the texts' lengths", lengths));
    ds_text_lengths(w->what->part, w->what->index, n, lengths);
    core_status status = ds_length_order(lengths, n, w->order);
    free(lengths);
    return status;
}

/* Gives rank 0 what the window's `count` examples have left. */
static void gather_window(const window *w, int64_t count)
{
    const imb_outputs none = {0}, *out = w->what->outputs != NULL ? w->what->outputs : &none;
    const xp_owned owned = {w->own, w->order != NULL ? w->order + w->begin : NULL, w->begin, count};
    const xp_field fields[] = {{w->what->features, w->D * (int64_t)sizeof(float)},
                               {w->what->logits, w->K * (int64_t)sizeof(float)},
                               {out->prediction, sizeof *out->prediction},
                               {out->rank, sizeof *out->rank},
                               {out->confidence, sizeof *out->confidence},
                               {out->margin, sizeof *out->margin},
                               {out->own_logit, sizeof *out->own_logit},
                               {out->top_label, out->T * (int64_t)sizeof *out->top_label},
                               {out->top_logit, out->T * (int64_t)sizeof *out->top_logit}};
    xp_ranks_gather(&owned, fields, sizeof fields / sizeof fields[0]);
}

static core_status evaluate_windows(nn_model *model, window *w)
{
    nn_eval_feed feed = {.context = w, .load = load_images, .sequence = sequence, .receive = keep_outputs};
    const int64_t at_once = (is_text(w) ? TEXT_SHARDS_AT_ONCE : IMAGE_SHARDS_AT_ONCE) * w->what->shard;
    core_status status = is_text(w) ? order_by_length(w) : CORE_OK;
    status = status == CORE_OK ? CORE_NEW(at_once, "the examples of a rank", w->own) : status;
    CORE_TRY(core_comm_agree(status, NULL)); /* before a rank goes on: another may lack the memory */
    for (; w->begin < w->what->n && status == CORE_OK; w->begin += at_once) {
        const int64_t left = w->what->n - w->begin, count = left < at_once ? left : at_once;
        unsigned stop = core_stop_wanted();
        CORE_TRY(core_comm_agree(CORE_OK, &stop));
        if (stop != 0) {
            return CORE_STOPPED;
        }
        memset(w->own, false, (size_t)count * sizeof *w->own);
        status = core_comm_agree(nn_model_evaluate(model, count, &feed), NULL);
        if (status == CORE_OK) {
            gather_window(w, count);
        }
    }
    return status;
}

static core_status fail_output(bool is_nan)
{
    return core_fail(CORE_DIVERGED, "what the network gives for an example is no number (%s)",
                     is_nan ? "NaN" : "infinite");
}

/* Checks those of features, logits and outputs that are wanted. */
static core_status check_outputs(const window *w)
{
    const xp_evaluation *what = w->what;
    const float *const values[] = {what->features, what->logits};
    const int64_t widths[] = {w->D, w->K};
    for (int o = 0; o < 2; o++) {
        for (int64_t i = 0; values[o] != NULL && i < what->n * widths[o]; i++) {
            if (!isfinite(values[o][i])) {
                return fail_output(isnan(values[o][i]));
            }
        }
    }
    for (int64_t i = 0; what->outputs != NULL && i < what->n; i++) {
        if (what->outputs->prediction[i] < 0) {
            return fail_output(what->outputs->prediction[i] == IMB_IS_NAN);
        }
    }
    return CORE_OK;
}

core_status xp_evaluate(nn_model *model, const xp_evaluation *evaluation)
{
    window w = {.what = evaluation, .D = nn_model_feature_count(model), .K = nn_model_class_count(model)};
    const core_status status = evaluate_windows(model, &w);
    free(w.order);
    free(w.own);
    CORE_TRY(status);
    return core_comm_agree(xp_is_writer() ? check_outputs(&w) : CORE_OK, NULL);
}
