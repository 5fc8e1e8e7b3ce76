/* Prints the examples of a part, train or test, of the text set that is named: a line of word numbers each. What
 * export.py and text_oracle.py feed networks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datasets/dataset.h"

int main(int count, char **arguments)
{
    ds_dataset data;
    if (count != 3 || ds_load(arguments[1], NULL, NULL, &data) != CORE_OK) {
        fprintf(stderr, "usage: print_texts NAME train|test\n%s\n", core_error_message());
        return CORE_BAD_USAGE;
    }
    const ds_part *part = strcmp(arguments[2], "train") == 0 ? &data.train : &data.test;
    for (int64_t i = 0; i < part->count; i++) {
        int64_t length;
        const int32_t *ids = ds_sequence(part, i, &length);
        for (int64_t t = 0; t < length; t++) {
            printf("%" PRId32 "%c", ids[t], t + 1 < length ? ' ' : '\n');
        }
    }
    ds_destroy(&data);
    return CORE_OK;
}
