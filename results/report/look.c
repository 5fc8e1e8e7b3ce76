#include "results/report/look.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define RES_LOOK(...) {__VA_ARGS__},
const res_look res_looks[] = {
#include "results/report/looks.def"
    {NULL, NULL, 0, 0}};

const res_look *res_look_of(const char *method)
{
    const res_look *look = res_looks;
    while (look->method != NULL && strcmp(look->method, method) != 0) {
        look++;
    }
    assert(look->method != NULL);
    return look;
}
