/* experiments/training/epoch_log.h - the file of `--log`: one JSON object a line for each finished epoch.
 *
 * Keys     "tailbit": "epoch", "run" (a digest of the configuration), "epoch" (from 1), "epochs", "lr", "train_loss"
 *          (nats), "train_error", "test_error", "validation_error" (fractions in [0, 1]), "test_class_error" (K of them,
 *          by class number), "seconds", "images_per_s", "left_s" (seconds to the run's end, by the last five epochs).
 *          null: not known, as the test error of an epoch without evaluation.
 * Whole    A command, also of a finished run, writes the lines of the epochs in the run file anew, beside and renamed,
 *          and then appends a line after each save of the run file.
 */
#ifndef EXPERIMENTS_TRAINING_EPOCH_LOG_H
#define EXPERIMENTS_TRAINING_EPOCH_LOG_H

#include "core/file.h"
#include "core/status.h"
#include "results/runs/run_file.h"

/* The log of any run. */
extern const core_file_kind xp_epoch_log_kind;

/* Writes the lines of the run's epochs so far; the file's folder is made. path NULL: nothing. Errors as core_file_write:
 * CORE_BAD_USAGE for the log of another run. */
core_status xp_epoch_log_begin(const char *path, const res_run *run) CORE_MUST_USE;

/* Appends the lines of the run's epochs from `first` >= 0 on, if any. path NULL: nothing. CORE_MACHINE: the file cannot be
 * written. */
core_status xp_epoch_log_add(const char *path, const res_run *run, int64_t first) CORE_MUST_USE;

#endif
