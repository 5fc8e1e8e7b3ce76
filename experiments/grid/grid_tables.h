/* experiments/grid/grid_tables.h - the files of experiments/grid/tables/, as they were at build time. */
#ifndef EXPERIMENTS_GRID_GRID_TABLES_H
#define EXPERIMENTS_GRID_GRID_TABLES_H

/* NULL-terminated; of each name the file's text. */
extern const char *const xp_grid_names[];
extern const char *const xp_grid_texts[];

/* "table1|table2|FILE.yaml [options]": what `tailbit grid` takes. */
extern const char xp_grid_arguments[];

#endif
