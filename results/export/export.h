/* results/export/export.h - a run file in the formats of other tools: NumPy's .npz, CSV, ONNX. docs/export.md.
 *
 * Content  What compare compares and the digest covers (results/runs/content.h): neither /env nor /timing, so that runs with
 *          the same bits give the same bytes, on whatever machine they ran.
 * Errors   CORE_BAD_FILE: the run file is missing, damaged or foreign; CORE_MACHINE: the output cannot be written.
 * Files are replaced whole (core/file.h).
 */
#ifndef RESULTS_EXPORT_EXPORT_H
#define RESULTS_EXPORT_EXPORT_H

#include "core/status.h"
#include "results/runs/run_file.h"

/* Writes every dataset of the run file at `path` as an array under its own path, and every attribute of a group beside
 * the group's datasets ("config/rho"), into the archive `out`, which numpy.load reads without pickle. Whether the
 * digest is right, res_run_load checks. */
core_status res_export_npz(const char *path, const char *out) CORE_MUST_USE;

/* Whether it can write there, as core_file_check, replacing only an older export: for the start of the work. */
core_status res_export_npz_check(const char *out) CORE_MUST_USE;

/* Writes config.yaml, classes.csv, epochs.csv, class_margins.csv, margins.csv, predictions.csv and confusion.csv of the
 * run file at `path`, loaded as *run (all but RES_STATE and RES_FEATURES at least), those that it has results for, into
 * `folder`, which is made if need be, and removes the others of them: an older export's. Reals are the shortest text that
 * reads back; NaN is "NaN". */
core_status res_export_csv(const res_run *run, const char *path, const char *folder) CORE_MUST_USE;

/* The same for every file of the folder, made or not. */
core_status res_export_csv_check(const char *folder) CORE_MUST_USE;

/* What the network of a loaded run (RES_STATE) takes. */
typedef enum {
    RES_TAKES_IMAGES, /* "images" (N, 3, 32, 32) float: bytes 0 to 255, normalised inside */
    RES_TAKES_TEXT,   /* "tokens" (N, T) i64: word numbers, 0 behind the end of each text */
    RES_TAKES_UNKNOWN /* no network that is known here */
} res_export_input;
res_export_input res_export_takes(const res_run *run);

/* Writes the network of the run file at `path`, loaded as *run (RES_CONFIG | RES_DATA | RES_STATE at least), with the
 * weights of /state, as an ONNX model. Outputs "logits" (N, K), before the scale s, and "features" (N, D). Images:
 * needs run->data.mean and std. Text: `words` (NULL: none), the vocabulary's words in lines, goes with the model.
 * CORE_BAD_FILE: no state, or not that of a network that is known here. */
core_status res_export_onnx(const res_run *run, const char *path, const char *words, const char *out) CORE_MUST_USE;

/* Whether it can write there, as for the others. */
core_status res_export_onnx_check(const char *out) CORE_MUST_USE;

#endif
