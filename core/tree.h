/* core/tree.h - the fixed binary tree in which the results of shards are combined.
 *
 * Maths    T(b, e) of leaves b..e-1: a leaf, or T(b, b + p) + T(b + p, e) with p the largest power of two below e - b.
 *          In place: for stride 1, 2, 4, ...: leaf i += leaf i + stride for i = 0, 2 stride, 4 stride, ... when
 *          present.
 *          A block of 2^j leaves that begins at a multiple of 2^j is one node, so its owner may combine it first.
 * Shapes   n leaves, numbered 0..n-1; the number of leaves alone fixes the arithmetic.
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include <stdint.h>

/* Combines leaf `from` into leaf `into` < `from`; `from` is not read again. */
typedef void (*core_tree_combine_fn)(void *context, int64_t into, int64_t from);

/* Calls `combine` n - 1 times in the tree's order; the result is then in leaf 0. n >= 0. */
void core_tree_combine(int64_t n, core_tree_combine_fn combine, void *context);

/* Where several processes own parts of the leaves: each combines the nodes that lie inside its part, and then what remains is
 * combined by whoever has all nodes. It is the same tree. */
enum { CORE_TREE_NODES = 128 }; /* of a part, at most */

/* Writes the largest nodes inside the part [begin, end) of n leaves, in order; node i is [nodes[2 i], nodes[2 i + 1]).
 * Returns their number. */
int core_tree_nodes(int64_t n, int64_t begin, int64_t end, int64_t nodes[2 * CORE_TREE_NODES]);

/* Calls `combine` for what remains, in order; part p has leaves borders[p]..borders[p + 1]. The result is in leaf 0. */
void core_tree_combine_remaining(int64_t n, int parts, const int64_t *borders, core_tree_combine_fn combine,
                                 void *context);

/* Sums n rows of `length` numbers, row i at rows + i * stride (stride >= length, in elements), into row 0; the other
 * rows are left with partial sums. Each column is its own sum, so threads may own slices of columns. n, length >= 0. */
void core_tree_sum_double(int64_t n, int64_t length, int64_t stride, double *rows);

#endif
