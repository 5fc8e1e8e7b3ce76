#include "tests/end_to_end/hostile_files.h"

#include <hdf5.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/h5.h"
#include "datasets/corpus.h"
#include "datasets/review_file.h"
#include "experiments/cli/verbs.h"
#include "results/runs/run_file.h"
#include "tests/pictures/drawn.h"
#include "tests/support.h"

#define TB "tailbit"

void hostile_put(const char *path, const char *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) {
        abort();
    }
}

static void write_data(void)
{
    enum { K = 3, TRAIN = 8, TEST = 4, IMAGE = 3 * 32 * 32 };
    static uint8_t images[K * TRAIN * IMAGE];
    uint8_t labels[K * TRAIN];
    uint64_t state = 2385;
    const hid_t file = H5Fcreate("data.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int test = 0; test < 2; test++) {
        const hsize_t n = K * (test ? TEST : TRAIN), dims[4] = {n, 3, 32, 32}, chunk[4] = {4, 3, 32, 32};
        for (int64_t i = 0; i < (int64_t)n * IMAGE; i++) {
            images[i] = (uint8_t)draw_number(&state, 256);
            labels[i / IMAGE] = (uint8_t)(i / IMAGE % K);
        }
        const hid_t create = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, dims, NULL),
                    line = H5Screate_simple(1, dims, NULL);
        H5Pset_chunk(create, 4, chunk);
        H5Pset_deflate(create, 4);
        const hid_t a = H5Dcreate2(file, test ? "test_images" : "images", H5T_STD_U8LE, space, H5P_DEFAULT, create,
                                   H5P_DEFAULT),
                    b = H5Dcreate2(file, test ? "test_labels" : "labels", H5T_STD_U8LE, line, H5P_DEFAULT, H5P_DEFAULT,
                                   H5P_DEFAULT);
        H5Dwrite(a, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, images);
        H5Dwrite(b, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels);
        const hid_t ids[] = {a, b, create, space, line};
        for (int i = 0; i < LENGTH(ids); i++) {
            H5Idec_ref(ids[i]);
        }
    }
    H5Fclose(file);
}

static core_status make_half(void)
{
    core_arena arena = {0};
    res_run run;
    CORE_TRY(res_run_load("base.h5", RES_ALL, &arena, &run));
    run.timing.E = run.epochs.E = run.margins.E = run.state.epoch = 1;
    run.margins.n = 0;
    run.margins.final_class_min = NULL;
    run.features = (res_feature_sets){0};
    run.final = (res_final){0};
    core_status status = res_run_save(&run, "half.h5");
    core_arena_free(&arena);
    return status;
}

static core_status make_texts(void)
{
    static char bytes[] = "A good film.Not so good a film!Bad acting, isn\'t it?<br />A film of 1999";
    static int64_t offsets[] = {0, 12, 31, 53, 73};
    static uint8_t ratings[] = {8, 3, 2, 7};
    const ds_review_file reviews = {.texts = {.count = 4, .train_count = 2, .bytes = bytes, .offsets = offsets},
                                    .ratings = ratings};
    ds_corpus corpus;
    core_arena arena = {0};
    int64_t empty;
    char sha256[DS_SHA256_BYTES];
    CORE_TRY(ds_review_file_write(".", &reviews));
    CORE_TRY(ds_review_file_digest(&reviews, sha256));
    CORE_TRY(ds_corpus_create(&reviews.texts, &arena, &corpus, &empty));
    core_status status = ds_token_file_write(".", &corpus, sha256);
    core_arena_free(&arena);
    return status;
}

static herr_t expect_checksum(hid_t group, const char *name, const H5O_info2_t *about, void *context)
{
    if (about->type != H5O_TYPE_DATASET) {
        return 0;
    }
    unsigned flags;
    size_t values = 0;
    const hid_t set = H5Dopen2(group, name, H5P_DEFAULT), create = H5Dget_create_plist(set), space = H5Dget_space(set);
    const bool is_one = H5Sget_simple_extent_type(space) == H5S_SCALAR; /* kept in one piece, which HDF5 does not sum */
    H5E_BEGIN_TRY
    {
        *(bool *)context =
            is_one || H5Pget_filter_by_id2(create, H5Z_FILTER_FLETCHER32, &flags, &values, NULL, 0, NULL, NULL) >= 0;
    }
    H5E_END_TRY
    H5Sclose(space);
    H5Pclose(create);
    H5Dclose(set);
    return *(bool *)context ? 0 : 1;
}

/* Every dataset of the files that the program wrote has Fletcher-32. */
static core_status check_checksums(void)
{
    static const char *const files[] = {"base.h5", "half.h5", "base.probe.h5", "base-reviews.h5", "base-tokens.h5"};
    for (int i = 0; i < LENGTH(files); i++) {
        bool has = false;
        const hid_t file = H5Fopen(files[i], H5F_ACC_RDONLY, H5P_DEFAULT);
        H5Ovisit3(file, H5_INDEX_NAME, H5_ITER_NATIVE, expect_checksum, &has, H5O_INFO_BASIC);
        H5Fclose(file);
        if (!has) {
            return core_fail(CORE_BAD_FILE, "%s: a dataset has no Fletcher-32", files[i]);
        }
    }
    return CORE_OK;
}

static core_status make_archive(void)
{
    static const char command[] =
        "mkdir -p aclImdb/train/pos aclImdb/test/neg && echo A good film. > aclImdb/train/pos/0_9.txt "
        "&& echo A bad one. > aclImdb/test/neg/0_2.txt && tar -cJf base.tar.xz aclImdb";
    return system(command) == 0 ? CORE_OK : core_fail(CORE_MACHINE, "cannot make an archive");
}

static void draw_picture(const char *path, int seed)
{
    drawn_file picture = draw_jpeg(3, 30, 40, seed % 2 == 0, (uint64_t)seed);
    hostile_put(path, (const char *)picture.data, picture.bytes);
    free(picture.data);
}

/* A JSON file of iNaturalist's shape with a picture of each class. */
static void write_json(const char *path, const char *cat, const char *dog)
{
    char text[512];
    const int bytes =
        snprintf(text, sizeof text,
                 "{\"images\": [{\"id\": 3, \"file_name\": \"%s\"}, {\"id\": 4, \"file_name\": \"%s\"}], "
                 "\"annotations\": [{\"id\": 1, \"image_id\": 3, \"category_id\": 5}, {\"id\": 2, \"image_id\": 4, "
                 "\"category_id\": 8}], \"categories\": [{\"id\": 8, \"name\": \"dog\", \"supercategory\": \"beast\"}, "
                 "{\"id\": 5, \"name\": \"cat\"}]}",
                 cat, dog);
    hostile_put(path, text, (size_t)bytes);
}

/* photos, in Tiny ImageNet's layout too, base.zip of it, an index in kept/, and JSON files in photos. */
static core_status make_pictures(void)
{
    static const char folders[] = "mkdir -p photos/train/cat photos/train/dog photos/test/dog",
                      tiny[] =
                          "for class in cat dog; do mkdir -p tiny/train/$class/images && "
                          "cp photos/train/$class/0.jpg tiny/train/$class/images; done && mkdir -p tiny/val/images && "
                          "cp photos/test/dog/0.jpg tiny/val/images && printf 'dog\\ncat\\n' > tiny/wnids.txt && "
                          "printf 'cat\\tcat, true cat\\ndog\\tdog\\n' > tiny/words.txt && "
                          "printf '0.jpg\\tdog\\t1\\n' > tiny/val/val_annotations.txt && "
                          "python3 -m zipfile -c base.zip tiny && cp photos/train/cat/0.jpg base.jpg";
    bool made = system(folders) == 0;
    draw_picture("photos/train/cat/0.jpg", 1);
    draw_picture("photos/train/dog/0.jpg", 2);
    draw_picture("photos/test/dog/0.jpg", 3);
    CORE_TRY(xp_main(7, (const char *const[]){TB, "data", "import", "folder", "photos", "--data-dir", "kept"}));
    write_json("base.json", "train/cat/0.jpg", "train/dog/0.jpg");
    write_json("photos/val2018.json", "gone.jpg", "test/dog/0.jpg");
    made = made && system(tiny) == 0 && system("cp kept/photos/index.txt base-index.txt") == 0;
    return made ? CORE_OK : core_fail(CORE_MACHINE, "cannot make pictures");
}

core_status hostile_make_files(void)
{
    static const char yaml[] =
        "# a run\ndata: ./data.h5\nimbalance: none\nmethod: LDAM-DRW\nmodel: resnet8\nepochs: 2\n"
        "batch: 8\nseed: 3\nvalidation_frac: 0.25\n";
    static const char glove[] = "good 0.1 0.2 -0.3 4e-1\nfilm 1 2 3 4\n\nof 0.5 0.5 0.5 0.5\n";
    static const char *const folders[] = {"runs", "half", "probes", "wholes"};
    for (int i = 0; i < LENGTH(folders); i++) {
        mkdir(folders[i], 0777);
    }
    write_data();
    hostile_put("run.yaml", yaml, sizeof yaml - 1);
    hostile_put("base.txt", glove, sizeof glove - 1);
    CORE_TRY(xp_main(6, (const char *const[]){TB, "train", "--config", "run.yaml", "--out", "base.h5"}));
    CORE_TRY(xp_main(6, (const char *const[]){TB, "export", "base.h5", "--npz", "--out", "base.npz"}));
    CORE_TRY(xp_main(5, (const char *const[]){TB, "probe", "base.h5", "--out", "base.probe.h5"}));
    CORE_TRY(make_half());
    CORE_TRY(make_texts());
    if (rename("reviews.h5", "base-reviews.h5") != 0 || rename("tokens-1.h5", "base-tokens.h5") != 0 ||
        link("base.h5", "probes/base.h5") != 0 || link("base.h5", "wholes/m.h5") != 0) {
        return core_fail(CORE_MACHINE, "cannot rename the files of texts");
    }
    CORE_TRY(check_checksums());
    CORE_TRY(make_pictures());
    return make_archive();
}
