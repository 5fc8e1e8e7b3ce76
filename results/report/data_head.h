/* results/report/data_head.h - a data set with its imbalance in words: the head of a wide table, the subtitle of a figure.
 *
 * Source   a column's name, as res_finished_run has it: "birds.h5/long-tailed/20", "cifar10/step/100".
 */
#ifndef RESULTS_REPORT_DATA_HEAD_H
#define RESULTS_REPORT_DATA_HEAD_H

#include <stdbool.h>
#include <stdio.h>

#include "results/report/table_internal.h"

/* Writes "birds, long-tailed, rho=20" in the language; all of a data set, "birds.h5/none", is "birds". A file's name keeps
 * its ending with_ending, or where without it the name is that of data that tailbit knows. */
void res_data_head_write(const char *column, bool with_ending, const res_table_language *language, FILE *stream);

/* Whether the data were made up to stand in for others: they say so in their name, "made_up_like_inaturalist", which every
 * page shows. RES_DATA_MADE_UP: how the sentence that says so ends. */
bool res_data_is_made_up(const char *column);
#define RES_DATA_MADE_UP "to show that everything works, not which method is better"

/* Whether the data of two columns have one name without their endings, and two with them. */
bool res_data_head_needs_ending(const char *column, const char *other);

#endif
