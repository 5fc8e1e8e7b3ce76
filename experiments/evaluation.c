#include "experiments/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "datasets/augment.h"
#include "experiments/stop.h"
#include "imbalance/loss.h"
#include "imbalance/metrics.h"

/* How many shards are evaluated between two looks at the signals: about a second of work. */
enum { SHARDS_AT_ONCE = 256 };

typedef struct {
    const xp_evaluation *what;
    int64_t begin; /* of the examples under way */
    int64_t D, K;
} window;

static void load(void *context, int64_t first, int64_t count, float *images)
{
    const window *w = context;
    for (int64_t i = 0; i < count; i++) {
        int64_t element = w->begin + first + i;
        int64_t example = w->what->index != NULL ? w->what->index[element] : element;
        ds_normalise(w->what->data, w->what->part, example, images + i * DS_IMAGE_BYTES);
    }
}

static void receive(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    const window *w = context;
    int64_t begin = w->begin + first;
    if (w->what->features != NULL) {
        memcpy(w->what->features + begin * w->D, features, (size_t)(count * w->D) * sizeof *features);
    }
    if (w->what->logits != NULL) {
        memcpy(w->what->logits + begin * w->K, logits, (size_t)(count * w->K) * sizeof *logits);
    }
}

core_status xp_evaluate(nn_model *model, const xp_evaluation *evaluation)
{
    window w = {.what = evaluation, .D = nn_model_feature_count(model), .K = nn_model_class_count(model)};
    nn_eval_feed feed = {.context = &w, .load = load, .receive = receive};
    int64_t at_once = SHARDS_AT_ONCE * evaluation->shard;
    for (; w.begin < evaluation->n; w.begin += at_once) {
        if (xp_stop_wanted()) {
            return CORE_STOPPED;
        }
        int64_t left = evaluation->n - w.begin;
        CORE_TRY(nn_model_evaluate(model, left < at_once ? left : at_once, &feed));
    }
    return CORE_OK;
}

core_status xp_score_logits(const float *logits, const int32_t *labels, int64_t n, int64_t K, xp_score *out)
{
    int32_t *predictions;
    CORE_TRY(CORE_NEW(n, "the predictions", predictions));
    imb_predict(logits, n, K, predictions);
    memset(out->confusion, 0, (size_t)(K * K) * sizeof *out->confusion);
    imb_confusion_add(labels, predictions, n, K, out->confusion);
    imb_class_error(out->confusion, K, out->class_error);
    int64_t right = 0;
    for (int64_t k = 0; k < K; k++) {
        right += out->confusion[k * K + k];
    }
    out->error = 1.0 - (double)right / (double)n;
    out->top5_error = 1.0 - (double)imb_top_hits(logits, labels, n, K, K < 5 ? K : 5) / (double)n;
    free(predictions);
    return CORE_OK;
}
