/* experiments/grid/grid_tables.h - the files of experiments/grid/tables/, as they were at build time. */
#ifndef EXPERIMENTS_GRID_GRID_TABLES_H
#define EXPERIMENTS_GRID_GRID_TABLES_H

typedef struct {
    const char *name; /* "table2"; NULL ends the list */
    const char *text;
} xp_grid_table;

extern const xp_grid_table xp_grid_tables[];

#endif
