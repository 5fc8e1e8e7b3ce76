/* Starts a program of a release with the loader and the libraries that came with it, whatever the machine has. It is linked
 * statically and lies in the release twice: FOLDER/bin/tailbit starts FOLDER/lib/tailbit, FOLDER/libexec/gnuplot starts
 * FOLDER/lib/gnuplot. The program's argv[0] is the launcher's path, by which it can start itself (core/process.h). */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { CANNOT_START = 4 }; /* tailbit's exit code for what the machine lacks */

static const char host_certificates[] = "/etc/ssl/certs/ca-certificates.crt";

/* FOLDER/<rest>, to be left to the end of this process. */
static char *path_in(const char *folder, const char *rest)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, rest) < 0) {
        perror("tailbit");
        exit(CANNOT_START);
    }
    return path;
}

/* This file's path, links followed; without /proc that by which it was called. */
static char *find_self(void)
{
    char *self = realpath("/proc/self/exe", NULL);
    self = self != NULL ? self : realpath((const char *)getauxval(AT_EXECFN), NULL);
    if (self == NULL) {
        perror("tailbit: the program's own path");
        exit(CANNOT_START);
    }
    return self;
}

/* What the programs ask of the environment: our gnuplot before the machine's, our fonts, our locale, and certificates where the
 * machine has none at the place where our libcurl looks. */
static void set_environment(const char *folder)
{
    const char *path = getenv("PATH");
    char *with_ours;
    if (asprintf(&with_ours, "%s/libexec:%s", folder, path != NULL ? path : "/usr/bin:/bin") >= 0) {
        setenv("PATH", with_ours, 1);
    }
    setenv("FONTCONFIG_FILE", path_in(folder, "share/fonts/fonts.conf"), 1);
    setenv("LOCPATH", path_in(folder, "share/locale"), 1); /* names in archives are read by C.UTF-8 */
    if (access(host_certificates, R_OK) != 0) {
        setenv("SSL_CERT_FILE", path_in(folder, "share/ca-certificates.crt"), 0);
    }
}

int main(int count, char **words)
{
    char *self = find_self(), *folder = path_in(self, "");
    for (int i = 0; i < 3;
         i++) { /* the slash just added, the name, bin or libexec; none is left of one that lies in / */
        char *slash = strrchr(folder, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
    }
    const char *name = strrchr(self, '/') + 1, *libraries = path_in(folder, "lib");
    const char *loader = path_in(libraries, "ld-linux-x86-64.so.2"), *program = path_in(libraries, name);
    const char *const start[] = {name, "--inhibit-cache", "--library-path", libraries, "--argv0", self, program};
    enum { START = sizeof start / sizeof start[0] };
    const char **call = calloc((size_t)count + START, sizeof *call); /* one more than used: NULL */
    if (call == NULL) {
        perror("tailbit");
        return CANNOT_START;
    }
    memcpy(call, start, sizeof start);
    for (int i = 1; i < count; i++) {
        call[START + i - 1] = words[i];
    }
    set_environment(folder);
    execv(loader, (char *const *)(uintptr_t)call); /* it promises not to write to them */
    fprintf(stderr, "%s: %s: %s; unpack the whole archive, and leave its files beside each other\n", name, loader,
            strerror(errno));
    return CANNOT_START;
}
