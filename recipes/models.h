/* recipes/models.h - the networks by name. */
#ifndef RECIPES_MODELS_H
#define RECIPES_MODELS_H

#include <stdbool.h>

#include "core/status.h"
#include "nn/model.h"

/* "resnet8", ..., "bilstm2", NULL-terminated. */
extern const char *const xp_model_names[];

/* Whether the network of that name, which is one of xp_model_names, classifies text. */
bool xp_model_is_of_text(const char *name);

/* Whether the ResNet of that name takes a choice of stem, and of bottleneck. */
bool xp_model_has_stem(const char *name);
bool xp_model_has_bottlenecks(const char *name);

/* The stem's kernel: what --stem says, "3x3" or "7x7"; "auto": 3x3 for images of up to 64 pixels on the longer side. */
int xp_stem_kernel(const char *stem, int64_t height, int64_t width);

/* The side of the images that the ResNet of that name is benchmarked with: 32, 64 or 224. */
int64_t xp_model_bench_side(const char *name);

/* What the ResNet of that name is made of; `stem` and `v1` have a meaning where it takes a choice. */
core_status xp_model_shape(const char *name, int stem, bool v1, nn_resnet_shape *out) CORE_MUST_USE;

#endif
