#include "core/comm.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/comm_module.h"
#include "core/memory.h"
#include "core/path.h"
#include "core/text.h"

enum { HOST_BYTES = 128 };

/* Where a rank runs. */
typedef struct {
    char host[HOST_BYTES];
    cpu_set_t cpus;
} place;

static struct {
    const core_comm_module *module; /* NULL: one process */
    int rank, count;
    char library[128];
    place *places; /* (count) */
    int64_t bytes_sent;
    bool has_agreed; /* on a failure */
} here = {.count = 1, .library = "none"};

int core_comm_rank(void) { return here.rank; }
int core_comm_count(void) { return here.count; }
const char *core_comm_library(void) { return here.library; }
int64_t core_comm_bytes_sent(void) { return here.bytes_sent; }

/* ---- the module -------------------------------------------------------------------------------------------------------- */

static int number_in(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? atoi(text) : 0;
}

/* What a launcher leaves in the environment of the ranks that it starts, and the modules that fit it, the best first. */
typedef struct {
    const char *mark, *count; /* variables: it is there; how many ranks there are */
    const char *modules[3];
} launcher;

static const launcher launchers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", {"openmpi", "mpi", NULL}}, /* Open MPI's mpirun */
    {"PMIX_RANK", "SLURM_STEP_NUM_TASKS", {"openmpi", "mpi", "mpich"}},         /* srun --mpi=pmix */
    {"PMI_RANK", "PMI_SIZE", {"mpich", "mpi", "openmpi"}},                      /* MPICH, Intel MPI; srun --mpi=pmi2 */
};

/* Who started this process as one of several ranks; NULL: nobody. */
static const launcher *find_launcher(void)
{
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        if (getenv(launchers[i].mark) != NULL) {
            return number_in(launchers[i].count) > 1 ? &launchers[i] : NULL;
        }
    }
    return NULL;
}

/* Opens a module beside the program, where it is installed, or where it was built. `why`: why one that is there does not open. */
static void *open_module(const char *name, char *why, size_t bytes)
{
    char self[CORE_PATH_BYTES], path[CORE_PATH_BYTES];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    const char *const folders[] = {self, CORE_MODULES_INSTALLED, CORE_MODULES_BUILT};
    void *module = NULL;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && module == NULL; i++) {
        if (snprintf(path, sizeof path, "%s/tailbit-%s.so", folders[i], name) < (int)sizeof path &&
            access(path, R_OK) == 0) {
            module = dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* global: an MPI loads parts of its own */
            if (module == NULL) {
                snprintf(why, bytes, ": %s", dlerror());
            }
        }
    }
    return module;
}

static core_status load_module(const launcher *by)
{
    char why[512] = "";
    for (int i = 0; i < 3 && by->modules[i] != NULL; i++) {
        void *module = open_module(by->modules[i], why, sizeof why);
        here.module = module != NULL ? dlsym(module, CORE_COMM_MODULE) : NULL;
        if (here.module != NULL) {
            return CORE_OK;
        }
    }
    return core_fail(
        CORE_MACHINE,
        "started as one of %d ranks (%s is set), but this tailbit has no module for that MPI%s; build it where "
        "`mpicc` of that MPI is found, or start one process without mpirun and srun",
        number_in(by->count), by->mark, why);
}

static void *share_each(const void *own, int64_t bytes);

static void find_places(void)
{
    place own = {.host = ""};
    gethostname(own.host, HOST_BYTES - 1);
    sched_getaffinity(0, sizeof own.cpus, &own.cpus);
    here.places = share_each(&own, sizeof own);
}

core_status core_comm_start(void)
{
    char message[CORE_MESSAGE_BYTES];
    const launcher *by = find_launcher();
    if (by == NULL) {
        return CORE_OK;
    }
    CORE_TRY(load_module(by));
    if (here.module->start(&here.rank, &here.count, message, sizeof message) == 0) {
        here.module = NULL;
        return core_fail(CORE_MACHINE, "%s", message);
    }
    here.module->version(here.library, sizeof here.library);
    if (here.count == 1) { /* the launcher and the module do not know each other: every process would be alone */
        return core_fail(CORE_MACHINE,
                         "one of %d ranks by %s, but alone by %s; start it with the mpirun of that MPI, or with the "
                         "--mpi of srun that fits it",
                         number_in(by->count), by->mark, here.library);
    }
    find_places();
    core_memory_be_lazy();
    return CORE_OK;
}

void core_comm_end(void)
{
    if (here.module != NULL) {
        here.module->end();
        here.module = NULL;
    }
    free(here.places);
    here.places = NULL;
    here.rank = 0;
    here.count = 1;
}

_Noreturn void core_comm_abort(core_status status)
{
    fprintf(stderr, "tailbit: %s%s\n", core_error_message(),
            here.count > 1 ? "; all ranks end here, and the run file stays at its last check-point" : "");
    fflush(NULL);
    if (here.module != NULL) {
        here.module->abort((int)status);
    }
    _exit((int)status);
}

int core_comm_neighbours(bool same_cpus)
{
    int count = here.places == NULL ? 1 : 0;
    for (int r = 0; r < here.count && here.places != NULL; r++) {
        const place *own = &here.places[here.rank], *other = &here.places[r];
        count += strcmp(own->host, other->host) == 0 && (!same_cpus || CPU_EQUAL(&own->cpus, &other->cpus));
    }
    return count;
}

const char *core_comm_host(void) { return here.places != NULL ? here.places[here.rank].host : ""; }

/* ---- exchanges --------------------------------------------------------------------------------------------------------- */

static void add_part(core_comm_part **parts, int64_t *count, int64_t *capacity, core_comm_part part)
{
    if (part.bytes == 0) {
        return;
    }
    if (*count == *capacity) {
        *capacity = *capacity > 0 ? 2 * *capacity : 64;
        core_comm_part *more = realloc(*parts, (size_t)*capacity * sizeof *more);
        if (more == NULL) {
            (void)core_fail(CORE_MACHINE, "out of memory for the messages between ranks");
            core_comm_abort(CORE_MACHINE);
        }
        *parts = more;
    }
    (*parts)[(*count)++] = part;
}

void core_comm_send(core_comm_parts *parts, int rank, const void *bytes, int64_t count)
{
    union {
        const void *from;
        void *data;
    } both = {bytes}; /* a module only reads it */
    add_part(&parts->sends, &parts->send_count, &parts->send_capacity, (core_comm_part){rank, both.data, count});
}

void core_comm_receive(core_comm_parts *parts, int rank, void *bytes, int64_t count)
{
    add_part(&parts->receives, &parts->receive_count, &parts->receive_capacity, (core_comm_part){rank, bytes, count});
}

void core_comm_share(core_comm_parts *parts, void *data, int64_t row_bytes, const int64_t *borders)
{
    char *bytes = data;
    const int64_t own = borders[here.rank], rows = borders[here.rank + 1] - own;
    for (int r = 0; r < here.count; r++) {
        if (r != here.rank) {
            core_comm_send(parts, r, bytes + own * row_bytes, rows * row_bytes);
            core_comm_receive(parts, r, bytes + borders[r] * row_bytes, (borders[r + 1] - borders[r]) * row_bytes);
        }
    }
}

/* Moves rows between rank 0 and their owners. */
static void move_rows(core_comm_parts *parts, char *bytes, int64_t row_bytes, const int64_t *borders, bool to_0)
{
    for (int r = 1; r < here.count; r++) {
        char *rows = bytes + borders[r] * row_bytes;
        const int64_t size = (borders[r + 1] - borders[r]) * row_bytes;
        if (here.rank == (to_0 ? r : 0)) {
            core_comm_send(parts, to_0 ? 0 : r, rows, size);
        } else if (here.rank == (to_0 ? 0 : r)) {
            core_comm_receive(parts, to_0 ? r : 0, rows, size);
        }
    }
}

void core_comm_collect(core_comm_parts *parts, void *data, int64_t row_bytes, const int64_t *borders)
{
    move_rows(parts, data, row_bytes, borders, true);
}

void core_comm_deal(core_comm_parts *parts, void *data, int64_t row_bytes, const int64_t *borders)
{
    move_rows(parts, data, row_bytes, borders, false);
}

void core_comm_spread(core_comm_parts *parts, void *data, int64_t bytes)
{
    for (int r = 1; r < here.count; r++) {
        if (here.rank == 0) {
            core_comm_send(parts, r, data, bytes);
        } else if (r == here.rank) {
            core_comm_receive(parts, 0, data, bytes);
        }
    }
}

void core_comm_exchange(core_comm_parts *parts)
{
    if (here.module != NULL) {
        const int64_t wrong =
            here.module->exchange(parts->sends, parts->send_count, parts->receives, parts->receive_count);
        if (wrong > 0) {
            (void)core_fail(CORE_MACHINE,
                            "rank %d is not where rank %d expects it: it has sent another part; have all ranks the "
                            "same program, command and files?",
                            parts->receives[wrong - 1].rank, here.rank);
            core_comm_abort(CORE_MACHINE);
        }
        for (int64_t i = 0; i < parts->send_count; i++) {
            here.bytes_sent += parts->sends[i].bytes;
        }
    }
    parts->send_count = parts->receive_count = 0;
}

void core_comm_free(core_comm_parts *parts)
{
    free(parts->sends);
    free(parts->receives);
    *parts = (core_comm_parts){0};
}

void core_comm_tell(void *data, int64_t bytes)
{
    core_comm_parts parts = {0};
    core_comm_spread(&parts, data, bytes);
    core_comm_exchange(&parts);
    core_comm_free(&parts);
}

/* `count` zeroed items; without them the others would wait for ever. */
static void *allocate(int64_t count, int64_t bytes)
{
    void *items = calloc((size_t)count, (size_t)bytes);
    if (items == NULL) {
        (void)core_fail(CORE_MACHINE, "out of memory for what ranks agree on");
        core_comm_abort(CORE_MACHINE);
    }
    return items;
}

/* Every rank's `bytes` bytes, in order; to be freed. */
static void *share_each(const void *own, int64_t bytes)
{
    core_comm_parts parts = {0};
    char *all = allocate(here.count, bytes);
    memcpy(all + here.rank * bytes, own, (size_t)bytes);
    for (int r = 0; r < here.count; r++) {
        if (r != here.rank) {
            core_comm_send(&parts, r, own, bytes);
            core_comm_receive(&parts, r, all + r * bytes, bytes);
        }
    }
    core_comm_exchange(&parts);
    core_comm_free(&parts);
    return all;
}

/* ---- agreement --------------------------------------------------------------------------------------------------------- */

/* Of no other part's size, so that a rank that is elsewhere is noticed. */
enum { AGREEMENT = 0x7a11b17 };
typedef struct {
    int mark, status;
    unsigned wishes;
} word;

core_status core_comm_agree(core_status status, unsigned *wishes)
{
    if (here.count == 1 ||
        (status != CORE_OK && here.has_agreed)) { /* an agreement inside this one has failed at all */
        return status;
    }
    here.has_agreed = here.has_agreed && status != CORE_OK; /* a new piece of work */
    const word own = {AGREEMENT, (int)status, wishes != NULL ? *wishes : 0};
    word *words = share_each(&own, sizeof own);
    int first = -1;
    for (int r = 0; r < here.count; r++) {
        if (words[r].mark != AGREEMENT) {
            (void)core_fail(CORE_MACHINE, "rank %d agrees with nothing that rank %d asks", r, here.rank);
            core_comm_abort(CORE_MACHINE);
        }
        first = first < 0 && words[r].status != CORE_OK ? r : first;
        if (wishes != NULL) {
            *wishes |= words[r].wishes;
        }
    }
    if (first >= 0) {
        here.has_agreed = true;
        char message[CORE_MESSAGE_BYTES] = "";
        snprintf(message, sizeof message, "%s", core_error_message());
        char(*messages)[CORE_MESSAGE_BYTES] = share_each(message, sizeof message);
        status = (core_status)words[first].status;
        if (messages[first][0] != '\0' && first != here.rank) {
            status = first == 0
                         ? core_fail(status, "%s", messages[first])
                         : core_fail(status, "rank %d on %s: %s", first, here.places[first].host, messages[first]);
        }
        free(messages);
    }
    free(words);
    return status;
}

core_status core_comm_settle(core_status status) { return here.has_agreed ? status : core_comm_agree(status, NULL); }

/* ---- what ranks have --------------------------------------------------------------------------------------------------- */

enum { TEXT_BYTES = 512 };

char *core_comm_list(const char *text)
{
    char own[TEXT_BYTES] = "";
    snprintf(own, sizeof own, "%s", text);
    char(*all)[TEXT_BYTES] = share_each(own, TEXT_BYTES);
    char *list = allocate(here.count, TEXT_BYTES + 16), *end = list;
    for (int r = 0, same = 1; r < here.count; r++, same++) {
        if (r + 1 == here.count || strcmp(all[r], all[r + 1]) != 0) {
            end += sprintf(end, "%s%s x %d", end > list ? ", " : "", all[r], same);
            same = 0;
        }
    }
    free(all);
    return list;
}

/* The line behind. */
static const char *after(const char *line) { return line + strcspn(line, "\n") + 1; }

/* The line of `lines` that has the key of `line`; NULL: none has it. */
static const char *find_line(const char *lines, const char *line)
{
    const size_t key = strcspn(line, "\t\n") + 1;
    while (*lines != '\0' && strncmp(lines, line, key) != 0) {
        lines = after(lines);
    }
    return *lines != '\0' ? lines : NULL;
}

/* A line's value and its length; of NULL, no line. */
static const char *value_of(const char *line, int *length)
{
    const char *value = line != NULL ? line + strcspn(line, "\t\n") + 1 : "not given";
    *length = (int)strcspn(value, "\n");
    return value;
}

/* Names what differs: this rank's line and rank 0's, of one key; NULL: it has none. */
static core_status fail_of_lines(const char *own, const char *first)
{
    const char *line = own != NULL ? own : first;
    int own_length, first_length;
    const char *own_value = value_of(own, &own_length), *first_value = value_of(first, &first_length);
    return core_fail(CORE_BAD_USAGE, "%.*s is %.*s here, %.*s on rank 0 (%s); expected the same",
                     (int)strcspn(line, "\t\n"), line, own_length, own_value, first_length, first_value,
                     here.places[0].host);
}

static core_status compare_lines(const char *own, const char *first)
{
    for (const char *line = own; *line != '\0'; line = after(line)) {
        const char *other = find_line(first, line);
        if (other == NULL || strncmp(line, other, strcspn(line, "\n") + 1) != 0) {
            return fail_of_lines(line, other);
        }
    }
    for (const char *line = first; *line != '\0'; line = after(line)) {
        if (find_line(own, line) == NULL) {
            return fail_of_lines(NULL, line);
        }
    }
    return CORE_OK;
}

core_status core_comm_same(const char *lines)
{
    if (here.count == 1) {
        return CORE_OK;
    }
    int64_t bytes = (int64_t)strlen(lines) + 1;
    const int64_t own = bytes;
    here.has_agreed = false; /* a new piece of work */
    core_comm_tell(&bytes, sizeof bytes);
    char *first = allocate(bytes, 1);
    memcpy(first, lines, (size_t)(here.rank == 0 ? own : 0));
    core_comm_tell(first, bytes);
    const core_status status = compare_lines(lines, first);
    free(first);
    return core_comm_agree(status, NULL);
}
