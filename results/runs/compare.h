/* results/runs/compare.h - are two run files the same, bit for bit, and if not, where is the first difference?
 *
 * Every dataset and attribute outside /env, /timing and the attribute creator is read and compared: path, type, shape
 * and bytes. There is no tolerance: -0 differs from 0, and a NAN equals a NAN of the same bits.
 */
#ifndef RESULTS_RUNS_COMPARE_H
#define RESULTS_RUNS_COMPARE_H

#include "core/status.h"

/* Compares the run files at path_a and path_b.
 *   CORE_OK        the same content
 *   CORE_DIFFERS   they differ, or one of them is unfinished: of unfinished runs the epochs that both have are compared
 *   CORE_BAD_FILE  one of them is missing, damaged, foreign or of another schema; the message says which
 * With CORE_OK and CORE_DIFFERS *report is a text for people that ends in a newline; free() it. Else it is unchanged.
 * The report names the first epoch and tensor that differ, differing options with both values, differing data, what
 * differs between the machines of the last starts, and every differing dataset with its first differing index.
 */
core_status res_compare(const char *path_a, const char *path_b, char **report) CORE_MUST_USE;

/* Compares two folders of run files: every file that ends in .h5, at any depth, with the file of the same name.
 * The report has a line for each pair: its name and the result of res_compare (the same bits; the first epoch and
 * tensor that differ; unfinished), or that one folder lacks the name, or why the file cannot be compared. The whole
 * report of the first pair that differs follows, and the counts.
 *   CORE_OK        every pair is the same, and no name is missing
 *   CORE_DIFFERS   a pair differs or is unfinished, or a name is missing in one folder
 *   CORE_BAD_FILE  a file cannot be compared (the others are compared), a folder cannot be read or holds no run
 * *report as for res_compare; with CORE_BAD_FILE it may be set too, if files were compared. */
core_status res_compare_folders(const char *folder_a, const char *folder_b, char **report) CORE_MUST_USE;

#endif
