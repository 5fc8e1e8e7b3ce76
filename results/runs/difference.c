#include "results/runs/difference.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "results/runs/content.h"

/* How much of an object is compared when a run is unfinished. */
typedef enum { WHOLE, ROWS, IF_BOTH_HAVE_IT, NOT_AT_ALL } extent;

static bool begins(const char *path, const char *with) { return strncmp(path, with, strlen(with)) == 0; }

static extent extent_of(const res_difference *walk, const char *path)
{
    if (walk->common_epochs < 0) {
        return WHOLE;
    }
    if (begins(path, "state") || begins(path, "final") || begins(path, "margins/margin") ||
        begins(path, "margins/final") || begins(path, "margins/label") || begins(path, "features/at_end")) {
        return NOT_AT_ALL;
    }
    if ((begins(path, "epochs/") && strcmp(path, "epochs/tensor_name") != 0) || begins(path, "margins/class_") ||
        begins(path, "margins/group_")) {
        return ROWS;
    }
    return begins(path, "margins") || begins(path, "features") ? IF_BOTH_HAVE_IT : WHOLE;
}

/* Begins the line of a difference; NULL: the report has its most lines already. */
static FILE *found(res_difference *walk, const char *path, const char *attribute)
{
    if (++walk->found > RES_DIFFERENCE_LINES) {
        return NULL;
    }
    core_text_print(walk->report, "  /%s%s%s: ", path, attribute != NULL ? " attribute " : "",
                    attribute != NULL ? attribute : "");
    return walk->report;
}

/* Writes type and shape as "f32 (3, 4)". */
static void write_shape(FILE *report, const core_h5_shape *shape)
{
    fprintf(report, "%s (", core_h5_type_name(shape->type));
    for (int d = 0; d < shape->rank; d++) {
        fprintf(report, "%s%" PRId64, d > 0 ? ", " : "", shape->dims[d]);
    }
    fputc(')', report);
}

static void write_element(FILE *report, core_h5_type type, const void *element)
{
    char shown[CORE_SHOWN_BYTES];
    const size_t bytes = (size_t)core_h5_type_bytes(type);
    uint64_t raw = 0; /* the bytes of an integer; x86 is little-endian */
    memcpy(&raw, element, bytes);
    switch (type) {
    case CORE_H5_U8:
    case CORE_H5_U16:
    case CORE_H5_U32:
        fprintf(report, "%" PRIu64, raw);
        break;
    case CORE_H5_U64:
        fprintf(report, "%016" PRIx64, raw);
        break;
    case CORE_H5_I8:
    case CORE_H5_I16:
    case CORE_H5_I32:
    case CORE_H5_I64:
        fprintf(report, "%" PRId64, (int64_t)(raw << (64 - 8 * bytes)) >> (64 - 8 * bytes));
        break;
    case CORE_H5_F32:
        fprintf(report, "%.9g", (double)*(const float *)element);
        break;
    case CORE_H5_F64:
        fprintf(report, "%.17g", *(const double *)element);
        break;
    case CORE_H5_BOOL:
        fprintf(report, "%s", *(const bool *)element ? "true" : "false");
        break;
    case CORE_H5_TEXT:
        fprintf(report, "\"%s\"", core_text_shown(*(char *const *)element, shown));
        break;
    case CORE_H5_FOREIGN:
        break;
    }
}

/* Writes the index "(3, 4)" of the element at a flat index; nothing for a single value. */
static void write_index(FILE *report, const core_h5_shape *shape, int64_t flat)
{
    int64_t size = core_h5_elements(shape);
    for (int d = 0; d < shape->rank; d++) {
        size /= shape->dims[d];
        fprintf(report, "%s%" PRId64 "%s", d == 0 ? "(" : ", ", flat / size, d == shape->rank - 1 ? ")" : "");
        flat %= size;
    }
}

/* The elements that differ so far, and the first of them. */
typedef struct {
    core_h5_shape shape;
    int64_t differing, first;
    union {
        unsigned char bytes[sizeof(double)];
        char *text;
    } a, b; /* the first differing element */
} tally;

static bool same_element(core_h5_type type, const unsigned char *a, const unsigned char *b, size_t bytes)
{
    return type == CORE_H5_TEXT ? strcmp(*(char *const *)(const void *)a, *(char *const *)(const void *)b) == 0
                                : memcmp(a, b, bytes) == 0;
}

/* Adds `count` elements that begin at the flat index `at`. */
static void add_elements(tally *t, int64_t at, int64_t count, const unsigned char *a, const unsigned char *b)
{
    const size_t bytes = (size_t)core_h5_type_bytes(t->shape.type);
    if (t->shape.type != CORE_H5_TEXT && memcmp(a, b, (size_t)count * bytes) == 0) {
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        const unsigned char *x = a + (size_t)i * bytes, *y = b + (size_t)i * bytes;
        if (same_element(t->shape.type, x, y, bytes)) {
            continue;
        }
        if (t->differing++ == 0) {
            t->first = at + i;
            memcpy(t->a.bytes, x, bytes);
            memcpy(t->b.bytes, y, bytes);
        }
    }
}

static void report_tally(res_difference *walk, const char *path, const char *attribute, const tally *t)
{
    FILE *report = t->differing > 0 ? found(walk, path, attribute) : NULL;
    if (report == NULL) {
        return;
    }
    if (t->shape.rank > 0) {
        fprintf(report, "%" PRId64 " of %" PRId64 " differ, first at ", t->differing, core_h5_elements(&t->shape));
        write_index(report, &t->shape, t->first);
        fputs(": ", report);
    }
    write_element(report, t->shape.type, &t->a);
    fputs(" | ", report);
    write_element(report, t->shape.type, &t->b);
    fputc('\n', report);
}

static bool same_shape(const core_h5_shape *a, const core_h5_shape *b)
{
    return a->type == b->type && a->rank == b->rank &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof a->dims[0]) == 0;
}

static void report_shapes(res_difference *walk, const char *path, const char *attribute, const core_h5_shape *a,
                          const core_h5_shape *b)
{
    FILE *report = found(walk, path, attribute);
    if (report != NULL) {
        write_shape(report, a);
        fputs(" | ", report);
        write_shape(report, b);
        fputc('\n', report);
    }
}

static void report_absence(res_difference *walk, const char *path, const char *attribute, bool in_a)
{
    FILE *report = found(walk, path, attribute);
    if (report != NULL) {
        fprintf(report, "only in %s\n", in_a ? "A" : "B");
    }
}

static core_status compare_attribute(res_difference *walk, const char *path, const char *name, core_arena *arena)
{
    core_h5_value a = {0}, b = {0};
    CORE_TRY(core_h5_get(walk->a, path, name, arena, &a));
    CORE_TRY(core_h5_get(walk->b, path, name, arena, &b));
    if (!same_shape(&a.shape, &b.shape)) {
        report_shapes(walk, path, name, &a.shape, &b.shape);
        return CORE_OK;
    }
    tally t = {.shape = a.shape};
    add_elements(&t, 0, core_h5_elements(&a.shape), a.data, b.data);
    report_tally(walk, path, name, &t);
    return CORE_OK;
}

static core_status compare_attributes(res_difference *walk, const char *path, core_arena *arena)
{
    core_names a = {0}, b = {0};
    CORE_TRY(core_h5_attributes(walk->a, path, arena, &a));
    CORE_TRY(core_h5_attributes(walk->b, path, arena, &b));
    for (core_names_merge m = {.a = &a, .b = &b}; core_names_next(&m);) {
        if (!res_content_has_attribute(path, m.name)) {
            continue;
        }
        if (m.in_a && m.in_b) {
            CORE_TRY(compare_attribute(walk, path, m.name, arena));
        } else {
            report_absence(walk, path, m.name, m.in_a);
        }
    }
    return CORE_OK;
}

/* Compares `rows` rows, a slab at a time. */
static core_status compare_numbers(res_difference *walk, const char *path, int64_t rows, core_arena *arena, tally *t)
{
    if (rows == 0 || core_h5_elements(&t->shape) == 0) {
        return CORE_OK;
    }
    const res_slab slab = res_content_slab(&t->shape, rows);
    const int64_t row_elements = t->shape.rank > 0 ? core_h5_elements(&t->shape) / t->shape.dims[0] : 1;
    void *a, *b;
    CORE_TRY(core_arena_calloc(arena, (size_t)slab.rows, slab.row_bytes, "a part of a dataset", &a));
    CORE_TRY(core_arena_calloc(arena, (size_t)slab.rows, slab.row_bytes, "a part of a dataset", &b));
    for (int64_t first = 0; first < rows; first += slab.rows) {
        const int64_t count = rows - first < slab.rows ? rows - first : slab.rows;
        CORE_TRY(core_h5_read(walk->a, path, t->shape.type, first, count, a));
        CORE_TRY(core_h5_read(walk->b, path, t->shape.type, first, count, b));
        add_elements(t, first * row_elements, count * row_elements, a, b);
    }
    return CORE_OK;
}

static core_status compare_texts(res_difference *walk, const char *path, core_arena *arena, tally *t)
{
    core_h5_value a = {.shape = t->shape}, b = {.shape = t->shape};
    CORE_TRY(core_h5_load(walk->a, path, arena, &a));
    CORE_TRY(core_h5_load(walk->b, path, arena, &b));
    add_elements(t, 0, core_h5_elements(&t->shape), a.data, b.data);
    return CORE_OK;
}

static core_status compare_contents(res_difference *walk, const char *path, core_arena *arena)
{
    walk->objects++;
    core_h5_kind kind_a = CORE_H5_NOTHING, kind_b = CORE_H5_NOTHING;
    core_h5_shape a = {0}, b = {0};
    CORE_TRY(core_h5_look(walk->a, path, &kind_a, &a));
    CORE_TRY(core_h5_look(walk->b, path, &kind_b, &b));
    int64_t rows = a.rank > 0 ? a.dims[0] : 1;
    core_h5_shape compared_b = b;
    if (extent_of(walk, path) == ROWS && a.rank > 0 && b.rank > 0) {
        rows = walk->common_epochs < rows ? walk->common_epochs : rows;
        compared_b.dims[0] = a.dims[0];
    }
    if (kind_a != kind_b) {
        FILE *report = found(walk, path, NULL);
        if (report != NULL) {
            fprintf(report, "a %s | a %s\n", kind_a == CORE_H5_GROUP ? "group" : "dataset",
                    kind_b == CORE_H5_GROUP ? "group" : "dataset");
        }
    } else if (kind_a == CORE_H5_DATASET && !same_shape(&a, &compared_b)) {
        report_shapes(walk, path, NULL, &a, &b);
    } else if (kind_a == CORE_H5_DATASET) {
        tally t = {.shape = a};
        CORE_TRY(a.type == CORE_H5_TEXT ? compare_texts(walk, path, arena, &t)
                                        : compare_numbers(walk, path, rows, arena, &t));
        report_tally(walk, path, NULL, &t);
    }
    return compare_attributes(walk, path, arena);
}

/* Compares an object that both files have. */
static core_status compare_object(res_difference *walk, const char *path)
{
    core_arena arena = {0};
    core_status status = compare_contents(walk, path, &arena);
    core_arena_free(&arena);
    return status;
}

static core_status walk_all(res_difference *walk, core_arena *arena)
{
    core_names a = {0}, b = {0};
    CORE_TRY(core_h5_list(walk->a, "", arena, &a));
    CORE_TRY(core_h5_list(walk->b, "", arena, &b));
    CORE_TRY(compare_object(walk, ""));
    for (core_names_merge m = {.a = &a, .b = &b}; core_names_next(&m);) {
        const extent much = extent_of(walk, m.name);
        if (!res_content_has_object(m.name) || much == NOT_AT_ALL) {
            continue;
        }
        if (m.in_a && m.in_b) {
            CORE_TRY(compare_object(walk, m.name));
        } else if (much != IF_BOTH_HAVE_IT) {
            report_absence(walk, m.name, NULL, m.in_a);
        }
    }
    return CORE_OK;
}

core_status res_difference_walk(res_difference *walk)
{
    core_arena arena = {0};
    core_status status = walk_all(walk, &arena);
    core_arena_free(&arena);
    return status;
}
