#include "core/process.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

const char *core_process_end_text(int status, char *text, size_t bytes)
{
    if (WIFSIGNALED(status)) {
        snprintf(text, bytes, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        snprintf(text, bytes, "exit code %d", WEXITSTATUS(status));
    }
    return text;
}
