/* tests/end_to_end/hostile_mutate.h - one change of one object or attribute of an HDF5 file, as another program, a
 * broken disk or an enemy makes it. */
#ifndef TESTS_END_TO_END_HOSTILE_MUTATE_H
#define TESTS_END_TO_END_HOSTILE_MUTATE_H

#include <stdbool.h>
#include <stddef.h>

/* Where: an object, or an attribute of it. */
typedef struct {
    char object[160];   /* "" is the root */
    char attribute[64]; /* "": the object itself */
} hostile_place;

/* The objects and attributes of a file, at most `most`; returns how many. */
int hostile_places(const char *path, hostile_place *places, int most);

/* Changes are numbered from 0 on. */
int hostile_changes(void);

/* Makes the change at the place; `name` says which. false: there is no such change of such an object. */
bool hostile_change(const char *path, const hostile_place *place, int change, char *name, size_t bytes);

#endif
