/* core/process.h - how a child process ended. */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <stddef.h>

/* Writes how a child ended, of whose end wait told `status`, into text (bytes): "exit code 4", "killed by signal 9 (...)".
 * Returns text. */
const char *core_process_end_text(int status, char *text, size_t bytes);

#endif
