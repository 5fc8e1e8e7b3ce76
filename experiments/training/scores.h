/* experiments/training/scores.h - the errors of a network's predictions, rounded as run files keep them. */
#ifndef EXPERIMENTS_TRAINING_SCORES_H
#define EXPERIMENTS_TRAINING_SCORES_H

#include <stdint.h>

#include "core/status.h"
#include "results/runs/run_file.h"

/* Rounds what the file of a run with many classes keeps in floats: values (K), one a class. */
void xp_round_row(int64_t K, double *values);

/* As imb_class_error (imbalance/metrics.h), with class_error (K) rounded. */
core_status xp_class_errors(const int32_t *labels, const int32_t *predictions, int64_t n, int64_t K,
                            double *class_error, double *error) CORE_MUST_USE;

#endif
