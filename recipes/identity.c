#include "recipes/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/path.h"

/* The cached digest of one name. */
typedef struct entry entry;
struct entry {
    const char *name;
    bool is_data;         /* data; else a file whose bytes are digested */
    ds_text_options text; /* of data */
    struct stat file;     /* its state when the digest was taken; zero: no file */
    xp_identity identity;
    entry *next;
};

struct xp_identities {
    const char *data_dir;
    entry *first;
    core_arena arena;
};

core_status xp_identities_create(const char *data_dir, xp_identities **out)
{
    xp_identities *identities;
    CORE_TRY(CORE_NEW(1, "what data are known", identities));
    identities->data_dir = data_dir;
    *out = identities;
    return CORE_OK;
}

void xp_identities_destroy(xp_identities *identities)
{
    if (identities != NULL) {
        core_arena_free(&identities->arena);
        free(identities);
    }
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

static core_status digest_data(const xp_identities *identities, const entry *e, xp_identity *out)
{
    ds_dataset data;
    CORE_TRY(ds_load(e->name, identities->data_dir, &(ds_view){.text = e->text}, &data));
    memcpy(out->sha256, data.sha256, DS_SHA256_BYTES);
    out->height = data.height;
    out->width = data.width;
    out->classes = data.classes;
    ds_destroy(&data);
    return CORE_OK;
}

static core_status digest_file(const char *path, char sha256[DS_SHA256_BYTES])
{
    core_hash_digest digest;
    CORE_TRY(core_hash_file(CORE_HASH_SHA256, path, &digest));
    core_hash_hex(&digest, sha256);
    return CORE_OK;
}

static core_status take_digest(xp_identities *identities, entry *e)
{
    e->identity = (xp_identity){0};
    const core_status status =
        e->is_data ? digest_data(identities, e, &e->identity) : digest_file(e->name, e->identity.sha256);
    if (status == CORE_OK || status == CORE_MACHINE) {
        return status;
    }
    e->identity = (xp_identity){0};
    return core_arena_copy_text(&identities->arena, core_error_message(), &e->identity.why_not);
}

/* The state of the file now; zero: it is missing, as it always is for data that tailbit draws. */
static struct stat look_at(const xp_identities *identities, const entry *e)
{
    char path[CORE_PATH_BYTES];
    struct stat file = {0};
    if (e->is_data) {
        ds_changing_file(e->name, identities->data_dir, path);
    }
    return stat(e->is_data ? path : e->name, &file) == 0 ? file : (struct stat){0};
}

static core_status find(xp_identities *identities, const entry *wanted, entry **out)
{
    for (entry *e = identities->first; e != NULL; e = e->next) {
        if (strcmp(e->name, wanted->name) == 0 && e->is_data == wanted->is_data &&
            e->text.vocabulary == wanted->text.vocabulary && e->text.max_length == wanted->text.max_length) {
            *out = e;
            return CORE_OK;
        }
    }
    entry *made;
    CORE_TRY(CORE_ARENA_NEW(&identities->arena, 1, "what data are known", made));
    *made = *wanted;
    CORE_TRY(core_arena_copy_text(&identities->arena, wanted->name, &made->name));
    made->file = look_at(identities, made);
    CORE_TRY(take_digest(identities, made));
    made->next = identities->first;
    identities->first = made;
    *out = made;
    return CORE_OK;
}

static core_status identify(xp_identities *identities, const entry *wanted, xp_identity *out)
{
    entry *e;
    CORE_TRY(find(identities, wanted, &e));
    const struct stat now = look_at(identities, e);
    if (!is_same_file(&now, &e->file)) {
        e->file = now;
        CORE_TRY(take_digest(identities, e));
    }
    *out = e->identity;
    return CORE_OK;
}

core_status xp_identity_of_data(xp_identities *identities, const xp_split_recipe *recipe, xp_identity *out)
{
    const entry wanted = {.name = recipe->data, .is_data = true, .text = recipe->view.text};
    return identify(identities, &wanted, out);
}

core_status xp_identity_of_file(xp_identities *identities, const char *path, xp_identity *out)
{
    const entry wanted = {.name = path};
    return identify(identities, &wanted, out);
}
