/* experiments/models.h - the networks by name. */
#ifndef EXPERIMENTS_MODELS_H
#define EXPERIMENTS_MODELS_H

/* "resnet8", ..., NULL-terminated. */
extern const char *const xp_model_names[];

/* The depth of the ResNet of that name, which is one of xp_model_names. */
int xp_model_depth(const char *name);

#endif
