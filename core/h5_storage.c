#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/h5_internal.h"
#include "core/memory.h"
#include "core/text.h"

enum {
    SHORTEST_RATIO = 100,     /* unpacked bytes per stored byte up to which nothing is counted */
    EXPANDED_MAX = 256 << 20, /* bytes beyond that ratio that are allowed: sound data sets of one colour have some */
    DEFLATE_MAX_RATIO = 1032, /* the largest ratio that deflate can reach (zlib's technical notes) */
    UNCHECKED_MAX = 16 << 20, /* bytes beyond its size that a chunk may unpack to without a check of its stream */
    INFLATE_BYTES = 1 << 16
};

static core_status refuse_dataset(const core_h5 *file, const char *path, const char *what)
{
    return core_fail_about(CORE_BAD_FILE, file->name, ": /%s %s", path, what);
}

/* The name of a filter: our name for the common registered filters, else the name in the file. */
static const char *filter_name(H5Z_filter_t filter, const char *stored)
{
    static const struct {
        H5Z_filter_t number;
        const char *name;
    } known[] = {{H5Z_FILTER_SZIP, "szip"}, {305, "lzo"},     {307, "bzip2"},        {32000, "lzf"},
                 {32001, "blosc"},          {32004, "lz4"},   {32008, "bitshuffle"}, {32013, "zfp"},
                 {32015, "zstd"},           {32026, "blosc2"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].number == filter) {
            return known[i].name;
        }
    }
    return stored[0] != '\0' ? stored : "without a name";
}

/* Accepts only shuffle, then one deflate, then Fletcher-32; each may be absent. Other filters may unpack a few bytes to
 * any size, or run a plugin. */
static core_status check_filters(const core_h5 *file, const char *path, hid_t create, bool *deflated)
{
    const int count = H5Pget_nfilters(create);
    bool summed = false;
    *deflated = false;
    for (int i = 0; i < count; i++) {
        char stored[64] = "", name[CORE_SHOWN_BYTES];
        size_t values = 0;
        unsigned flags, config;
        const H5Z_filter_t filter =
            H5Pget_filter2(create, (unsigned)i, &flags, &values, NULL, sizeof stored, stored, &config);
        const bool known =
            filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_FLETCHER32;
        if (!known || summed || (*deflated && filter != H5Z_FILTER_FLETCHER32)) {
            return core_fail(CORE_BAD_FILE,
                             "%s: /%s is packed with the filter %s (%d), which %s; write it with gzip instead (h5py: "
                             "compression=\"gzip\"; where the filter is: h5repack -f GZIP=4 OLD NEW)",
                             file->name, path, core_text_shown(filter_name(filter, stored), name), filter,
                             H5Zfilter_avail(filter) > 0 ? "tailbit does not read in that place"
                                                         : "is not installed here");
        }
        *deflated = *deflated || filter == H5Z_FILTER_DEFLATE;
        summed = summed || filter == H5Z_FILTER_FLETCHER32;
    }
    return count >= 0 ? CORE_OK : core_h5_fail(file, "read the filters of", path);
}

/* Whether the deflated stream unpacks to more than `most` bytes; false for a broken one, which HDF5 reports later. */
static bool unpacks_to_more(const unsigned char *stream, size_t bytes, int64_t most)
{
    unsigned char out[INFLATE_BYTES];
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)stream, .avail_in = (uInt)bytes};
    if (inflateInit(&z) != Z_OK) {
        return false;
    }
    int64_t unpacked = 0;
    int code = Z_OK;
    while (code == Z_OK && unpacked <= most) {
        z.next_out = out;
        z.avail_out = sizeof out;
        code = inflate(&z, Z_NO_FLUSH);
        unpacked += (int64_t)(sizeof out - z.avail_out);
    }
    inflateEnd(&z);
    return unpacked > most;
}

/* A walk over the chunks of a dataset, and their sums. */
typedef struct {
    const core_h5 *file;
    const char *path;
    hid_t dataset;
    const core_h5_shape *shape;
    int64_t chunk_bytes;
    bool deflated;
    int64_t count, stored;
    core_status status;
} chunk_walk;

/* HDF5 unpacks all that a chunk's stream holds, however much: check first that it is no more than the chunk's size. */
static core_status check_chunk(chunk_walk *walk, const hsize_t *offset, int64_t bytes, unsigned mask)
{
    if (bytes > walk->file->bytes || bytes / 2 - 4096 > walk->chunk_bytes) {
        return refuse_dataset(walk->file, walk->path, "has a chunk of more bytes than it can have: damaged");
    }
    if (!walk->deflated || mask != 0 || bytes * DEFLATE_MAX_RATIO <= walk->chunk_bytes + UNCHECKED_MAX) {
        return CORE_OK;
    }
    unsigned char *stream;
    uint32_t read_mask = 0;
    CORE_TRY(core_calloc((size_t)bytes, 1, "a chunk of an HDF5 file", (void **)&stream));
    core_status status = CORE_OK;
    if (H5Dread_chunk(walk->dataset, H5P_DEFAULT, offset, &read_mask, stream) < 0) {
        status = core_h5_fail(walk->file, "read", walk->path);
    } else if (unpacks_to_more(stream, (size_t)bytes, walk->chunk_bytes)) {
        status = refuse_dataset(walk->file, walk->path, "has a chunk that unpacks to more than its size: damaged");
    }
    free(stream);
    return status;
}

static int visit_chunk(const hsize_t *offset, unsigned mask, haddr_t address, hsize_t bytes, void *context)
{
    (void)address;
    chunk_walk *walk = context;
    walk->count++;
    walk->stored += bytes <= (hsize_t)walk->file->bytes ? (int64_t)bytes : walk->file->bytes;
    walk->status = check_chunk(walk, offset, bytes <= INT32_MAX ? (int64_t)bytes : INT64_MAX / 2, mask);
    return walk->status == CORE_OK ? H5_ITER_CONT : H5_ITER_ERROR;
}

/* Computes the grid of chunks, and refuses one with far more chunks than a sensible writer makes. */
static core_status count_chunks(const chunk_walk *walk, const hsize_t *chunk, core_h5_storage *out)
{
    const int64_t *dims = walk->shape->dims;
    int64_t band = 1;
    for (int d = 1; d < walk->shape->rank && band <= CORE_H5_READ_CHUNKS; d++) {
        band *= dims[d] > 0 ? (dims[d] - 1) / (int64_t)chunk[d] + 1 : 1;
    }
    const int64_t bands = dims[0] > 0 ? (dims[0] - 1) / (int64_t)chunk[0] + 1 : 1;
    if (band > CORE_H5_READ_CHUNKS || bands > CORE_H5_MAX_CHUNKS / band) {
        return core_fail_about(CORE_BAD_FILE, walk->file->name,
                               ": /%s is cut into more than %d chunks, or %d beside each other; expected larger ones",
                               walk->path, (int)CORE_H5_MAX_CHUNKS, (int)CORE_H5_READ_CHUNKS);
    }
    out->chunk_rows = (int64_t)chunk[0];
    out->band_chunks = band;
    return CORE_OK;
}

/* For a chunked dataset: its stored bytes, and the bytes to which they unpack. */
static core_status measure_chunks(chunk_walk *walk, hid_t create, int64_t element_bytes, core_h5_storage *out,
                                  int64_t *unpacked)
{
    hsize_t chunk[H5S_MAX_RANK];
    const int rank = walk->shape->rank;
    if (H5Pget_chunk(create, H5S_MAX_RANK, chunk) != rank) {
        return core_h5_fail(walk->file, "read the chunks of", walk->path);
    }
    walk->chunk_bytes = element_bytes;
    for (int d = 0; d < rank; d++) {
        if (chunk[d] > INT32_MAX || __builtin_mul_overflow(walk->chunk_bytes, (int64_t)chunk[d], &walk->chunk_bytes)) {
            return refuse_dataset(walk->file, walk->path, "has absurdly large chunks: damaged");
        }
    }
    CORE_TRY(count_chunks(walk, chunk, out));
    if (H5Dchunk_iter(walk->dataset, H5P_DEFAULT, visit_chunk, walk) < 0 || walk->status != CORE_OK) {
        return walk->status != CORE_OK ? walk->status : core_h5_fail(walk->file, "read the chunks of", walk->path);
    }
    if (__builtin_mul_overflow(walk->count, walk->chunk_bytes, unpacked)) {
        *unpacked = INT64_MAX;
    }
    return CORE_OK;
}

/* The dataset's unpacked size, and how much of it the file does not store. */
static core_status measure_dataset(const core_h5 *file, const char *path, hid_t dataset, hid_t create,
                                   const core_h5_shape *shape, core_h5_storage *out)
{
    const hid_t type = H5Dget_type(dataset);
    const int64_t element_bytes = type >= 0 ? (int64_t)H5Tget_size(type) : 0;
    chunk_walk walk = {.file = file, .path = path, .dataset = dataset, .shape = shape};
    core_h5_storage found = {0};
    int64_t claimed, unpacked = 0, stored;
    core_h5_drop(type);
    CORE_TRY(check_filters(file, path, create, &walk.deflated));
    if (element_bytes < 1 || __builtin_mul_overflow(core_h5_elements(shape), element_bytes, &claimed)) {
        return refuse_dataset(file, path, "claims more bytes than there can be: damaged");
    }
    if (H5Pget_layout(create) == H5D_CHUNKED) {
        CORE_TRY(measure_chunks(&walk, create, element_bytes, &found, &unpacked));
        stored = walk.stored;
        if (walk.deflated && walk.count > 0 && walk.chunk_bytes > claimed) {
            claimed = walk.chunk_bytes; /* HDF5 unpacks a chunk whole */
        }
    } else {
        const hsize_t bytes = H5Dget_storage_size(dataset);
        unpacked = stored = bytes <= (hsize_t)file->bytes ? (int64_t)bytes : file->bytes;
    }
    const int64_t real = unpacked < claimed ? unpacked : claimed;
    const int64_t usual = stored > INT64_MAX / SHORTEST_RATIO ? INT64_MAX : stored * SHORTEST_RATIO;
    found.claimed = claimed;
    found.unwritten = claimed - real;
    found.expanded = real > usual ? real - usual : 0;
    *out = found;
    return CORE_OK;
}

core_status core_h5_check_storage(const core_h5 *file, const char *path, hid_t dataset, hid_t create,
                                  const core_h5_shape *shape, core_h5_storage *out)
{
    *out = (core_h5_storage){0};
    if (file->writing) {
        return CORE_OK;
    }
    CORE_TRY(measure_dataset(file, path, dataset, create, shape, out));
    return core_h5_check_total(file, path, out);
}

core_status core_h5_check_total(const core_h5 *file, const char *path, const core_h5_storage *more)
{
    if (more->unwritten > CORE_H5_UNWRITTEN_MAX - file->loaded.unwritten) {
        return core_fail_about(CORE_BAD_FILE, file->name,
                               ": /%s claims %" PRId64 " bytes, of which %" PRId64 " were never written: damaged", path,
                               more->claimed, more->unwritten);
    }
    if (more->expanded > EXPANDED_MAX - file->loaded.expanded) {
        return core_fail_about(CORE_BAD_FILE, file->name,
                               ": /%s unpacks to %" PRId64
                               " bytes, more than %d times what the file stores of it; expected "
                               "fewer, or the dataset without compression",
                               path, more->claimed, SHORTEST_RATIO);
    }
    return CORE_OK;
}

core_status core_h5_check_place(const core_h5 *file, const char *path, hid_t create)
{
    const bool elsewhere = H5Pget_layout(create) == H5D_VIRTUAL ||
                           (H5Pget_layout(create) == H5D_CONTIGUOUS && H5Pget_external_count(create) > 0);
    return elsewhere && !file->writing
               ? refuse_dataset(file, path, "keeps its numbers in other files, expected them in this one")
               : CORE_OK;
}
