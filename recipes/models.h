/* recipes/models.h - the networks by name. */
#ifndef RECIPES_MODELS_H
#define RECIPES_MODELS_H

#include <stdbool.h>

/* "resnet8", ..., "bilstm2", NULL-terminated. */
extern const char *const xp_model_names[];

/* Whether the network of that name, which is one of xp_model_names, classifies text. */
bool xp_model_is_of_text(const char *name);

/* The depth of the ResNet of that name. */
int xp_model_depth(const char *name);

#endif
