#include "core/h5.h"

#include <assert.h>
#include <hdf5_hl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/h5_internal.h"

/* A chunk fills HDF5's default chunk cache; smaller datasets are one chunk. */
enum { CHUNK_BYTES = 1 << 20 };
enum { GZIP_LEVEL = 4 };

/* The message for an object that cannot be opened. A dangling link has a message of its own: it is no damage. */
static core_status fail_open(const core_h5 *file, const char *path)
{
    core_status status = core_h5_fail(file, "open", path); /* before other calls change HDF5's reason */
    H5L_info2_t link;
    if (!file->writing && !file->led_elsewhere && path[0] != '\0' &&
        H5Lget_info2(file->id, path, &link, file->access) >= 0 && link.type == H5L_TYPE_SOFT) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s is a link to something that is not there", path);
    }
    return status;
}

/* The shape of an open dataset, after the check that the file stores as much as the dataset claims. */
static core_status measure_dataset(core_h5 *file, const char *path, hid_t dataset, hid_t create, core_h5_shape *shape)
{
    CORE_TRY(core_h5_check_place(file, path, create));
    const hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    core_h5_shape found = {0};
    core_status status = type < 0 || space < 0 ? core_h5_fail(file, "read the type of", path)
                                               : core_h5_describe(file, path, type, space, &found);
    core_h5_drop(type);
    core_h5_drop(space);
    CORE_TRY(status);
    CORE_TRY(core_h5_check_storage(file, path, dataset, create, &found, &file->looked_up));
    *shape = found;
    return CORE_OK;
}

/* measure_dataset, which also keeps the handle and the shape for the next call on this dataset. */
static core_status look_at_dataset(core_h5 *file, const char *path, hid_t dataset, core_h5_shape *shape)
{
    const hid_t create = H5Dget_create_plist(dataset);
    core_status status = create >= 0 ? measure_dataset(file, path, dataset, create, shape)
                                     : core_h5_fail(file, "read the layout of", path);
    core_h5_drop(create);
    core_h5_forget_look(file);
    if (status == CORE_OK && !file->writing && H5Iinc_ref(dataset) > 0) {
        snprintf(file->looked_at, sizeof file->looked_at, "%s", path);
        file->looked_id = dataset;
        file->looked_shape = *shape;
    }
    return status;
}

void core_h5_forget_look(core_h5 *file)
{
    core_h5_drop(file->looked_id > 0 ? file->looked_id : -1);
    file->looked_id = 0;
    file->looked_at[0] = '\0';
}

hid_t core_h5_open_dataset(const core_h5 *file, const char *path)
{
    const bool at_hand = file->looked_id > 0 && strcmp(file->looked_at, path) == 0;
    return at_hand && H5Iinc_ref(file->looked_id) > 0 ? file->looked_id : H5Dopen2(file->id, path, file->access);
}

/* Whether the path names a link. Checks part by part: HDF5 can tell a missing link from a broken one only if all groups
 * before it exist. */
static core_status find_link(const core_h5 *file, const char *path, bool *out)
{
    char part[sizeof file->looked_at];
    htri_t there = 1;
    for (size_t end = 1; end <= strlen(path) && there > 0; end++) {
        if (path[end] == '/' || path[end] == '\0') {
            memcpy(part, path, end);
            part[end] = '\0';
            there = H5Lexists(file->id, part, file->access);
        }
    }
    *out = there > 0;
    return there >= 0 ? CORE_OK : core_h5_fail(file, "look for", path);
}

/* *out is -1 where no object has that path. */
static core_status open_object(const core_h5 *file, const char *path, hid_t *out)
{
    bool there = false;
    *out = H5Oopen(file->id, core_h5_at(path), file->access);
    if (*out >= 0) {
        return CORE_OK;
    }
    CORE_TRY(find_link(file, path, &there));
    if (there) { /* open again, so that this failure is the last one: HDF5 keeps the reason of only one */
        *out = H5Oopen(file->id, core_h5_at(path), file->access);
        return *out >= 0 ? CORE_OK : fail_open(file, path);
    }
    return CORE_OK;
}

core_status core_h5_look(core_h5 *file, const char *path, core_h5_kind *kind, core_h5_shape *shape)
{
    if (shape != NULL && file->looked_id > 0 && strcmp(file->looked_at, path) == 0) {
        *kind = CORE_H5_DATASET;
        *shape = file->looked_shape;
        return CORE_OK;
    }
    if (strlen(path) >= sizeof file->looked_at) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": a path of %zu characters, expected fewer than %zu",
                               strlen(path), sizeof file->looked_at);
    }
    hid_t object;
    CORE_TRY(open_object(file, path, &object));
    if (object < 0) {
        *kind = CORE_H5_NOTHING;
        return CORE_OK;
    }
    core_status status = CORE_OK;
    const H5I_type_t what = H5Iget_type(object);
    if (what == H5I_GROUP) {
        *kind = CORE_H5_GROUP;
    } else if (what == H5I_DATASET) {
        status = shape != NULL ? look_at_dataset(file, path, object, shape) : CORE_OK;
        *kind = status == CORE_OK ? CORE_H5_DATASET : *kind;
    } else {
        status = core_fail_about(CORE_BAD_FILE, file->name, ": /%s is neither a group nor a dataset", path);
    }
    core_h5_drop(object);
    return status;
}

static hid_t dataspace(const core_h5_shape *shape)
{
    if (shape->rank == 0) {
        return H5Screate(H5S_SCALAR);
    }
    hsize_t dims[CORE_H5_MAX_RANK];
    for (int d = 0; d < shape->rank; d++) {
        dims[d] = (hsize_t)shape->dims[d];
    }
    return H5Screate_simple(shape->rank, dims, NULL);
}

/* Divides the first dimensions evenly until a chunk fits: the last chunk of a dimension is then nearly full. */
static void choose_chunk(const core_h5_shape *shape, size_t element_bytes, hsize_t *chunk)
{
    int64_t bytes = (int64_t)element_bytes;
    for (int d = shape->rank - 1; d >= 0; d--) {
        const int64_t dim = shape->dims[d];
        const int64_t most = bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1;
        const int64_t pieces = (dim + most - 1) / most;
        chunk[d] = (hsize_t)((dim + pieces - 1) / pieces);
        bytes *= (int64_t)chunk[d];
    }
}

/* The creation properties of a dataset. One without elements or dimensions can have neither chunks nor checksums. */
static hid_t layout(const core_h5_shape *shape, size_t element_bytes, bool gzip)
{
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    bool right = create >= 0 && H5Pset_obj_track_times(create, false) >= 0;
    if (right && shape->rank > 0 && core_h5_elements(shape) > 0) {
        hsize_t chunk[CORE_H5_MAX_RANK];
        choose_chunk(shape, element_bytes, chunk);
        right = H5Pset_chunk(create, shape->rank, chunk) >= 0 && (!gzip || H5Pset_deflate(create, GZIP_LEVEL) >= 0) &&
                H5Pset_fletcher32(create) >= 0;
    }
    if (!right) {
        core_h5_drop(create);
        return -1;
    }
    return create;
}

/* Link names stay ASCII: with UTF-8 names HDF5 stores groups in another format, which it reads badly when damaged. */
static hid_t making_parents(void)
{
    const hid_t link = H5Pcreate(H5P_LINK_CREATE);
    if (link >= 0 && H5Pset_create_intermediate_group(link, 1) < 0) {
        core_h5_drop(link);
        return -1;
    }
    return link;
}

static core_status attach_scales(core_h5 *file, const char *path, hid_t dataset, int rank, const core_h5_about *about)
{
    for (int d = 0; d < rank; d++) {
        if (about->scales[d] == NULL) {
            continue;
        }
        const hid_t scale = H5Dopen2(file->id, about->scales[d], H5P_DEFAULT);
        const bool right = scale >= 0 && H5DSattach_scale(dataset, scale, (unsigned)d) >= 0;
        core_status status = right ? CORE_OK : core_h5_fail(file, "attach a scale to", path);
        core_h5_drop(scale);
        CORE_TRY(status);
    }
    return CORE_OK;
}

static core_status write_typed(core_h5 *file, const char *path, const core_h5_shape *shape, const void *data,
                               const core_h5_about *about, hid_t type)
{
    core_status status = CORE_OK;
    const hid_t space = dataspace(shape), link = making_parents();
    const hid_t create = layout(shape, H5Tget_size(type), about->gzip);
    hid_t dataset = -1;
    if (space < 0 || link < 0 || create < 0 ||
        (dataset = H5Dcreate2(file->id, path, type, space, link, create, H5P_DEFAULT)) < 0 ||
        (core_h5_elements(shape) > 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)) {
        status = core_h5_fail(file, "write", path);
    }
    if (status == CORE_OK) {
        status = attach_scales(file, path, dataset, shape->rank, about);
    }
    if (!core_h5_drop(dataset) && status == CORE_OK) {
        status = core_h5_fail(file, "write", path);
    }
    core_h5_drop(create);
    core_h5_drop(link);
    core_h5_drop(space);
    return status;
}

/* Texts get a fixed length: the checksum then covers them, which it does not in HDF5's global heap. */
static core_status write_texts(core_h5 *file, const char *path, const core_h5_shape *shape, const char *const *texts,
                               const core_h5_about *about)
{
    const int64_t count = core_h5_elements(shape);
    size_t width = 1;
    for (int64_t i = 0; i < count; i++) {
        const size_t length = strlen(texts[i]);
        width = length > width ? length : width;
    }
    char *packed;
    CORE_TRY(core_calloc((size_t)count, width, "texts of an HDF5 file", (void **)&packed));
    for (int64_t i = 0; i < count; i++) {
        memcpy(packed + (size_t)i * width, texts[i], strlen(texts[i]));
    }
    core_status status = CORE_OK;
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, width) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
        status = core_h5_fail(file, "make the type of", path);
    } else {
        status = write_typed(file, path, shape, packed, about, type);
    }
    core_h5_drop(type);
    free(packed);
    return status;
}

core_status core_h5_write(core_h5 *file, const char *path, const core_h5_shape *shape, const void *data,
                          const core_h5_about *about)
{
    assert(file->writing && shape->rank >= 0 && shape->rank <= CORE_H5_MAX_RANK && shape->type != CORE_H5_FOREIGN);
    assert(about->long_name != NULL && about->units != NULL && (data != NULL || core_h5_elements(shape) == 0));
    if (shape->type == CORE_H5_TEXT) {
        CORE_TRY(write_texts(file, path, shape, data, about));
    } else {
        const hid_t type = core_h5_make_type(shape->type);
        core_status status =
            type < 0 ? core_h5_fail(file, "make the type of", path) : write_typed(file, path, shape, data, about, type);
        core_h5_drop(type);
        CORE_TRY(status);
    }
    CORE_TRY(core_h5_set_text(file, path, "long_name", about->long_name));
    return core_h5_set_text(file, path, "units", about->units);
}

core_status core_h5_make_scale(core_h5 *file, const char *path)
{
    assert(file->writing);
    const char *slash = strrchr(path, '/');
    const hid_t dataset = H5Dopen2(file->id, path, H5P_DEFAULT);
    core_status status = CORE_OK;
    if (dataset < 0 || H5DSset_scale(dataset, slash != NULL ? slash + 1 : path) < 0) {
        status = core_h5_fail(file, "make a scale of", path);
    }
    core_h5_drop(dataset);
    return status;
}

core_status core_h5_write_group(core_h5 *file, const char *path)
{
    assert(file->writing);
    const hid_t link = making_parents();
    hid_t group = -1;
    core_status status = CORE_OK;
    if (link < 0 || (group = H5Gcreate2(file->id, path, link, H5P_DEFAULT, H5P_DEFAULT)) < 0) {
        status = core_h5_fail(file, "make", path);
    }
    core_h5_drop(group);
    core_h5_drop(link);
    return status;
}
