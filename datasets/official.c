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

core_status ds_official_get(const char *name, const char *verb, const ds_official **out)
{
    char names[DS_OFFICIAL_NAMES_BYTES];
    *out = ds_official_find(name);
    const bool imports = strcmp(verb, "imported") == 0;
    return *out != NULL ? CORE_OK
                        : core_fail(CORE_BAD_USAGE, "no data set \"%s\" can be %s: expected %s%s", name, verb,
                                    ds_official_names(" or ", names),
                                    imports ? ", or the word folder, for a folder of your own pictures" : "");
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
