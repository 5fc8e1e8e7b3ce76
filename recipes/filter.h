/* recipes/filter.h - the one filter syntax: which cells of a grid, which runs of a folder.
 *
 * Grammar  or   = and { '|' and }      and  = not { '&' not }      not = '!' not | '(' or ')' | term
 *          term = AXIS '=' V | AXIS '!=' V | AXIS '<' V | AXIS '>' V | AXIS '~' V | V
 *          '!' binds tighter than '&', '&' tighter than '|'. Spaces between tokens mean nothing. A word is anything
 *          without spaces and & | ! ( ) = < > ~ " ', or anything between two quotes of a kind.
 * Meaning  '=' and '!=': the whole value, numbers by value (100 is 1e2, seed=0 is seed=00); '<' and '>': both sides are
 *          numbers; '~': V is a part of the value. Case matters. A bare V: some axis that takes bare words has the
 *          whole value V (cifar10 is not cifar100). An item without a value on an axis: only '!=' holds.
 */
#ifndef RECIPES_FILTER_H
#define RECIPES_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"

/* An axis and the values of all items on it, for messages and bare words. */
typedef struct {
    const char *name;          /* "method" */
    const char *const *values; /* (count) */
    int64_t count;
    bool bare;                  /* a bare word may be a value of it */
    const char *const *choices; /* all values that there are, NULL-terminated; NULL: any value may be one */
    bool automatic;             /* "auto" is a value, too */
} xp_axis;

typedef struct xp_filter xp_filter; /* lives in an arena */

/* Reads `text`; axes (count) are borrowed for the call. *out lives in `arena`. CORE_BAD_USAGE, with the column in the
 * expression, from 1: a term or ')' is missing, an unknown axis (with the nearest), a bare word that is no value
 * of an axis with bare words (with the nearest), '=' or '!=' with a value that is none of the axis' choices and of no
 * item (with the nearest), '<' or '>' with a value that is no number. */
core_status xp_filter_parse(const char *text, const xp_axis *axes, int64_t count, core_arena *arena,
                            xp_filter **out) CORE_MUST_USE;

/* Writes a value as a filter takes it: in quotes where it must be, a quote in it twice. */
void xp_filter_write_value(FILE *stream, const char *value);

/* Whether an item passes. values (count of parse): its value on every axis, in the order of parse's axes; NULL: none.
 * A NULL filter lets everything pass. */
bool xp_filter_passes(const xp_filter *filter, const char *const *values);

#endif
