/* experiments/training/record.h - fills and writes the run file: rows of epochs, features, margins, state. */
#ifndef EXPERIMENTS_TRAINING_RECORD_H
#define EXPERIMENTS_TRAINING_RECORD_H

#include "core/status.h"
#include "experiments/training/job.h"

/* Begins the file of a new run. */
core_status xp_record_begin(xp_job *job) CORE_MUST_USE;

/* Reserves the rows of all epochs in the file that was loaded or begun, and adds this start to /env. */
core_status xp_record_start(xp_job *job) CORE_MUST_USE;

/* Begins to count the epoch's seconds, behind those that earlier starts spent on it. */
void xp_record_begin_epoch(xp_job *job);

/* Evaluates what is due after the last step of an epoch, adds the epoch's row everywhere, and moves the pass to the
 * next epoch. images_per_s: how many examples its steps took a second. CORE_STOPPED, nothing added: a signal came during
 * the evaluation. CORE_DIVERGED, nothing added: a tensor or an output of the network is not finite, which the losses need
 * not show: the last update comes after them. */
core_status xp_record_epoch(xp_job *job, double images_per_s) CORE_MUST_USE;

/* Adds the features before the learning rate first falls. CORE_STOPPED and CORE_DIVERGED as above. */
core_status xp_record_features_at_drop(xp_job *job) CORE_MUST_USE;

/* Adds everything that a finished run has. CORE_STOPPED and CORE_DIVERGED as above. */
core_status xp_record_final(xp_job *job) CORE_MUST_USE;

/* Writes the file with the current network and the unfinished pass. CORE_DIVERGED, nothing written: as above. */
core_status xp_record_save(xp_job *job) CORE_MUST_USE;

/* Names of the running sums in the state: the values of an unfinished epoch's steps, by position. */
extern const char *const xp_running_names[XP_RUNNING]; /* losses (f64), margins (f64), predictions (i32) */

#endif
