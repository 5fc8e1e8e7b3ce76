#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"
#include "datasets/dataset.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/split.h"

static void print_indices(const xp_split *split)
{
    for (int64_t i = 0; i < split->n; i++) {
        printf("%lld\n", (long long)split->index[i]);
    }
}

static int64_t count_tests(const ds_dataset *data, int64_t k)
{
    int64_t count = 0;
    for (int64_t i = 0; i < data->test.count; i++) {
        count += data->test.labels[i] == k;
    }
    return count;
}

static void print_split(const xp_options *options, const ds_dataset *data, const xp_split *split)
{
    core_text_print(stdout, "data: %s\ndata_sha256: %s\n", data->name, data->sha256);
    if (ds_verification(data->name, data->verified) != NULL) {
        printf("data_verified: %s\n", data->verified ? "yes" : "no (no official MD5 was checked)");
    }
    if (data->kind == DS_IMAGES && data->height == 0) {
        puts("images: of several sizes");
    } else if (data->kind == DS_IMAGES) {
        printf("images: %lldx%lldx%lld\n", (long long)data->planes, (long long)data->height, (long long)data->width);
    }
    printf("imbalance: %s\nclass_counts:", options->text[XP_IMBALANCE]);
    for (int64_t k = 0; k < split->K; k++) {
        printf(" %lld", (long long)split->counts[k]);
    }
    printf("\nexamples: %lld\nsha256: %s\n", (long long)split->n, split->sha256);
    if (split->validation_n > 0) {
        printf("held_out: %lld\n", (long long)split->validation_n);
    }
    for (int64_t k = 0; k < split->K; k++) {
        const char *name = data->class_names != NULL ? data->class_names[k] : "";
        core_text_print(stdout, "class %" PRId64 "%s%s: %s, %s\n", k, name[0] != '\0' ? " " : "", name,
                        CORE_COUNT(split->counts[k], "training example"),
                        CORE_COUNT(count_tests(data, k), "test example"));
    }
}

core_status xp_verb_split(const xp_options *options)
{
    xp_split_recipe recipe;
    ds_dataset data;
    xp_split split;
    CORE_TRY(xp_split_resolve(options, &recipe));
    CORE_TRY(xp_split_load(&recipe, &data));
    core_status status = xp_split_draw(&recipe, &data, options->arena, &split);
    if (status == CORE_OK) {
        if (xp_is_on(options, XP_INDICES)) {
            print_indices(&split);
        } else {
            print_split(options, &data, &split);
        }
    }
    ds_destroy(&data);
    return status;
}
