#include "recipes/models.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const xp_model_names[] = {"resnet8",  "resnet14",  "resnet20", "resnet32", "resnet44",
                                      "resnet56", "resnet110", "bilstm2",  NULL};

bool xp_model_is_of_text(const char *name) { return strcmp(name, "bilstm2") == 0; }

int xp_model_depth(const char *name)
{
    assert(strncmp(name, "resnet", 6) == 0);
    return atoi(name + 6);
}
