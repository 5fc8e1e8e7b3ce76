/* results/export/export.h - a run file in the formats of other tools: NumPy's .npz, CSV, ONNX. docs/export.md.
 *
 * Content  The run's content as compare and the digest define it (results/runs/content.h), without /env and /timing:
 *          runs with the same bits give the same bytes, also from different machines.
 * Errors   CORE_BAD_FILE: the run file is missing, damaged or foreign; CORE_MACHINE: the output cannot be written.
 * Files are replaced whole (core/file.h).
 */
#ifndef RESULTS_EXPORT_EXPORT_H
#define RESULTS_EXPORT_EXPORT_H

#include "core/status.h"
#include "results/runs/run_file.h"

/* Writes every dataset of the run file at `path`, loaded as *run, as an array under its own path, those of its files of
 * features (results/runs/features_file.h) that are there too, and every attribute of a group as
 * an array GROUP/NAME ("config/rho"), into the archive `out`, which numpy.load reads without pickle. Does not check the
 * digest: res_run_load does. */
core_status res_export_npz(const res_run *run, const char *path, const char *out) CORE_MUST_USE;

/* Checks, as core_file_check, that it can write there; it may replace only an older export. Call it before the work. */
core_status res_export_npz_check(const char *out) CORE_MUST_USE;

/* Writes config.yaml, classes.csv, epochs.csv, class_margins.csv, margins.csv, predictions.csv and confusion.csv of the
 * run file at `path`, loaded as *run (at least all but RES_STATE and RES_FEATURES), into `folder`, which is made where
 * missing. Files for which the run has no results are not written, and those of an older export are removed. Reals are
 * the shortest text that reads back; NaN is "NaN". */
core_status res_export_csv(const res_run *run, const char *path, const char *folder) CORE_MUST_USE;

/* The same check for every file of the folder, which need not exist. */
core_status res_export_csv_check(const char *folder) CORE_MUST_USE;

/* The input of the network of a loaded run (RES_STATE). */
typedef enum {
    RES_TAKES_IMAGES, /* "images" (N, 3, H, W) float: bytes 0 to 255, normalised inside */
    RES_TAKES_TEXT,   /* "tokens" (N, T) i64: word numbers, 0 behind the end of each text */
    RES_TAKES_UNKNOWN /* an unknown network */
} res_export_input;
res_export_input res_export_takes(const res_run *run);

/* Writes the network of the run file at `path`, loaded as *run (RES_CONFIG | RES_DATA | RES_STATE at least), with the
 * weights of /state, as an ONNX model. Outputs "logits" (N, K), before the scale s, and "features" (N, D). Images:
 * needs run->data.mean and std. Text: `words` (NULL: none), the vocabulary, one word per line, is stored in the model.
 * CORE_BAD_FILE: no state, or the state of an unknown network. */
core_status res_export_onnx(const res_run *run, const char *path, const char *words, const char *out) CORE_MUST_USE;

/* The same check for the model. */
core_status res_export_onnx_check(const char *out) CORE_MUST_USE;

#endif
