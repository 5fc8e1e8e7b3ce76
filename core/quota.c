#include "core/quota.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 2 * PATH_BYTES };

/* What groups limit: the name of its controller, and a group's own limit; 0: none. */
typedef struct {
    const char *controller;
    int64_t (*of_group)(const char *folder, bool version2);
} resource;

/* A mounted hierarchy of control groups that can limit a resource. */
typedef struct {
    bool version2;
    char top[PATH_BYTES]; /* the group that the mount folder shows */
    char folder[PATH_BYTES];
} group_mount;

/* Reads the first two numbers of a file of the group; 0 where there is no number. */
static void read_numbers(const char *folder, const char *name, int64_t numbers[2])
{
    char path[PATH_BYTES];
    numbers[0] = numbers[1] = 0;
    FILE *file = snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_BYTES ? fopen(path, "re") : NULL;
    if (file != NULL) {
        const int found = fscanf(file, "%" SCNd64 " %" SCNd64, &numbers[0], &numbers[1]);
        (void)found; /* "max 100000" begins with no number: 0 */
        fclose(file);
    }
}

/* The group's own quota in CPUs; 0: none. */
static int64_t cpus_of_group(const char *folder, bool version2)
{
    int64_t limit[2], period[2];
    read_numbers(folder, version2 ? "cpu.max" : "cpu.cfs_quota_us", limit);
    read_numbers(folder, "cpu.cfs_period_us", period);
    const int64_t quota = limit[0], of = version2 ? limit[1] : period[0];
    const int64_t cpus = quota > 0 && of > 0 ? (quota + of - 1) / of : 0;
    return cpus < INT16_MAX ? cpus : 0;
}

/* The number behind a name at the head of a line: "inactive_file 123", "MemAvailable:  123 kB"; 0: no such line. */
static int64_t read_field(const char *folder, const char *name, const char *field)
{
    char path[PATH_BYTES], line[256];
    int64_t number = 0;
    const size_t length = strlen(field);
    FILE *file = snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_BYTES ? fopen(path, "re") : NULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, length) == 0) {
            number = strtoll(line + length, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return number;
}

/* Free bytes; files that were not used lately make way. A full group has 1. */
static int64_t memory_of_group(const char *folder, bool version2)
{
    int64_t limit[2], used[2];
    read_numbers(folder, version2 ? "memory.max" : "memory.limit_in_bytes", limit);
    read_numbers(folder, version2 ? "memory.current" : "memory.usage_in_bytes", used);
    if (limit[0] <= 0 || limit[0] > INT64_MAX / 4) {
        return 0;
    }
    const int64_t files = read_field(folder, "memory.stat", version2 ? "inactive_file " : "total_inactive_file ");
    return limit[0] > used[0] - files ? limit[0] - (used[0] - files) : 1;
}

static const resource cpus = {"cpu", cpus_of_group}, memory = {"memory", memory_of_group};

/* The lesser of two quotas. */
static int64_t lesser(int64_t a, int64_t b) { return a == 0 || (b > 0 && b < a) ? b : a; }

/* Whether `word` is one of the words, which commas separate. */
static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = words; *at != '\0'; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        if (strncmp(at, word, length) == 0 && strchr(",\n", at[length]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Replaces octal escapes in place: "\040" becomes a blank. */
static void decode_octals(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0'; to++) {
        const bool octal = at[0] == '\\' && strspn(at + 1, "01234567") >= 3;
        *to = octal ? (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0')) : *at;
        at += octal ? 4 : 1;
    }
    *to = '\0';
}

/* A line of mountinfo: "36 35 98:0 /top /folder rw,noatime shared:1 - cgroup2 name rw,options". */
static bool parse_mount(char *line, const resource *what, group_mount *out)
{
    char top[PATH_BYTES], folder[PATH_BYTES], type[64], options[PATH_BYTES];
    const char *rest = strstr(line, " - ");
    if (rest == NULL || sscanf(rest, " - %63s %*s %4095s", type, options) != 2 ||
        sscanf(line, "%*s %*s %*s %4095s %4095s", top, folder) != 2) {
        return false;
    }
    decode_octals(top);
    decode_octals(folder);
    out->version2 = strcmp(type, "cgroup2") == 0;
    memcpy(out->top, top, sizeof top);
    memcpy(out->folder, folder, sizeof folder);
    return out->version2 || (strcmp(type, "cgroup") == 0 && has_word(options, what->controller));
}

static FILE *open_proc(const char *root, const char *name)
{
    char path[PATH_BYTES];
    return snprintf(path, sizeof path, "%s/proc/self/%s", root, name) < PATH_BYTES ? fopen(path, "re") : NULL;
}

/* Writes the process's group in the hierarchy of the mount: "/user.slice/job7". false: it has no group there. */
static bool find_group(const char *root, const resource *what, bool version2, char group[PATH_BYTES])
{
    char line[LINE_BYTES];
    bool found = false;
    FILE *file = open_proc(root, "cgroup");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        char *controllers = strchr(line, ':'), *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (path != NULL) {
            *path++ = '\0';
            path[strcspn(path, "\n")] = '\0';
            found = version2 ? strncmp(line, "0:", 2) == 0 && controllers[1] == '\0'
                             : has_word(controllers + 1, what->controller);
            snprintf(group, PATH_BYTES, "%s", path);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* The least quota of the groups from `group` up to the mount's top. */
static int64_t least_on_path(const char *root, const resource *what, const group_mount *mount, const char *group)
{
    char folder[PATH_BYTES];
    const size_t above = strcmp(mount->top, "/") == 0 ? 0 : strlen(mount->top);
    const bool below = strncmp(group, mount->top, above) == 0 && (group[above] == '/' || group[above] == '\0');
    const int length = snprintf(folder, sizeof folder, "%s%s", root, mount->folder);
    if (length < 0 || length + (int)strlen(group) >= PATH_BYTES) {
        return 0;
    }
    /* The mount may not show the process's group, as in a namespace: then only the top's own quota is visible. */
    strcpy(folder + length, below ? group + above : "");
    int64_t least = 0;
    for (char *end = folder + strlen(folder); end != NULL; end = strrchr(folder + length, '/')) {
        *end = '\0';
        least = lesser(least, what->of_group(folder, mount->version2));
    }
    return least;
}

static int64_t find_least(const char *root, const resource *what)
{
    char line[LINE_BYTES], group[PATH_BYTES];
    int64_t least = 0;
    FILE *file = open_proc(root, "mountinfo");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        group_mount mount;
        if (parse_mount(line, what, &mount) && find_group(root, what, mount.version2, group)) {
            least = lesser(least, least_on_path(root, what, &mount, group));
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return least;
}

int core_quota_cpus(const char *root) { return (int)find_least(root, &cpus); }

int64_t core_quota_address_space(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur > INT64_MAX / 4) {
        return 0;
    }
    const int64_t mapped = core_quota_held("VmSize"), most = (int64_t)limit.rlim_cur;
    return most > mapped ? most - mapped : 1;
}

int64_t core_quota_memory(const char *root)
{
    char proc[PATH_BYTES];
    const bool fits = snprintf(proc, sizeof proc, "%s/proc", root) < PATH_BYTES;
    const int64_t machine = fits ? 1024 * read_field(proc, "meminfo", "MemAvailable:") : 0;
    return lesser(machine, find_least(root, &memory));
}

int64_t core_quota_held(const char *field)
{
    char name[32];
    snprintf(name, sizeof name, "%s:", field);
    return 1024 * read_field("/proc/self", "status", name);
}
