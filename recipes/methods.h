/* recipes/methods.h - a method is data: a row of the paper's tables and the parts that it is made of.
 *
 * Source   Cao et al., NeurIPS 2019, Tables 1, 2 and 5, and their released code. A new row is one line in methods.c.
 */
#ifndef RECIPES_METHODS_H
#define RECIPES_METHODS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "imbalance/deferred.h"
#include "imbalance/loss.h"
#include "imbalance/weights.h"
#include "nn/model.h"

typedef enum { XP_NO_MARGIN, XP_LDAM_MARGINS, XP_UNIFORM_MARGIN } xp_margin_kind;

typedef struct {
    const char *name; /* as the tables print it */
    imb_loss_kind loss;
    xp_margin_kind margin;
    nn_head_kind head;
    imb_rebalance rebalance; /* how the classes are balanced, if at all */
    bool deferred;           /* from the switch epoch on, else from the start */
    imb_weighting weights;   /* class weights where classes are balanced; --weights overrides it */
    const char *source;
} xp_method;

/* The names in table order, NULL-terminated. */
extern const char *const xp_method_names[];
int64_t xp_method_count(void);

/* The place of a method in the order of every list; their number for another name. */
int64_t xp_method_order(const char *name);

/* The method of that name; NULL if there is none. */
const xp_method *xp_method_find(const char *name);

/* Whether the class sizes of a known test set change its training: it balances classes, or has LDAM margins. */
bool xp_method_knows_test(const xp_method *method);

/* Prints every method with its loss, head, its re-balancing before and from the switch epoch, and its source. */
void xp_methods_print(FILE *stream);

#endif
