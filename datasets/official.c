#include "datasets/official.h"

#include <stdio.h>
#include <string.h>

#include "datasets/cifar.h"
#include "datasets/imdb.h"
#include "datasets/picture_import.h"

const ds_official *ds_official_at(int index)
{
    int count = 0;
    while (ds_cifar_at(count) != NULL) {
        count++;
    }
    if (index >= 0 && index < count) {
        return &ds_cifar_at(index)->official;
    }
    return index == count ? ds_imdb_official() : ds_picture_official_at(index - count - 1);
}

const ds_official *ds_official_find(const char *name)
{
    const ds_official *official;
    for (int i = 0; (official = ds_official_at(i)) != NULL && strcmp(official->name, name) != 0; i++) {
    }
    return official;
}

/* What other programs call them. */
static const struct {
    const char *word, *name;
} other_names[] = {
    {"cifar10-lt", "cifar10"},   {"cifar100-lt", "cifar100"},        {"inat", "inaturalist"},
    {"inat2018", "inaturalist"}, {"inaturalist2018", "inaturalist"}, {"tiny-imagenet-200", "tiny_imagenet"}};

const char *ds_official_meant(const char *name)
{
    const size_t length = strlen(name);
    for (int i = 0; ds_official_at(i) != NULL; i++) {
        if (core_text_is_same_word(name, length, ds_official_at(i)->name)) {
            return ds_official_at(i)->name;
        }
    }
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++) {
        if (core_text_is_same_word(name, length, other_names[i].word)) {
            return other_names[i].name;
        }
    }
    return NULL;
}

const char *ds_official_did_you_mean(const char *name, char ending[CORE_MEANT_BYTES])
{
    const char *meant = ds_official_meant(name);
    ending[0] = '\0';
    if (meant != NULL) {
        snprintf(ending, CORE_MEANT_BYTES, "; did you mean %s?", meant);
    }
    return ending;
}

core_status ds_official_get(const char *name, const char *verb, const ds_official **out)
{
    char names[DS_OFFICIAL_NAMES_BYTES], ending[CORE_MEANT_BYTES];
    *out = ds_official_find(name);
    const bool imports = strcmp(verb, "imported") == 0;
    return *out != NULL ? CORE_OK
                        : core_fail(CORE_BAD_USAGE, "no data set \"%s\" can be %s: expected %s%s%s", name, verb,
                                    ds_official_names(" or ", names),
                                    imports ? ", or the word folder, for a folder of your own pictures" : "",
                                    ds_official_did_you_mean(name, ending));
}

const char *ds_official_names(const char *last_joint, char names[DS_OFFICIAL_NAMES_BYTES])
{
    size_t used = 0;
    for (int i = 0; ds_official_at(i) != NULL && used < DS_OFFICIAL_NAMES_BYTES; i++) {
        const char *joint = i == 0 ? "" : ds_official_at(i + 1) == NULL ? last_joint : ", ";
        used += (size_t)snprintf(names + used, DS_OFFICIAL_NAMES_BYTES - used, "%s%s", joint, ds_official_at(i)->name);
    }
    return names;
}
