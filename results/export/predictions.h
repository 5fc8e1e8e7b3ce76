/* results/export/predictions.h - what a network says of examples, as CSV: a line for each of them. docs/predict.md.
 *
 * Columns  example (its number from 0), and where they are known file, label, label_name, then predicted, predicted_name,
 *          (the class of the largest logit), confidence, rank and own_logit of the label, and the logits: of all classes (logit_0, ...), or the T largest
 *          (top_label_0, ..., top_logit_0, ...); features (feature_0, ...). Reals are the shortest text that reads back.
 */
#ifndef RESULTS_EXPORT_PREDICTIONS_H
#define RESULTS_EXPORT_PREDICTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

/* N examples, K classes. A NULL pointer: not known, or not wanted. */
typedef struct {
    int64_t N, K, T, D;
    const char *const *file;       /* (N) */
    const int32_t *label;          /* (N) */
    const char *const *class_name; /* (K) */
    const double *confidence;      /* (N) */
    const int32_t *rank;           /* (N) */
    const float *own_logit;        /* (N) */
    const float *logits;           /* (N, K); NULL: T > 0 */
    const int32_t *top_label;      /* (N, T) */
    const float *top_logit;        /* (N, T) */
    const float *features;         /* (N, D) */
} res_predictions;

/* Prints ",NAME_0,NAME_1,...", of a head. */
void res_csv_names(FILE *stream, const char *name, int64_t count);

/* Prints the whole table. */
void res_predictions_print(const res_predictions *predictions, FILE *stream);

/* Writes them to the file `out`, whole or not at all (core/file.h), without the whole text in memory. CORE_MACHINE: it cannot
 * be written; CORE_BAD_USAGE: a file that is none of tailbit's predictions lies there. */
core_status res_predictions_save(const res_predictions *predictions, const char *out) CORE_MUST_USE;

/* Checks, as core_file_check, that it can write there. Call it before the work. */
core_status res_predictions_check(const char *out) CORE_MUST_USE;

#endif
