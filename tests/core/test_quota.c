/* Quotas of made-up machines: a root folder with /proc/self and control groups of either version. */
#include "core/quota.h"

#include <sys/resource.h>

#include "core/file.h"
#include "tests/support.h"

static char folder[64];

static void set_up(void) { make_test_folder(folder); }
static void tear_down(void) { remove_test_folder(folder); }

static void put(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", folder, path);
    EXPECT_OK(core_file_make_parent(whole));
    EXPECT_OK(core_file_write(whole, &core_file_any, text, strlen(text)));
}

#define VERSION_2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define VERSION_1 "33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

START_TEST(test_no_quota)
{
    ck_assert_int_eq(core_quota_cpus(folder), 0);
    put("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" VERSION_2);
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 0);
}
END_TEST

START_TEST(test_version_2_takes_the_least_of_the_path)
{
    put("/proc/self/mountinfo", VERSION_2);
    put("/proc/self/cgroup", "0::/a/b/c\n");
    put("/sys/fs/cgroup/a/cpu.max", "350000 100000\n");
    put("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/other/cpu.max", "100000 100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 4);
    put("/sys/fs/cgroup/a/b/cpu.max", "60000 50000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 2);
    put("/sys/fs/cgroup/a/b/c/cpu.max", "10000 100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 1);
}
END_TEST

START_TEST(test_quota_of_the_mount_itself)
{
    put("/proc/self/mountinfo", VERSION_2);
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 3);
}
END_TEST

START_TEST(test_version_1_takes_the_least_of_the_path)
{
    put("/proc/self/mountinfo", "31 32 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" VERSION_1);
    put("/proc/self/cgroup", "5:cpuset:/set\n4:cpu,cpuacct:/job/step\n1:name=systemd:/user\n");
    put("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_period_us", "100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 3);
    put("/sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_quota_us", "200000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 2);
}
END_TEST

/* Docker's version 1 mounts the container's group, and tells the process its whole path. */
START_TEST(test_mount_that_is_a_group_itself)
{
    put("/proc/self/mountinfo", "33 32 0:29 /docker/7f /sys/fs/my\\040groups rw - cgroup cgroup rw,cpu\n");
    put("/proc/self/cgroup", "4:cpu:/docker/7f/inner\n");
    put("/sys/fs/my groups/cpu.cfs_quota_us", "400000\n");
    put("/sys/fs/my groups/cpu.cfs_period_us", "100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 4);
    put("/sys/fs/my groups/inner/cpu.cfs_quota_us", "100000\n");
    put("/sys/fs/my groups/inner/cpu.cfs_period_us", "100000\n");
    ck_assert_int_eq(core_quota_cpus(folder), 1);
    put("/proc/self/cgroup", "4:cpu:/docker/7f2/inner\n"); /* not below it: what can be seen is the mount's own */
    ck_assert_int_eq(core_quota_cpus(folder), 4);
}
END_TEST

#define MEMORY_1 "34 32 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

START_TEST(test_memory_is_what_the_machine_has_available)
{
    ck_assert_int_eq(core_quota_memory(folder), 0);
    put("/proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    7000000 kB\n");
    ck_assert_int_eq(core_quota_memory(folder), 7000000LL * 1024);
    put("/proc/self/mountinfo", VERSION_2);
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/b/memory.max", "max\n");
    put("/sys/fs/cgroup/a/b/memory.current", "123456\n");
    ck_assert_int_eq(core_quota_memory(folder), 7000000LL * 1024);
}
END_TEST

START_TEST(test_memory_of_the_fullest_group)
{
    put("/proc/meminfo", "MemAvailable:    7000000 kB\n");
    put("/proc/self/mountinfo", VERSION_2);
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/memory.max", "4000000000\n");
    put("/sys/fs/cgroup/a/memory.current", "3000000000\n");
    put("/sys/fs/cgroup/a/b/memory.max", "2000000000\n");
    put("/sys/fs/cgroup/a/b/memory.current", "500000000\n");
    ck_assert_int_eq(core_quota_memory(folder), 1000000000);
    put("/sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 400000000\nactive_file 7\n");
    ck_assert_int_eq(core_quota_memory(folder), 1400000000);
    put("/sys/fs/cgroup/a/b/memory.current", "2100000000\n"); /* full: little, but not "unknown" */
    ck_assert_int_eq(core_quota_memory(folder), 1);
}
END_TEST

START_TEST(test_the_limit_of_the_address_space)
{
    const int64_t left = INT64_C(1) << 30, slack = INT64_C(1) << 26;
    struct rlimit before, limit;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)(core_quota_held("VmSize") + left);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    const int64_t found = core_quota_address_space();
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    ck_assert_msg(found <= left && found > left - slack, "%lld bytes", (long long)found);
}
END_TEST

START_TEST(test_memory_of_version_1)
{
    put("/proc/meminfo", "MemAvailable:    7000000 kB\n");
    put("/proc/self/mountinfo", VERSION_1 MEMORY_1);
    put("/proc/self/cgroup", "4:cpu,cpuacct:/c\n3:memory:/job\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_int_eq(core_quota_memory(folder), 7000000LL * 1024);
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000000000\n");
    put("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "700000000\n");
    put("/sys/fs/cgroup/memory/job/memory.stat", "inactive_file 5\ntotal_inactive_file 100000000\n");
    ck_assert_int_eq(core_quota_memory(folder), 400000000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/quota");
    TCase *tcase = tcase_create("machines");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_no_quota);
    tcase_add_test(tcase, test_version_2_takes_the_least_of_the_path);
    tcase_add_test(tcase, test_quota_of_the_mount_itself);
    tcase_add_test(tcase, test_version_1_takes_the_least_of_the_path);
    tcase_add_test(tcase, test_mount_that_is_a_group_itself);
    tcase_add_test(tcase, test_memory_is_what_the_machine_has_available);
    tcase_add_test(tcase, test_memory_of_the_fullest_group);
    tcase_add_test(tcase, test_the_limit_of_the_address_space);
    tcase_add_test(tcase, test_memory_of_version_1);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
