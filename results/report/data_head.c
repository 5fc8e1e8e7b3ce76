#include "results/report/data_head.h"

#include <string.h>

#include "imbalance/profile.h"
#include "recipes/options.h"

/* The bytes of a data set's name in a column; without_ending: "birds" of "birds.h5/step/10". */
static size_t name_bytes(const char *column, bool without_ending)
{
    static const char *const endings[] = {".h5", ".hdf5"};
    const size_t here = strncmp(column, "./", 2) == 0 ? 2 : 0; /* a file without an ending: ds_short_name */
    const size_t bytes = here + strcspn(column + here, "/");
    for (int i = 0; without_ending && i < 2; i++) {
        const size_t ending = strlen(endings[i]);
        if (bytes > ending && strncmp(column + bytes - ending, endings[i], ending) == 0) {
            return bytes - ending;
        }
    }
    return bytes;
}

static bool same_name(const char *a, const char *b, bool without_ending)
{
    const size_t bytes = name_bytes(a, without_ending);
    return bytes == name_bytes(b, without_ending) && strncmp(a, b, bytes) == 0;
}

bool res_data_head_needs_ending(const char *column, const char *other)
{
    return same_name(column, other, true) && !same_name(column, other, false);
}

bool res_data_is_made_up(const char *column) { return strncmp(column, "made_up_", strlen("made_up_")) == 0; }

/* Whether the file's name without its ending is that of data that tailbit knows. */
static bool is_known(const char *column)
{
    const char *const *known = xp_option_get(XP_DATA)->choices;
    while (*known != NULL && !same_name(column, *known, true)) {
        known++;
    }
    return *known != NULL;
}

/* Writes the first bytes of a text. */
static void write_part(FILE *stream, const char *text, size_t bytes, const res_table_language *language)
{
    char part[4096];
    snprintf(part, sizeof part, "%.*s", (int)bytes, text);
    res_table_field(stream, part, language->changes);
}

void res_data_head_write(const char *column, bool with_ending, const res_table_language *language, FILE *stream)
{
    imb_profile_kind kind;
    bool is_ratio = false; /* behind the kind of an imbalance comes its ratio */
    write_part(stream, column, name_bytes(column, !with_ending && !is_known(column)), language);
    for (const char *at = column + name_bytes(column, false); *at == '/';) {
        const char *part = at + 1;
        const size_t bytes = strcspn(part, "/");
        char word[32];
        at = part + bytes;
        if (bytes > 0 && (*at == '/' || strcmp(part, "none") != 0)) {
            fprintf(stream, ", %s", is_ratio ? language->rho_begin : "");
            write_part(stream, part, bytes, language);
            fputs(is_ratio ? language->rho_end : "", stream);
        }
        snprintf(word, sizeof word, "%.*s", (int)bytes, part);
        is_ratio = imb_profile_parse(word, &kind) == CORE_OK;
    }
}
