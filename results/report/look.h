/* results/report/look.h - how each method is drawn: colour, marker and dash, the same in every figure (looks.def). */
#ifndef RESULTS_REPORT_LOOK_H
#define RESULTS_REPORT_LOOK_H

typedef struct {
    const char *method;
    const char *colour; /* "#rrggbb" */
    int marker, dash;   /* gnuplot's point type and dash type */
} res_look;

/* Ends with a NULL method. */
extern const res_look res_looks[];

/* The look of a method, which must be one of recipes/methods.h. */
const res_look *res_look_of(const char *method);

#endif
