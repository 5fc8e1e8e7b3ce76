/* Writes the man page or the bash completion, for the build. */
#include <string.h>

#include "core/status.h"
#include "experiments/cli/manual.h"

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "man") == 0) {
        xp_manual_man(stdout);
    } else if (count == 2 && strcmp(words[1], "bash") == 0) {
        xp_manual_bash(stdout);
    } else {
        fputs("usage: tailbit-manual man | bash\n", stderr);
        return CORE_BAD_USAGE;
    }
    return fflush(stdout) == 0 ? CORE_OK : CORE_MACHINE;
}
