#include "recipes/models.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const xp_model_names[] = {"resnet8",   "resnet14", "resnet20", "resnet32", "resnet44", "resnet56",
                                      "resnet110", "resnet18", "resnet50", "bilstm2",  NULL};

bool xp_model_is_of_text(const char *name) { return strcmp(name, "bilstm2") == 0; }

bool xp_model_has_bottlenecks(const char *name) { return strcmp(name, "resnet50") == 0; }

bool xp_model_has_stem(const char *name) { return strcmp(name, "resnet18") == 0 || xp_model_has_bottlenecks(name); }

int xp_stem_kernel(const char *stem, int64_t height, int64_t width)
{
    const bool small = height <= 64 && width <= 64;
    return strcmp(stem, "3x3") == 0 || (strcmp(stem, "auto") == 0 && small) ? 3 : 7;
}

int64_t xp_model_bench_side(const char *name)
{
    return xp_model_has_bottlenecks(name) ? 224 : xp_model_has_stem(name) ? 64 : 32;
}

core_status xp_model_shape(const char *name, int stem, bool v1, nn_resnet_shape *out)
{
    assert(strncmp(name, "resnet", 6) == 0);
    if (!xp_model_has_stem(name)) {
        return nn_resnet_shape_cifar(atoi(name + 6), out);
    }
    *out = xp_model_has_bottlenecks(name) ? nn_resnet_shape_50(stem, v1) : nn_resnet_shape_18(stem);
    return CORE_OK;
}
