#include "core/h5.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/h5_internal.h"

/* The memory image of a file under construction grows by this much at a time. AddressSanitizer copies it each time. */
#ifdef __SANITIZE_ADDRESS__
enum { IMAGE_STEP_BYTES = 4 << 20 };
#else
enum { IMAGE_STEP_BYTES = 1 << 20 };
#endif

/* What HDF5 takes to make or to open a file, and a half more. Where there is less it crashes, so that is tried first. */
enum { ROOM_BYTES = 3 << 19 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "what lies in the file is what lies in memory");

static const struct {
    const char *name;
    int64_t bytes;
    bool sign; /* of an integer */
    bool real;
    const hid_t *handle; /* HDF5's own type; for a bool the base type of the enumeration */
} types[] = {
    [CORE_H5_U8] = {"u8", 1, false, false, &H5T_STD_U8LE_g},
    [CORE_H5_I8] = {"i8", 1, true, false, &H5T_STD_I8LE_g},
    [CORE_H5_U16] = {"u16", 2, false, false, &H5T_STD_U16LE_g},
    [CORE_H5_I16] = {"i16", 2, true, false, &H5T_STD_I16LE_g},
    [CORE_H5_U32] = {"u32", 4, false, false, &H5T_STD_U32LE_g},
    [CORE_H5_I32] = {"i32", 4, true, false, &H5T_STD_I32LE_g},
    [CORE_H5_U64] = {"u64", 8, false, false, &H5T_STD_U64LE_g},
    [CORE_H5_I64] = {"i64", 8, true, false, &H5T_STD_I64LE_g},
    [CORE_H5_F32] = {"f32", 4, true, true, &H5T_IEEE_F32LE_g},
    [CORE_H5_F64] = {"f64", 8, true, true, &H5T_IEEE_F64LE_g},
    [CORE_H5_BOOL] = {"bool", 1, false, false, &H5T_STD_I8LE_g},
    [CORE_H5_TEXT] = {"text", sizeof(char *), false, false, NULL},
    [CORE_H5_FOREIGN] = {"other", 0, false, false, NULL},
};

int64_t core_h5_type_bytes(core_h5_type type) { return types[type].bytes; }

const char *core_h5_type_name(core_h5_type type) { return types[type].name; }

core_h5_shape core_h5_shape0(core_h5_type type) { return (core_h5_shape){.type = type}; }

core_h5_shape core_h5_shape1(core_h5_type type, int64_t dim0)
{
    return (core_h5_shape){.type = type, .rank = 1, .dims = {dim0}};
}

core_h5_shape core_h5_shape2(core_h5_type type, int64_t dim0, int64_t dim1)
{
    return (core_h5_shape){.type = type, .rank = 2, .dims = {dim0, dim1}};
}

core_h5_shape core_h5_shape3(core_h5_type type, int64_t dim0, int64_t dim1, int64_t dim2)
{
    return (core_h5_shape){.type = type, .rank = 3, .dims = {dim0, dim1, dim2}};
}

int64_t core_h5_elements(const core_h5_shape *shape)
{
    int64_t elements = 1;
    for (int d = 0; d < shape->rank; d++) {
        elements *= shape->dims[d];
    }
    return elements;
}

const char *core_h5_at(const char *path) { return path[0] != '\0' ? path : "/"; }

/* A call failed while a file was made, which only want of memory does. HDF5 does not outlive that: later calls, closing a handle
 * among them, free memory twice or read where nothing is (measured with 1.14; tests/core/test_h5_memory.c walks through the
 * places). So none of its handles is closed after it; the program ends with the message, and what HDF5 held with it. */
static bool broken;

bool core_h5_drop(hid_t id) { return id < 0 || broken || H5Idec_ref(id) >= 0; }

static herr_t keep_first_reason(unsigned depth, const H5E_error2_t *error, void *context)
{
    if (depth == 0 && error->desc != NULL) {
        snprintf(context, 256, "%s", error->desc);
    }
    return 0;
}

core_status core_h5_fail(const core_h5 *file, const char *doing, const char *path)
{
    if (file->led_elsewhere) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s leads to another file, expected it in this one", path);
    }
    char reason[256] = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first_reason, reason);
    if (file->writing) {
        broken = true;
        return core_fail_about(CORE_MACHINE, file->name, ": cannot %s /%s in memory (HDF5: %s)", doing, path, reason);
    }
    if (strstr(reason, "filter returned failure") != NULL) {
        snprintf(reason, sizeof reason, "a checksum is wrong or a compressed part is broken");
    }
    return core_fail_about(CORE_BAD_FILE, file->name, " is damaged: cannot %s /%s (HDF5: %s)", doing, path, reason);
}

hid_t core_h5_make_type(core_h5_type type)
{
    const int8_t no = 0, yes = 1;
    const bool is_bool = type == CORE_H5_BOOL, is_text = type == CORE_H5_TEXT;
    const hid_t made =
        is_bool ? H5Tenum_create(*types[type].handle) : H5Tcopy(is_text ? H5T_C_S1 : *types[type].handle);
    if ((is_bool && (H5Tenum_insert(made, "FALSE", &no) < 0 || H5Tenum_insert(made, "TRUE", &yes) < 0)) ||
        (is_text && (H5Tset_size(made, H5T_VARIABLE) < 0 || H5Tset_cset(made, H5T_CSET_UTF8) < 0))) {
        core_h5_drop(made);
        return -1;
    }
    return made;
}

static bool is_bool(hid_t type)
{
    if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) {
        return false;
    }
    int8_t no = -1, yes = -1;
    return H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0 && no == 0 && yes == 1;
}

core_h5_type core_h5_classify(hid_t type)
{
    const H5T_class_t class = H5Tget_class(type);
    if (class == H5T_STRING) {
        return CORE_H5_TEXT;
    }
    if (class == H5T_ENUM) {
        return is_bool(type) ? CORE_H5_BOOL : CORE_H5_FOREIGN;
    }
    const int64_t bytes = (int64_t)H5Tget_size(type);
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || (int64_t)H5Tget_precision(type) != 8 * bytes) {
        return CORE_H5_FOREIGN;
    }
    const bool real = class == H5T_FLOAT;
    const bool sign = real || H5Tget_sign(type) == H5T_SGN_2;
    for (int t = CORE_H5_U8; t <= CORE_H5_F64; t++) {
        if (types[t].bytes == bytes && types[t].real == real && types[t].sign == sign) {
            return (core_h5_type)t;
        }
    }
    return CORE_H5_FOREIGN;
}

core_status core_h5_describe(const core_h5 *file, const char *path, hid_t type, hid_t space, core_h5_shape *out)
{
    hsize_t dims[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    if (rank < 0) {
        return core_h5_fail(file, "read the shape of", path);
    }
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s has no values at all (a null dataspace)", path);
    }
    if (rank > CORE_H5_MAX_RANK) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s has %d dimensions, expected at most %d", path, rank,
                               CORE_H5_MAX_RANK);
    }
    core_h5_shape shape = {.type = core_h5_classify(type), .rank = rank};
    int64_t bytes = 1;
    for (int d = 0; d < rank; d++) {
        /* The product of the non-zero dims must fit, so that later products of some dims cannot overflow. */
        if (dims[d] > INT64_MAX || __builtin_mul_overflow(bytes, dims[d] > 0 ? (int64_t)dims[d] : 1, &bytes) ||
            bytes > INT64_MAX / (int64_t)sizeof(double)) {
            return core_fail_about(CORE_BAD_FILE, file->name, ": the dimensions of /%s are absurd, the file is damaged",
                                   path);
        }
        shape.dims[d] = (int64_t)dims[d];
    }
    *out = shape;
    return CORE_OK;
}

static herr_t stay_in_this_file(const char *file, const char *group, const char *other, const char *object,
                                unsigned *flags, hid_t access, void *context)
{
    (void)file, (void)group, (void)other, (void)object, (void)flags, (void)access;
    *(bool *)context = true;
    return -1;
}

static core_status make_handle(const char *name, core_h5 **out)
{
    void *volatile room = broken ? NULL : malloc(ROOM_BYTES);
    if (room == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for an HDF5 file");
    }
    free(room);
    H5dont_atexit();                       /* after a failure it would crash; all files are closed by then */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* no prints: our messages are enough; each thread has its own setting */
    core_h5 *file = NULL;
    CORE_TRY(CORE_NEW(1, "an HDF5 file", file));
    file->id = file->access = -1;
    file->name = strdup(name);
    file->access = H5Pcreate(H5P_DATASET_ACCESS);
    if (file->name == NULL || file->access < 0 ||
        H5Pset_elink_cb(file->access, stay_in_this_file, &file->led_elsewhere) < 0) {
        core_h5_close(file);
        return core_fail(CORE_MACHINE, "not enough memory for an HDF5 file");
    }
    *out = file;
    return CORE_OK;
}

/* HDF5's own messages for a missing or foreign file make sense only to its developers. */
static core_status check_openable(const char *path, int64_t *bytes)
{
    struct stat about;
    char first[1];
    if (stat(path, &about) != 0) {
        return core_fail(CORE_BAD_FILE, "cannot open %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return core_fail_about(CORE_BAD_FILE, path, " is not a file, expected an HDF5 file");
    }
    if (core_file_peek(AT_FDCWD, path, 0, 0, first, sizeof first) < 0) { /* else HDF5 calls it foreign */
        return core_fail(core_file_read_code(errno), "cannot read %s: %s", path, strerror(errno));
    }
    const htri_t is_hdf5 = H5Fis_accessible(path, H5P_DEFAULT);
    if (is_hdf5 <= 0) {
        return core_fail_about(CORE_BAD_FILE, path, " is not an HDF5 file (its signature is missing)");
    }
    *bytes = (int64_t)about.st_size;
    return CORE_OK;
}

static hid_t create_image(const char *name, hid_t access)
{
    return H5Pset_fapl_core(access, IMAGE_STEP_BYTES, false) < 0 ? -1
                                                                 : H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
}

/* No locks: our files are replaced, never changed in place, and a reader must not stop a writer. */
static hid_t open_file(const char *path, hid_t access)
{
    return H5Pset_file_locking(access, false, true) < 0 ? -1 : H5Fopen(path, H5F_ACC_RDONLY, access);
}

static core_status begin_file(const char *name, bool writing, core_h5 **out)
{
    core_h5 *file = NULL;
    CORE_TRY(make_handle(name, &file));
    file->writing = writing;
    core_status status = writing ? CORE_OK : check_openable(name, &file->bytes);
    if (status == CORE_OK) {
        const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
        if (access < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_SEMI) < 0 ||
            (file->id = writing ? create_image(name, access) : open_file(name, access)) < 0) {
            status = core_h5_fail(file, writing ? "make" : "open", "");
        }
        core_h5_drop(access);
    }
    if (status != CORE_OK) {
        core_h5_close(file);
        return status;
    }
    *out = file;
    return CORE_OK;
}

core_status core_h5_create(const char *name, core_h5 **out) { return begin_file(name, true, out); }

core_status core_h5_open(const char *path, core_h5 **out) { return begin_file(path, false, out); }

void core_h5_hash_reads(core_h5 *file, core_hash *hash) { file->reads = hash; }

void core_h5_add_read(const core_h5 *file, const char *path, const char *name, const core_h5_shape *shape,
                      const void *data)
{
    if (file->reads == NULL) {
        return;
    }
    const int64_t elements = core_h5_elements(shape), head[2] = {shape->type, shape->rank};
    core_hash_update(file->reads, path, strlen(path) + 1);
    core_hash_update(file->reads, name, strlen(name) + 1);
    core_hash_update(file->reads, head, sizeof head);
    core_hash_update(file->reads, shape->dims, (size_t)shape->rank * sizeof shape->dims[0]);
    if (shape->type != CORE_H5_TEXT) {
        core_hash_update(file->reads, data, (size_t)(elements * core_h5_type_bytes(shape->type)));
        return;
    }
    for (int64_t i = 0; i < elements; i++) {
        const char *text = ((char *const *)data)[i];
        core_hash_update(file->reads, text, strlen(text) + 1);
    }
}

const char *core_h5_name(const core_h5 *file) { return file->name; }

void core_h5_close(core_h5 *file)
{
    if (file == NULL) {
        return;
    }
    core_h5_forget_look(file);
    if (file->id >= 0 && !broken) {
        /* A handle left open would keep the file open. Checked when writing only: in a damaged file HDF5 itself may
         * leave some. */
        assert(!file->writing || H5Fget_obj_count(file->id, H5F_OBJ_ALL) == 1);
        H5Fclose(file->id);
    }
    core_h5_drop(file->access);
    free(file->name);
    free(file);
}

/* Reads the root's attribute "format"; NULL: it has none. */
static core_status read_format(core_h5 *file, core_arena *arena, const char **out)
{
    bool there = false;
    *out = NULL;
    CORE_TRY(core_h5_has(file, "", "format", &there));
    return there ? core_h5_get_text(file, "", "format", arena, out) : CORE_OK;
}

/* What a file must say to be replaced, and how the last look at one ended. */
typedef struct {
    const char *format;
    core_status *looked;
} look;

static bool has_format(const char *path, const void *context)
{
    const look *l = context;
    core_h5 *file = NULL;
    core_arena arena = {0};
    const char *found = NULL;
    *l->looked = core_h5_open(path, &file);
    if (*l->looked == CORE_OK) {
        *l->looked = read_format(file, &arena, &found);
    }
    const bool same = found != NULL && strcmp(found, l->format) == 0;
    core_arena_free(&arena);
    core_h5_close(file);
    return same;
}

static core_file_kind kind_of(const look *l)
{
    return (core_file_kind){.name = l->format, .is_own = has_format, .context = l};
}

/* `status` of a check of the file at `path`; where memory or files were short for the look at it, that, and not that it
 * is another's. */
static core_status settle(core_status status, core_status looked, const char *path)
{
    return status == CORE_BAD_USAGE && looked == CORE_MACHINE
               ? core_fail_about(CORE_MACHINE, path, ": not enough memory or open files to look at what is there")
               : status;
}

core_status core_h5_check(const char *path, const char *format)
{
    core_status looked = CORE_OK;
    const look l = {format, &looked};
    const core_file_kind kind = kind_of(&l), hdf5 = {.name = format, .starts = {"\x89HDF\r\n\x1a\n"}};
    core_h5 *file = NULL;
    struct stat info;
    if (stat(path, &info) == 0 && info.st_size > 0 && core_file_may_replace(path, &hdf5) == CORE_OK) {
        CORE_TRY(core_h5_open(path, &file)); /* a damaged file: report the damage, not a foreign file */
        core_h5_close(file);
    }
    const core_status status = core_file_check(path, &kind);
    return settle(status, looked, path);
}

static core_status save_image(core_h5 *file, const char *path, core_arena *arena)
{
    void **image = NULL;
    ssize_t bytes = -1;
    core_status looked = CORE_OK;
    look l = {.looked = &looked};
    CORE_TRY(read_format(file, arena, &l.format));
    const core_file_kind kind = l.format != NULL ? kind_of(&l) : core_file_any;
    if (H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 || (bytes = H5Fget_file_image(file->id, NULL, 0)) < 0 ||
        H5Fget_vfd_handle(file->id, H5P_DEFAULT, (void **)&image) < 0) {
        return core_h5_fail(file, "finish", "");
    }
    const core_status status = core_file_write(path, &kind, *image, (size_t)bytes);
    return settle(status, looked, path);
}

core_status core_h5_save(core_h5 *file, const char *path)
{
    assert(file->writing);
    core_arena arena = {0};
    const core_status status = save_image(file, path, &arena);
    core_arena_free(&arena);
    return status;
}
