#include "recipes/class_names.h"

#include <stddef.h>

#include "datasets/class_names.h"

const char *const *xp_class_names(const res_run *run)
{
    return run->split.class_name != NULL ? run->split.class_name : ds_class_names(run->data.name, run->split.K);
}
