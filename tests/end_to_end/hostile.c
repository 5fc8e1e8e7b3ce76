/* hostile [COUNT [SEED [FIRST]]]: changes files of every kind that tailbit reads, for every verb that reads them.
 *
 * A change is of the structure (an object or attribute deleted, of another type, shape or value), after which the
 * digest is written anew, or of the raw bytes. COUNT changes of each kind of file are drawn with SEED, COUNT 0:
 * all of structure. A verb ends with a documented code and at most one line a file, in bounded time, and takes at most
 * twice what the file stores and 100 MB. The work is done in a child, so that a crash or a hang is a line too.
 */
#include <fcntl.h>
#include <hdf5.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/h5.h"
#include "core/npz.h"
#include "core/rng.h"
#include "datasets/corpus.h"
#include "datasets/glove.h"
#include "datasets/review_file.h"
#include "experiments/cli/verbs.h"
#include "results/runs/content.h"
#include "results/runs/probe_file.h"
#include "results/runs/run_file.h"
#include "tests/end_to_end/hostile_files.h"
#include "tests/end_to_end/hostile_mutate.h"
#include "tests/support.h"

/* HDF5 itself leaks a little when it gives up on a damaged file; a damaged length may ask for a terabyte. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libhdf5"; }
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1:detect_leaks=0"; }

enum { MOST_PLACES = 4096, MOST_WORDS = 12, SECONDS_FOR_ONE = 20, SLACK_KB = 100 << 10, RAW = 40 };

/* What the parent sees of the child. */
typedef struct {
    volatile int64_t done;  /* changes */
    volatile int64_t calls; /* of verbs */
    volatile int64_t refused, accepted, failures;
    char name[256]; /* of the change under way */
    char words[160];
} progress;

static progress *seen;
static core_rng_key key = {.purpose = CORE_RNG_TEST};
static int64_t drawn;

static int64_t draw(int64_t n) { return core_rng_below(key, (core_rng_counter){.position = drawn++}, n); }

static void complain(const char *what)
{
    seen->failures++;
    fprintf(stderr, "hostile: %s; tailbit %s: %s\n", seen->name, seen->words, what);
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

/* Peak memory since the last call with reset, in KiB; 0: not known here. */
static int64_t peak_kb(bool reset)
{
#ifdef __SANITIZE_ADDRESS__
    (void)reset;
    return 0;
#else
    char line[256];
    long kb = 0;
    if (reset) {
        const int fd = open("/proc/self/clear_refs", O_WRONLY);
        if (fd >= 0) {
            (void)!write(fd, "5", 1);
            close(fd);
        }
    }
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmHWM: %ld kB", &kb);
    }
    if (status != NULL) {
        fclose(status);
    }
    return kb;
#endif
}

static double cpu_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

/* What a call may say: nothing but whole lines, at most two, without control characters. */
static void check_said(const char *path)
{
    char *said;
    size_t bytes;
    int lines = 0;
    if (core_file_read(path, &said, &bytes) != CORE_OK) {
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        lines += said[i] == '\n';
        if (((unsigned char)said[i] < 32 && said[i] != '\n' && said[i] != '\r') || said[i] == 127) {
            complain("a control character on stderr");
            break;
        }
    }
    if (lines > 2) {
        fprintf(stderr, "%s", said);
        complain("more than a line on stderr");
    }
    free(said);
}

static void check_ending(core_status status)
{
    const char *message = core_error_message();
    bool documented = false;
    for (int i = 0; xp_exit_codes[i].meaning != NULL; i++) {
        documented = documented || xp_exit_codes[i].code == (int)status;
    }
    if (!documented || (status == CORE_MACHINE && strstr(message, "other bits would follow") == NULL)) {
        char what[1200];
        snprintf(what, sizeof what, "ended with %d: %s", (int)status, message);
        complain(what);
    } else if (status != CORE_OK && status != CORE_DIFFERS && (message[0] == '\0' || strchr(message, '\n') != NULL)) {
        complain("its sentence is not one line");
    }
    seen->accepted += status == CORE_OK;
    seen->refused += status != CORE_OK;
}

/* Runs the words, NULL at the end, or `call`. stored_kb: what the file stores, unpacked. */
static void check_call(const char *const *words, core_status (*call)(const char *path), const char *path,
                       int64_t stored_kb)
{
    int count = 0;
    seen->words[0] = '\0';
    for (; words != NULL && words[count] != NULL; count++) {
        const size_t used = strlen(seen->words);
        snprintf(seen->words + used, sizeof seen->words - used, "%s ", words[count]);
    }
    fflush(stderr);
    const int kept = dup(2), said = open("said", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const int64_t before_kb = peak_kb(true);
    const double begin = cpu_seconds();
    dup2(said, 2);
    const core_status status = words != NULL ? xp_main(count, words) : call(path);
    fflush(stdout);
    fflush(stderr);
    dup2(kept, 2);
    close(kept);
    close(said);
    seen->calls++;
    check_ending(status);
    check_said("said");
    const int64_t taken_kb = peak_kb(false) - before_kb;
    if (taken_kb > 2 * stored_kb + SLACK_KB) {
        char what[128];
        snprintf(what, sizeof what, "took %" PRId64 " MB for %" PRId64 " MB stored", taken_kb >> 10, stored_kb >> 10);
        complain(what);
    }
    if (cpu_seconds() - begin > (double)SECONDS_FOR_ONE) {
        complain("took too long");
    }
}

/* ---- kinds of files --------------------------------------------------------------------------------------------- */

static core_status read_probe(const char *path)
{
    core_arena arena = {0};
    res_probe probe;
    core_status status = res_probe_load(path, &arena, &probe);
    core_arena_free(&arena);
    return status;
}

static core_status read_reviews(const char *path)
{
    (void)path;
    core_arena arena = {0};
    ds_review_file reviews;
    ds_corpus corpus;
    int64_t empty;
    core_status status = ds_review_file_read(".", &arena, &reviews);
    if (status == CORE_OK) {
        status = ds_corpus_create(&reviews.texts, &arena, &corpus, &empty);
    }
    core_arena_free(&arena);
    return status;
}

static core_status read_tokens(const char *path)
{
    (void)path;
    core_arena arena = {0};
    ds_corpus corpus;
    ds_dataset data = {0};
    char sha256[DS_SHA256_BYTES];
    core_status status = ds_token_file_read(".", &arena, &corpus, sha256);
    if (status == CORE_OK) {
        status = ds_corpus_select(&corpus, "imdb", &(ds_text_options){.vocabulary = 100, .max_length = 10}, &data);
    }
    core_arena_free(&arena);
    ds_destroy(&data);
    return status;
}

static core_status read_glove(const char *path)
{
    static char padding[] = "", good[] = "good", film[] = "film";
    char *const words[] = {padding, padding, good, film};
    float rows[4 * 4];
    int64_t found;
    return ds_glove_load(path, words, 4, 4, rows, &found);
}

static core_status read_npz(const char *path)
{
    core_npz *npz;
    const core_npz_array *array;
    float values[1 << 12];
    CORE_TRY(core_npz_open(path, &npz));
    core_status status = core_npz_next(npz, &array);
    while (status == CORE_OK && array != NULL) {
        int64_t count = 1;
        for (int d = 0; d < array->rank; d++) {
            count = array->shape[d] <= LENGTH(values) / count ? count * array->shape[d] : 0;
        }
        status = count > 0 && array->type[1] == 'f' ? core_npz_floats(npz, count, values) : CORE_OK;
        status = status == CORE_OK ? core_npz_next(npz, &array) : status;
    }
    core_npz_close(npz);
    return status;
}

/* A file of ours, the file that is changed, and what reads it. */
typedef struct {
    const char *base, *path;
    bool structure; /* HDF5 */
    int64_t schema; /* of the content whose digest is written anew; 0: none */
    const char *what;
    const char *const words[16][MOST_WORDS];
    core_status (*call)(const char *path);
} kind;

#define TB "tailbit"
static const kind kinds[] = {
    {"base.h5",
     "runs/m.h5",
     true,
     RES_SCHEMA,
     "run",
     {{TB, "info", "runs/m.h5"},
      {TB, "table", "runs", "--format", "json", "--metric", "top1,balanced,class-error,class-margin,validation"},
      {TB, "report", "runs", "--out", "report.html"},
      {TB, "status", "runs"},
      {TB, "compare", "runs/m.h5", "base.h5"},
      {TB, "compare", "base.h5", "runs/m.h5"},
      {TB, "compare", "runs", "wholes"},
      {TB, "figure", "probe", "runs", "--out", "figures"},
      {TB, "figure", "margins", "runs", "--out", "figures"},
      {TB, "export", "runs/m.h5", "--npz", "--out", "out.npz"},
      {TB, "export", "runs/m.h5", "--csv", "--out", "csv"},
      {TB, "export", "runs/m.h5", "--onnx", "--out", "out.onnx"},
      {TB, "probe", "runs/m.h5", "--out", "out.probe.h5"},
      {TB, "train", "--out", "runs/m.h5", "--config", "run.yaml"}},
     NULL},
    {"half.h5",
     "half/m.h5",
     true,
     RES_SCHEMA,
     "run",
     {{TB, "train", "--out", "half/m.h5", "--config", "run.yaml"}},
     NULL},
    {"base.probe.h5",
     "probes/m.probe.h5",
     true,
     RES_PROBE_SCHEMA,
     "probe",
     {{TB, "report", "probes", "--out", "report.html"}, {TB, "figure", "probe", "probes", "--out", "figures"}},
     read_probe},
    {"data.h5", "m.h5", true, 0, NULL, {{TB, "split", "--data", "./m.h5", "--imbalance", "none"}}, NULL},
    {"base-reviews.h5", "reviews.h5", true, 0, NULL, {{NULL}}, read_reviews},
    {"base-tokens.h5", "tokens-1.h5", true, 0, NULL, {{NULL}}, read_tokens},
    {"run.yaml",
     "m.yaml",
     false,
     0,
     NULL,
     {{TB, "split", "--config", "m.yaml"}, {TB, "grid", "m.yaml", "--dry-run"}},
     NULL},
    {"base.txt", "m.txt", false, 0, NULL, {{NULL}}, read_glove},
    {"base.npz", "m.npz", false, 0, NULL, {{NULL}}, read_npz},
    {"base.tar.xz",
     "m.tar.xz",
     false,
     0,
     NULL,
     {{TB, "data", "import", "imdb", "m.tar.xz", "--unverified", "--data-dir", "imported"},
      {TB, "data", "import", "cifar10", "m.tar.xz", "--unverified", "--data-dir", "imported"}},
     NULL},
    {"base.jpg",
     "photos/train/cat/0.jpg",
     false,
     0,
     NULL,
     {{TB, "data", "import", "folder", "photos", "--data-dir", "sets"}},
     NULL},
    {"base.zip",
     "m.zip",
     false,
     0,
     NULL,
     {{TB, "data", "import", "tiny_imagenet", "m.zip", "--unverified", "--class-order", "wnids", "--data-dir", "sets"}},
     NULL},
    {"base.json",
     "photos/train2018.json",
     false,
     0,
     NULL,
     {{TB, "data", "import", "inaturalist", "photos", "--data-dir", "sets"}},
     NULL},
    {"base-index.txt",
     "kept/photos/index.txt",
     false,
     0,
     NULL,
     {{TB, "data", "verify", "photos", "--data-dir", "kept"}, {TB, "data", "list", "--data-dir", "kept"}},
     NULL},
};

static void copy_base(const kind *k, char **data, size_t *bytes)
{
    if (core_file_read(k->base, data, bytes) != CORE_OK) {
        abort();
    }
}

/* The digest that the changed content has, and no checksums but changed ones, so that what lies behind their check is
 * reached. */
static void renew_digest(const kind *k, const hostile_place *place)
{
    core_h5 *file;
    char digest[CORE_HASH_HEX_MAX];
    const char *text = digest;
    if (k->schema == 0 || res_content_open_as(k->path, k->what, k->schema, &file) != CORE_OK) {
        return;
    }
    const core_status status = res_content_digest(file, digest);
    core_h5_close(file);
    if (status != CORE_OK) {
        return;
    }
    const hid_t changed = H5Fopen(k->path, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(changed, "digest", H5P_DEFAULT);
    if (attribute >= 0) {
        const hid_t type = H5Aget_type(attribute);
        if (H5Tis_variable_str(type) > 0) {
            H5Awrite(attribute, type, &text);
        }
        H5Tclose(type);
        H5Aclose(attribute);
    }
    if (strcmp(place->attribute, "check") != 0 && H5Aexists(changed, "check") > 0) {
        H5Adelete(changed, "check");
    }
    H5Fclose(changed);
}

/* What the datasets of a file store, unpacked, as far as their shapes go. */
static herr_t add_stored(hid_t group, const char *name, const H5O_info2_t *about, void *context)
{
    if (about->type != H5O_TYPE_DATASET) {
        return 0;
    }
    const hid_t set = H5Dopen2(group, name, H5P_DEFAULT), create = H5Dget_create_plist(set), type = H5Dget_type(set);
    const hsize_t stored = H5Dget_storage_size(set);
    hsize_t bytes = stored;
    if (H5Pget_layout(create) == H5D_CHUNKED && stored > 0) {
        hsize_t chunk[H5S_MAX_RANK], count = 0;
        const hid_t space = H5Dget_space(set);
        bytes = H5Tget_size(type);
        for (int d = H5Pget_chunk(create, H5S_MAX_RANK, chunk) - 1; d >= 0; d--) {
            bytes *= chunk[d];
        }
        H5Dget_num_chunks(set, space, &count);
        bytes *= count;
        H5Sclose(space);
    }
    *(int64_t *)context += (int64_t)(bytes < (hsize_t)1 << 40 ? bytes : stored);
    H5Tclose(type);
    H5Pclose(create);
    H5Dclose(set);
    return 0;
}

static int64_t stored_kb(const kind *k)
{
    struct stat info;
    int64_t bytes = stat(k->path, &info) == 0 ? (int64_t)info.st_size : 0;
    if (k->structure) {
        const hid_t file = H5Fopen(k->path, H5F_ACC_RDONLY, H5P_DEFAULT);
        if (file >= 0) {
            H5Ovisit3(file, H5_INDEX_NAME, H5_ITER_NATIVE, add_stored, &bytes, H5O_INFO_BASIC);
            H5Fclose(file);
        }
    }
    return bytes >> 10;
}

static void call_all(const kind *k, int64_t stored, const char *data, size_t bytes)
{
    for (int i = 0; i < LENGTH(k->words) && k->words[i][0] != NULL; i++) {
        if (data != NULL && strcmp(k->words[i][1], "train") == 0) {
            hostile_put(k->path, data, bytes); /* a run that goes on changes its file */
        }
        check_call(k->words[i], NULL, NULL, stored);
    }
    if (k->call != NULL) {
        check_call(NULL, k->call, k->path, stored);
    }
    seen->done++;
}

static void change_structure(const kind *k, const hostile_place *place, int change)
{
    char *data;
    size_t bytes;
    copy_base(k, &data, &bytes);
    hostile_put(k->path, data, bytes);
    free(data);
    snprintf(seen->name, sizeof seen->name, "%s", k->path);
    if (hostile_change(k->path, place, change, seen->name, sizeof seen->name)) {
        const int64_t stored = stored_kb(k);
        renew_digest(k, place);
        call_all(k, stored, NULL, 0);
    }
}

/* A few flipped, cleared or filled bytes, a cut, a piece that stands twice. */
static void change_raw(const kind *k, int64_t number)
{
    char *data;
    size_t bytes;
    copy_base(k, &data, &bytes);
    const int64_t how = draw(k->structure ? 4 : 6);
    for (int64_t i = how < 3 ? 1 + draw(8) : 0; i > 0; i--) {
        const int64_t place = draw((int64_t)bytes);
        data[place] = (char)(how == 0 ? (unsigned char)data[place] ^ (1 << draw(8)) : how == 1 ? 0 : draw(256));
    }
    if (how >= 3) {
        const size_t from = (size_t)draw((int64_t)bytes), length = (size_t)draw((int64_t)(bytes - from)) + 1;
        if (how == 3) {
            bytes = from;
        } else if (how == 4) {
            memmove(data + from, data + from + length - 1, bytes - from - length + 1);
            bytes -= length - 1;
        } else {
            data = realloc(data, 2 * bytes);
            memmove(data + from + length, data + from, bytes - from);
            bytes += length;
        }
    }
    snprintf(seen->name, sizeof seen->name, "%s: raw change %" PRId64, k->path, number);
    hostile_put(k->path, data, bytes);
    /* What a configuration asks for, the network above all, may take what it takes. */
    call_all(k, strcmp(k->base, "run.yaml") != 0 ? (int64_t)bytes >> 10 : INT64_MAX >> 20, data, bytes);
    free(data);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static hostile_place places[MOST_PLACES];

/* Changes of one kind of file: drawn ones, or where count is 0 change after change of all places. */
static int64_t changes_of(const kind *k, int64_t count)
{
    if (!k->structure) {
        return count > 0 ? count : 2000;
    }
    return count > 0 ? count + count / 4
                     : (int64_t)hostile_places(k->base, places, MOST_PLACES) * hostile_changes() + 2000;
}

static void make_change(const kind *k, int64_t number, int64_t count)
{
    const int64_t here = k->structure ? hostile_places(k->base, places, MOST_PLACES) : 0;
    const int64_t structured = !k->structure ? 0 : count > 0 ? count : here * hostile_changes();
    if (number >= structured) {
        change_raw(k, number);
    } else if (count > 0) {
        const int64_t place = draw(here);
        change_structure(k, &places[place], (int)draw(hostile_changes()));
    } else {
        change_structure(k, &places[number / hostile_changes()], (int)(number % hostile_changes()));
    }
}

/* The child: all changes from `first` on. */
static void make_changes(int64_t count, int64_t first)
{
    int64_t index = 0;
    if (freopen("/dev/null", "w", stdout) == NULL) {
        abort();
    }
    for (int i = 0; i < LENGTH(kinds); i++) {
        const int64_t all = changes_of(&kinds[i], count);
        for (int64_t number = 0; number < all; number++, index++) {
            if (index >= first) {
                drawn = index * 1000;
                seen->done = index;
                make_change(&kinds[i], number, count);
            }
        }
    }
    seen->done = index;
}

/* Waits for the child; false: it hung or crashed. */
static bool wait_for(pid_t child)
{
    int64_t calls = -1;
    for (int still = 0; still < 10 * 180; still++) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child) {
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        if (seen->calls != calls) {
            calls = seen->calls;
            still = 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    complain("hangs");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return false;
}

static int run_all(int64_t count, int64_t first)
{
    for (int crashes = 0;; crashes++) {
        const pid_t child = fork();
        if (child == 0) {
            make_changes(count, first);
            _exit(0);
        }
        if (wait_for(child)) {
            break;
        }
        complain("did not end by itself");
        if (crashes == 10) {
            break;
        }
        first = seen->done + 1;
    }
    printf("%" PRId64 " changes, %" PRId64 " calls: %" PRId64 " refused, %" PRId64 " accepted; %" PRId64 " failures\n",
           seen->done - first, seen->calls, seen->refused, seen->accepted, seen->failures);
    return seen->failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 25;
    char folder[64], fifo[96];
    key.seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20;
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(folder, "/tmp/tailbit-hostile-XXXXXX");
    if (seen == MAP_FAILED || mkdtemp(folder) == NULL || chdir(folder) != 0) {
        return EXIT_FAILURE;
    }
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    if (mkfifo(fifo, 0666) != 0 || setenv("HOSTILE_FIFO", fifo, 1) != 0 || setenv("OMP_NUM_THREADS", "1", 1) != 0) {
        return EXIT_FAILURE;
    }
    const pid_t child = fork(); /* OpenMP is never started in the parent */
    if (child == 0) {
        const core_status status = hostile_make_files();
        if (status != CORE_OK) {
            fprintf(stderr, "hostile: %s\n", core_error_message());
        }
        _exit((int)status);
    }
    int status;
    printf("seed %" PRIu64 ", count %" PRId64 "\n", key.seed, count);
    fflush(stdout);
    if (waitpid(child, &status, 0) != child || status != 0) {
        return EXIT_FAILURE;
    }
    const int code = run_all(count, argc > 3 ? strtoll(argv[3], NULL, 10) : 0);
    if (code == EXIT_SUCCESS) {
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    }
    return code;
}
