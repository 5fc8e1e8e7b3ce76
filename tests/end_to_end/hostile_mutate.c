#include "tests/end_to_end/hostile_mutate.h"

#include <hdf5.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LONG_TEXT_BYTES = 10 << 20, SWOLLEN_BYTES = 96 << 20 };

/* ---- where ------------------------------------------------------------------------------------------------------- */

typedef struct {
    hostile_place *places;
    int count, most;
    const char *object;
} list;

static void add(list *l, const char *object, const char *attribute)
{
    if (l->count < l->most && strlen(object) < sizeof l->places->object &&
        strlen(attribute) < sizeof l->places->attribute) {
        hostile_place *place = &l->places[l->count++];
        snprintf(place->object, sizeof place->object, "%s", object);
        snprintf(place->attribute, sizeof place->attribute, "%s", attribute);
    }
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *about, void *context)
{
    (void)object, (void)about;
    list *l = context;
    add(l, l->object, name);
    return 0;
}

static herr_t visit_object(hid_t group, const char *name, const H5O_info2_t *about, void *context)
{
    (void)about;
    list *l = context;
    l->object = strcmp(name, ".") == 0 ? "" : name;
    add(l, l->object, "");
    H5Aiterate_by_name(group, name, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, l, H5P_DEFAULT);
    return 0;
}

int hostile_places(const char *path, hostile_place *places, int most)
{
    list l = {.places = places, .most = most};
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5Ovisit3(file, H5_INDEX_NAME, H5_ITER_INC, visit_object, &l, H5O_INFO_BASIC);
    H5Fclose(file);
    return l.count;
}

/* ---- what -------------------------------------------------------------------------------------------------------- */

/* What is at a place, and what shall be. */
typedef struct {
    hid_t file;
    const hostile_place *place;
    hid_t type, space;
    int rank;
    hsize_t dims[8];
    hsize_t elements;
    bool group;
} target;

static void look(target *t)
{
    const char *at = t->place->object[0] != '\0' ? t->place->object : "/";
    const hid_t object = H5Oopen(t->file, at, H5P_DEFAULT);
    t->type = t->space = -1;
    t->group = t->place->attribute[0] == '\0' && H5Iget_type(object) == H5I_GROUP;
    if (t->place->attribute[0] != '\0') {
        const hid_t attribute = H5Aopen(object, t->place->attribute, H5P_DEFAULT);
        t->type = H5Aget_type(attribute);
        t->space = H5Aget_space(attribute);
        H5Aclose(attribute);
    } else if (!t->group) {
        t->type = H5Dget_type(object);
        t->space = H5Dget_space(object);
    }
    H5Oclose(object);
    t->rank = t->space >= 0 ? H5Sget_simple_extent_dims(t->space, t->dims, NULL) : 0;
    t->elements = t->space >= 0 ? (hsize_t)H5Sget_simple_extent_npoints(t->space) : 0;
}

/* Deletes what is there. */
static void delete(const target *t)
{
    if (t->place->attribute[0] != '\0') {
        H5Adelete_by_name(t->file, t->place->object[0] != '\0' ? t->place->object : "/", t->place->attribute,
                          H5P_DEFAULT);
    } else if (t->place->object[0] != '\0') {
        H5Ldelete(t->file, t->place->object, H5P_DEFAULT);
    }
}

/* Puts another value in its place; data NULL: nothing is written. */
static void remake(const target *t, hid_t type, hid_t space, hid_t create, const void *data)
{
    delete (t);
    if (t->place->attribute[0] != '\0') {
        const hid_t attribute =
            H5Acreate_by_name(t->file, t->place->object[0] != '\0' ? t->place->object : "/", t->place->attribute, type,
                              space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (data != NULL && attribute >= 0) {
            H5Awrite(attribute, type, data);
        }
        H5Aclose(attribute);
    } else if (t->place->object[0] != '\0') {
        const hid_t set = H5Dcreate2(t->file, t->place->object, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
        if (data != NULL && set >= 0) {
            H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
        }
        H5Dclose(set);
    }
}

static const char *const type_names[] = {"u8",   "i8",       "i32",      "i64",  "u64",  "f32",       "f64",   "f16",
                                         "text", "variable", "compound", "enum", "bool", "reference", "opaque"};
enum { TYPES = sizeof type_names / sizeof *type_names };

static hid_t make_type(int which)
{
    const hid_t simple[] = {H5T_STD_U8LE,  H5T_STD_I8LE,   H5T_STD_I32LE, H5T_STD_I64LE,
                            H5T_STD_U64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE};
    if (which < 7) {
        return H5Tcopy(simple[which]);
    }
    hid_t type = which == 7 ? H5Tcopy(H5T_IEEE_F32LE) : which <= 9 ? H5Tcopy(H5T_C_S1) : -1;
    const int8_t no = 0, yes = 1;
    switch (which) {
    case 7:
        H5Tset_fields(type, 15, 10, 5, 0, 10);
        H5Tset_size(type, 2);
        return type;
    case 8:
        H5Tset_size(type, 5);
        return type;
    case 9:
        H5Tset_size(type, H5T_VARIABLE);
        return type;
    case 10:
        type = H5Tcreate(H5T_COMPOUND, 8);
        H5Tinsert(type, "x", 0, H5T_STD_I64LE);
        return type;
    case 11:
    case 12:
        type = H5Tenum_create(H5T_STD_I8LE);
        H5Tenum_insert(type, which == 11 ? "RED" : "FALSE", &no);
        H5Tenum_insert(type, which == 11 ? "BLUE" : "TRUE", &yes);
        return type;
    case 13:
        return H5Tcopy(H5T_STD_REF_OBJ);
    default:
        return H5Tcreate(H5T_OPAQUE, 8);
    }
}

static bool change_type(const target *t, int which)
{
    if (t->space < 0) {
        return false;
    }
    const hid_t type = make_type(which);
    void *zeros = calloc(t->elements + 1, 64);
    remake(t, type, t->space, H5P_DEFAULT, which == 9 || which == 13 ? NULL : zeros);
    free(zeros);
    H5Tclose(type);
    return true;
}

static const char *const shape_names[] = {"rank 0",
                                          "rank 5",
                                          "no rows",
                                          "transposed",
                                          "one more",
                                          "one less",
                                          "null space",
                                          "10^9, in chunks",
                                          "10^9, unwritten",
                                          "2^40, in chunks",
                                          "a tenth of it written"};
enum { SHAPES = sizeof shape_names / sizeof *shape_names };

static bool change_shape(const target *t, int which)
{
    if (t->space < 0 || (which >= 7 && t->place->attribute[0] != '\0')) {
        return false;
    }
    hsize_t dims[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    int rank = t->rank > 0 ? t->rank : 1;
    memcpy(dims, t->dims, (size_t)t->rank * sizeof *dims);
    const hsize_t first = dims[0], many = which == 9 ? (hsize_t)1 << 40 : 1000000000;
    rank = which == 0 ? 0 : which == 1 ? 5 : which == 3 && rank == 1 ? 2 : rank;
    if (which == 2) {
        dims[0] = 0;
    } else if (which == 3) {
        dims[0] = dims[1];
        dims[1] = first;
    } else if (which == 4 || which == 5) {
        dims[0] = which == 4 ? first + 1 : first > 0 ? first - 1 : 0;
    } else if (which >= 7) {
        hsize_t rest = 1;
        for (int d = 1; d < rank; d++) {
            rest *= dims[d];
        }
        dims[0] = which == 10 ? 10 * first + 100000 / rest : many / (rest > 0 ? rest : 1);
    }
    const hid_t space = which == 6  ? H5Screate(H5S_NULL)
                        : rank == 0 ? H5Screate(H5S_SCALAR)
                                    : H5Screate_simple(rank, dims, NULL);
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    if (which == 7 || which == 9 || which == 10) {
        dims[0] = which == 10 && first > 0 ? first : 1000;
        H5Pset_chunk(create, rank, dims);
        H5Pset_deflate(create, 1);
    }
    const hssize_t elements = H5Sget_simple_extent_npoints(space);
    void *data = which < 6 ? calloc((size_t)elements + 1, H5Tget_size(t->type) + 16) : NULL;
    const bool plain = H5Tis_variable_str(t->type) <= 0 && H5Tget_class(t->type) != H5T_VLEN;
    remake(t, t->type, space, create, plain ? data : NULL);
    free(data);
    H5Pclose(create);
    H5Sclose(space);
    return true;
}

static const char *const value_names[] = {
    "0", "-1",  "2^63-1", "INT64_MIN", "NaN",         "infinity",       "1e300",
    "1", "300", "2^32",   "no text",   "a long text", "bytes, no text", "a line end"};
enum { VALUES = sizeof value_names / sizeof *value_names, FIRST_TEXT = 10 };

static bool change_text(const target *t, int which)
{
    const bool variable = H5Tis_variable_str(t->type) > 0;
    const size_t width = variable ? sizeof(char *) : H5Tget_size(t->type);
    char *text = calloc(1, LONG_TEXT_BYTES + 1);
    if (which == 11) {
        memset(text, 'x', LONG_TEXT_BYTES);
    } else if (which > 11) {
        strcpy(text, which == 12 ? "\xff\xfe\x80z" : "\nb\x1b[31m|c");
    }
    char *data = calloc(t->elements + 1, width);
    for (hsize_t i = 0; i < t->elements; i++) {
        if (variable) {
            memcpy(data + i * width, &text, sizeof text);
        } else {
            memcpy(data + i * width, text, strnlen(text, width));
        }
    }
    remake(t, t->type, t->space, H5P_DEFAULT, data);
    free(data);
    free(text);
    return true;
}

/* Sets all elements, or the last one only. */
static bool change_value(const target *t, int which, bool all)
{
    static const int64_t integers[] = {0, -1, INT64_MAX, INT64_MIN, 0, 0, 0, 1, 300, (int64_t)1 << 32};
    const double reals[] = {0, -1, 0x1p63, -0x1p63, (double)NAN, (double)INFINITY, 1e300, 1, 300, 0x1p32};
    if (t->space < 0 || t->elements == 0) {
        return false;
    }
    const H5T_class_t class = H5Tget_class(t->type);
    if (class == H5T_STRING) {
        return all && which >= FIRST_TEXT && change_text(t, which);
    }
    if (which >= FIRST_TEXT || (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM) ||
        (class != H5T_FLOAT && which >= 4 && which <= 6)) {
        return false;
    }
    const bool real = class == H5T_FLOAT;
    const hid_t memory = class == H5T_ENUM ? t->type : real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    const size_t width = H5Tget_size(memory);
    char *data = calloc(t->elements, width);
    const hid_t object = H5Oopen(t->file, t->place->object[0] != '\0' ? t->place->object : "/", H5P_DEFAULT);
    const hid_t attribute = t->place->attribute[0] != '\0' ? H5Aopen(object, t->place->attribute, H5P_DEFAULT) : -1;
    attribute >= 0 ? H5Aread(attribute, memory, data) : H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    for (hsize_t i = all ? 0 : t->elements - 1; i < t->elements; i++) {
        memcpy(data + i * width, real ? (const void *)&reals[which] : (const void *)&integers[which], width);
    }
    attribute >= 0 ? H5Awrite(attribute, memory, data) : H5Dwrite(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    H5Oclose(object);
    free(data);
    return true;
}

static const char *const kind_names[] = {"deleted",         "a group",
                                         "a dataset",       "a soft loop",
                                         "a dangling link", "the root again",
                                         "another file",    "a FIFO",
                                         "a bomb",          "a swollen chunk",
                                         "deep groups",     "in a file of its own",
                                         "virtual",         "one text, many times"};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

/* A chunk of `claimed` bytes in which a stream lies that unpacks to SWOLLEN_BYTES. */
static void make_chunk(const target *t, hsize_t claimed)
{
    static unsigned char *stream;
    static uLongf bytes;
    if (stream == NULL) {
        unsigned char *zeros = calloc(1, SWOLLEN_BYTES);
        bytes = compressBound(SWOLLEN_BYTES);
        stream = malloc(bytes);
        compress2(stream, &bytes, zeros, SWOLLEN_BYTES, 1);
        free(zeros);
    }
    const hsize_t origin[8] = {0};
    hsize_t dims[8] = {1, 1, 1, 1, 1, 1, 1, 1}, rest = H5Tget_size(t->type);
    const int rank = t->rank > 0 ? t->rank : 1;
    memcpy(dims, t->dims, (size_t)t->rank * sizeof *dims);
    for (int d = 1; d < rank; d++) {
        rest *= dims[d] > 0 ? dims[d] : 1;
    }
    dims[0] = claimed / rest > 0 ? claimed / rest : 1;
    const hid_t space = H5Screate_simple(rank, dims, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, rank, dims);
    H5Pset_deflate(create, 1);
    remake(t, t->type, space, create, NULL);
    const hid_t set = H5Dopen2(t->file, t->place->object, H5P_DEFAULT);
    H5Dwrite_chunk(set, H5P_DEFAULT, 0, origin, bytes, stream);
    H5Dclose(set);
    H5Pclose(create);
    H5Sclose(space);
}

static void make_deep(const target *t)
{
    hid_t group = t->group ? H5Gopen2(t->file, t->place->object[0] != '\0' ? t->place->object : "/", H5P_DEFAULT) : -1;
    for (int i = 0; i < 3000 && group >= 0; i++) {
        const hid_t below = H5Gcreate2(group, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(group);
        group = below;
    }
    H5Gclose(group);
}

/* Numbers that lie elsewhere: in a FIFO, which nobody ever writes to. */
static void make_elsewhere(const target *t, bool virtual, const char *fifo)
{
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    if (virtual) {
        H5Pset_virtual(create, t->space, fifo, "x", t->space);
    } else {
        H5Pset_external(create, fifo, 0, H5F_UNLIMITED);
    }
    remake(t, t->type, t->space, create, NULL);
    H5Pclose(create);
}

enum { SAME_TEXTS = 3000, SAME_TEXT_BYTES = 2 << 20, TEXT_PLACE_BYTES = 16 };

/* 3,000 texts, the first of which has 2 MB; returns where they lie, for repeat_first_text. */
static haddr_t make_many_texts(const target *t)
{
    const hsize_t count = SAME_TEXTS;
    const hid_t type = make_type(9), space = H5Screate_simple(1, &count, NULL);
    char *text = calloc(1, SAME_TEXT_BYTES + 1), **texts = calloc(SAME_TEXTS, sizeof *texts);
    memset(text, 'x', SAME_TEXT_BYTES);
    for (int i = 0; i < SAME_TEXTS; i++) {
        texts[i] = i == 0 ? text : text + SAME_TEXT_BYTES - 1;
    }
    remake(t, type, space, H5P_DEFAULT, texts);
    const hid_t set = H5Dopen2(t->file, t->place->object, H5P_DEFAULT);
    const haddr_t at = H5Dget_offset(set);
    H5Dclose(set);
    free(texts);
    free(text);
    H5Sclose(space);
    H5Tclose(type);
    return at;
}

/* Lets all of them be the first one, which is in the file once. */
static void repeat_first_text(const char *path, haddr_t at)
{
    char place[TEXT_PLACE_BYTES];
    FILE *file = fopen(path, "r+b");
    fseek(file, (long)at, SEEK_SET);
    if (fread(place, 1, sizeof place, file) == sizeof place) {
        fseek(file, (long)at, SEEK_SET);
        for (int i = 0; i < SAME_TEXTS; i++) {
            fwrite(place, 1, sizeof place, file);
        }
    }
    fclose(file);
}

static bool change_kind(const target *t, int which, haddr_t *texts)
{
    const char *path = t->place->object;
    const bool attribute = t->place->attribute[0] != '\0', root = path[0] == '\0';
    const hsize_t three = 3;
    if ((root && !attribute && which != 10) || (attribute && which > 0) || (which >= 8 && which != 10 && t->type < 0) ||
        (which == 10 && !t->group)) {
        return false;
    }
    char fifo[300];
    snprintf(fifo, sizeof fifo, "%s", getenv("HOSTILE_FIFO"));
    if (which < 8) {
        delete (t);
    }
    switch (which) {
    case 1:
        H5Gclose(H5Gcreate2(t->file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        break;
    case 2: {
        const hid_t space = H5Screate_simple(1, &three, NULL);
        H5Dclose(H5Dcreate2(t->file, path, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Sclose(space);
        break;
    }
    case 3:
    case 4:
        H5Lcreate_soft(which == 3 ? path : "/no/where", t->file, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 5:
        H5Lcreate_hard(t->file, "/", t->file, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 6:
    case 7:
        H5Lcreate_external(which == 6 ? "base.h5" : fifo, path, t->file, path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 8:
    case 9:
        make_chunk(t, which == 8 ? 1000000000 : 1 << 20);
        break;
    case 10:
        make_deep(t);
        break;
    case 11:
    case 12:
        make_elsewhere(t, which == 12, fifo);
        break;
    case 13:
        *texts = make_many_texts(t);
        break;
    default:
        break;
    }
    return true;
}

int hostile_changes(void) { return KINDS + TYPES + SHAPES + 2 * VALUES; }

bool hostile_change(const char *path, const hostile_place *place, int change, char *name, size_t bytes)
{
    target t = {.file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), .place = place};
    int which = change;
    const char *what;
    bool made;
    haddr_t texts = HADDR_UNDEF;
    look(&t);
    if (which < KINDS) {
        what = kind_names[which];
        made = change_kind(&t, which, &texts);
    } else if ((which -= KINDS) < TYPES) {
        what = type_names[which];
        made = change_type(&t, which);
    } else if ((which -= TYPES) < SHAPES) {
        what = shape_names[which];
        made = change_shape(&t, which);
    } else {
        which -= SHAPES;
        what = value_names[which % VALUES];
        made = change_value(&t, which % VALUES, which < VALUES);
    }
    snprintf(name, bytes, "/%s%s%s: %s%s", place->object, place->attribute[0] != '\0' ? "@" : "", place->attribute,
             change >= KINDS + TYPES + SHAPES + VALUES ? "the last one " : "", what);
    if (t.type >= 0) {
        H5Tclose(t.type);
        H5Sclose(t.space);
    }
    H5Fclose(t.file);
    if (texts != HADDR_UNDEF) {
        repeat_first_text(path, texts);
    }
    return made;
}
