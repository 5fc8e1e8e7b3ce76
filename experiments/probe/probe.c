#include "experiments/probe/probe.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/text.h"
#include "core/version.h"
#include "experiments/probe/classifiers.h"
#include "experiments/probe/logistic.h"
#include "imbalance/metrics.h"
#include "nn/head.h"
#include "recipes/methods.h"
#include "results/runs/features_file.h"

enum { LOGISTIC, NEAREST_MEAN, TAU_NORMALISED, OWN, CLASSIFIERS, SHOWN_CLASSES = 20 };

static const char *const names[CLASSIFIERS] = {"logistic", "nearest-mean", "tau-normalised", "own"};

typedef struct {
    const xp_probe_request *request;
    core_arena *arena; /* owns what the probe points to */
    core_arena room;
    res_run run;
    int64_t K, D;
    xp_probe_part fit, test;
    const float *weight; /* (K, D) of the last layer; NULL: not known */
    int32_t *predicted_fit, *predicted_test;
    res_probe probe;
    const char **names; /* of the probe, to be filled */
    double *fit_error, *error, *class_error;
    int64_t *confusion; /* NULL: not wanted */
} work;

/* The share of predictions (n) that are wrong. */
static double error_of(const int32_t *predictions, const xp_probe_part *part)
{
    int64_t wrong = 0;
    for (int64_t i = 0; i < part->n; i++) {
        wrong += predictions[i] != part->labels[i];
    }
    return (double)wrong / (double)part->n;
}

/* Adds a classifier with the errors of its predictions. */
static core_status add_classifier(work *w, int classifier, const int32_t *on_fit, const int32_t *on_test)
{
    const int64_t m = w->probe.M++;
    if (w->confusion != NULL) {
        imb_confusion_add(w->test.labels, on_test, w->test.n, w->K, w->confusion + m * w->K * w->K);
    }
    double error;
    CORE_TRY(imb_class_error(w->test.labels, on_test, w->test.n, w->K, w->class_error + m * w->K, &error));
    w->fit_error[m] = error_of(on_fit, &w->fit);
    w->error[m] = error_of(on_test, &w->test);
    w->names[m] = names[classifier];
    return CORE_OK;
}

static core_status fit_logistic(work *w)
{
    const xp_examples fit = {.n = w->fit.n, .D = w->D, .K = w->K, .features = w->fit.features, .labels = w->fit.labels};
    const xp_logistic_options options = {.C = w->request->C,
                                         .tolerance = XP_LOGISTIC_TOLERANCE,
                                         .iterations = XP_LOGISTIC_ITERATIONS,
                                         .threads = w->request->threads};
    xp_logistic fitted;
    CORE_TRY(xp_logistic_fit(&fit, &options, w->arena, &fitted));
    xp_logistic_predict(&fitted, w->fit.features, w->fit.n, w->predicted_fit);
    xp_logistic_predict(&fitted, w->test.features, w->test.n, w->predicted_test);
    CORE_TRY(add_classifier(w, LOGISTIC, w->predicted_fit, w->predicted_test));
    w->probe.logistic = (res_probe_logistic){.weight = fitted.weight,
                                             .intercept = fitted.intercept,
                                             .mean = fitted.mean,
                                             .deviation = fitted.deviation,
                                             .objective = fitted.objective,
                                             .gradient_norm = fitted.gradient_norm,
                                             .iterations = fitted.iterations,
                                             .converged = fitted.converged};
    CORE_TRY(xp_nearest_mean(&fit, w->fit.features, w->fit.n, w->predicted_fit));
    CORE_TRY(xp_nearest_mean(&fit, w->test.features, w->test.n, w->predicted_test));
    return add_classifier(w, NEAREST_MEAN, w->predicted_fit, w->predicted_test);
}

/* Finds the class vectors of the last layer, with norm 1 where the head is a cosine head. */
static core_status find_weight(work *w)
{
    const res_state *state = &w->run.state;
    const res_option *name = res_options_find(&w->run.config.options, "method");
    const xp_method *method = name != NULL && name->type == CORE_H5_TEXT ? xp_method_find(name->text) : NULL;
    const res_array *found = res_state_find(state, NN_HEAD_WEIGHT);
    if (!w->request->at_end || found == NULL || method == NULL) {
        return CORE_OK;
    }
    const core_h5_shape *shape = &found->shape;
    if (shape->type != CORE_H5_F32 || shape->rank != 2 || shape->dims[0] != w->K || shape->dims[1] != w->D) {
        return core_fail(CORE_BAD_FILE, "%s: /state/" NN_HEAD_WEIGHT " is no f32 array of %s by %" PRId64 " features",
                         w->request->run, CORE_COUNT(w->K, "class"), w->D);
    }
    float *weight;
    CORE_TRY(CORE_ARENA_NEW(&w->room, w->K * w->D, "the last layer", weight));
    for (int64_t k = 0; k < w->K; k++) {
        const float *from = (const float *)found->data + k * w->D;
        double squares = 0;
        for (int64_t d = 0; d < w->D; d++) {
            squares += (double)from[d] * (double)from[d];
        }
        const double norm = method->head == NN_HEAD_COSINE && squares > 0 ? sqrt(squares) : 1;
        for (int64_t d = 0; d < w->D; d++) {
            weight[k * w->D + d] = (float)((double)from[d] / norm);
        }
    }
    w->weight = weight;
    return CORE_OK;
}

static core_status try_taus(work *w)
{
    double *tau, *fit_error, *test_error;
    CORE_TRY(CORE_ARENA_NEW(w->arena, XP_TAUS, "the values of tau", tau));
    CORE_TRY(CORE_ARENA_NEW(w->arena, XP_TAUS, "the errors of tau", fit_error));
    CORE_TRY(CORE_ARENA_NEW(w->arena, XP_TAUS, "the errors of tau", test_error));
    CORE_TRY(xp_tau_normalised(w->weight, w->K, w->D, w->fit.features, w->fit.n, w->predicted_fit));
    CORE_TRY(xp_tau_normalised(w->weight, w->K, w->D, w->test.features, w->test.n, w->predicted_test));
    int best = 0;
    for (int t = 0; t < XP_TAUS; t++) {
        tau[t] = xp_tau(t);
        fit_error[t] = error_of(w->predicted_fit + t * w->fit.n, &w->fit);
        test_error[t] = error_of(w->predicted_test + t * w->test.n, &w->test);
        best = fit_error[t] < fit_error[best] ? t : best;
    }
    CORE_TRY(
        add_classifier(w, TAU_NORMALISED, w->predicted_fit + best * w->fit.n, w->predicted_test + best * w->test.n));
    w->probe.tau = (res_probe_tau){XP_TAUS, tau, fit_error, test_error, tau[best]};
    return CORE_OK;
}

static core_status make_arrays(work *w)
{
    CORE_TRY(CORE_ARENA_NEW(w->arena, CLASSIFIERS, "the classifiers", w->names));
    CORE_TRY(CORE_ARENA_NEW(w->arena, CLASSIFIERS, "the errors", w->fit_error));
    CORE_TRY(CORE_ARENA_NEW(w->arena, CLASSIFIERS, "the errors", w->error));
    CORE_TRY(CORE_ARENA_NEW(w->arena, CLASSIFIERS * w->K, "the errors by class", w->class_error));
    if (w->K <= RES_DENSE_CLASSES) {
        CORE_TRY(CORE_ARENA_NEW(w->arena, CLASSIFIERS * w->K * w->K, "the confusions", w->confusion));
    }
    CORE_TRY(CORE_ARENA_NEW(&w->room, XP_TAUS * w->fit.n, "the predictions", w->predicted_fit));
    CORE_TRY(CORE_ARENA_NEW(&w->room, XP_TAUS * w->test.n, "the predictions", w->predicted_test));
    w->probe.name = w->names;
    w->probe.fit_error = w->fit_error;
    w->probe.error = w->error;
    w->probe.class_error = w->class_error;
    w->probe.confusion = w->confusion;
    return CORE_OK;
}

static core_status run_classifiers(work *w)
{
    CORE_TRY(make_arrays(w));
    CORE_TRY(fit_logistic(w));
    CORE_TRY(find_weight(w));
    if (w->weight != NULL) {
        CORE_TRY(try_taus(w));
    }
    return w->fit.own != NULL && w->test.own != NULL ? add_classifier(w, OWN, w->fit.own, w->test.own) : CORE_OK;
}

static void describe_probe(work *w)
{
    const xp_probe_request *request = w->request;
    const res_probe_options options = {.features = request->at_end ? "at-end" : "at-drop",
                                       .epoch = xp_probe_features(&w->run, request)->epoch,
                                       .protocol = request->usual ? "usual" : "paper",
                                       .frac = request->usual ? 0 : request->frac,
                                       .regularisation = request->C,
                                       .seed = request->seed};
    res_probe *probe = &w->probe;
    probe->creator = core_creator;
    probe->run_digest = w->run.digest;
    probe->config = w->run.config;
    probe->data = w->run.data;
    probe->options = options;
    probe->K = w->K;
    probe->D = w->D;
    probe->n = w->fit.n;
    probe->N = w->test.n;
    probe->fit_part = w->fit.part;
    probe->test_part = w->test.part;
    probe->fit_index = w->fit.index;
    probe->test_index = w->test.index;
    probe->fit_label = w->fit.labels;
    probe->test_label = w->test.labels;
}

core_status xp_probe(const xp_probe_request *request, core_arena *arena, res_probe *out)
{
    work w = {.request = request, .arena = arena};
    char why[128];
    CORE_TRY(res_run_load(request->run, RES_ALL, arena, &w.run));
    if (res_run_diverged(&w.run, why, sizeof why)) {
        return core_fail(CORE_BAD_FILE, "%s: diverged: %s; there is nothing to probe", request->run, why);
    }
    CORE_TRY(res_features_fetch(request->run, request->at_end, arena, &w.run));
    CORE_TRY(xp_probe_examples(&w.run, request, arena, &w.fit, &w.test));
    w.K = w.run.split.K;
    w.D = xp_probe_features(&w.run, request)->D;
    core_status status = run_classifiers(&w);
    core_arena_free(&w.room);
    CORE_TRY(status);
    describe_probe(&w);
    *out = w.probe;
    return CORE_OK;
}

void xp_probe_print(const res_probe *probe, FILE *stream)
{
    const int64_t shown = probe->K <= SHOWN_CLASSES ? probe->K : 0;
    const res_option *method = res_options_find(&probe->config.options, "method");
    char text[64];
    core_text_print(stream, "%s on %s, features %s (%s): fitted on %s (%s), tested on %s (%s)\n",
                    res_option_format(method, text, sizeof text), probe->data.name, probe->options.features,
                    CORE_COUNT(probe->options.epoch, "epoch"), CORE_COUNT(probe->n, "example"), probe->fit_part,
                    CORE_COUNT(probe->N, "example"), probe->test_part);
    fprintf(stream, "%-14s  %6s", "error, percent", "all");
    for (int64_t k = 0; k < shown; k++) {
        fprintf(stream, "  %6lld", (long long)k);
    }
    fputc('\n', stream);
    for (int64_t m = 0; m < probe->M; m++) {
        fprintf(stream, "%-14s  %6.2f", probe->name[m], 100 * probe->error[m]);
        for (int64_t k = 0; k < shown; k++) {
            fprintf(stream, "  %6.2f", 100 * probe->class_error[m * probe->K + k]);
        }
        fputc('\n', stream);
    }
    if (probe->tau.T > 0) {
        fprintf(stream, "tau %.1f\n", probe->tau.chosen);
    }
}
