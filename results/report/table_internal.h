/* results/report/table_internal.h - what the writers of tables share. Internal to results/. */
#ifndef RESULTS_REPORT_TABLE_INTERNAL_H
#define RESULTS_REPORT_TABLE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "results/report/table.h"

enum { RES_TABLE_KINDS = RES_TABLE_LEFT_OUT + 1 };

void res_table_write_text(const res_table *table, FILE *stream);
void res_table_write_markdown(const res_table *table, FILE *stream);
void res_table_write_latex(const res_table *table, FILE *stream);
void res_table_write_csv(const res_table *table, FILE *stream);
core_status res_table_write_json(const res_table *table, FILE *stream) CORE_MUST_USE;

#endif
