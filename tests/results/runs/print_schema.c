/* Prints a line for every array of run files and probe files: file, path, letters of its shape, type. */
#include <stdio.h>

#include "results/runs/run_internal.h"

static void print_schemas(const char *file, const res_schema *const *schemas)
{
    for (; *schemas != NULL; schemas++) {
        for (const res_field *field = (*schemas)->fields; field->path != NULL; field++) {
            printf("%s /%s %s %s\n", file, field->path, field->long_name != NULL ? field->shape : "-",
                   core_h5_type_name(field->type));
        }
    }
}

int main(void)
{
    print_schemas("run", res_run_schemas);
    print_schemas("probe", res_probe_schemas);
    return 0;
}
