#include "core/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static _Thread_local char message[CORE_MESSAGE_BYTES];

core_status core_fail(core_status code, const char *format, ...)
{
    assert(code != CORE_OK);
    /* An argument may be the previous message (one failure wrapped in another), so format beside it first. */
    char fresh[CORE_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(fresh, sizeof fresh, format, args);
    va_end(args);
    FILE *stream = fmemopen(message, sizeof message, "w");
    if (stream == NULL) {
        memcpy(message, fresh, sizeof message);
        return code;
    }
    core_text_show(stream, fresh, CORE_TEXT_LINE);
    fputc('\0', stream);
    fclose(stream);
    message[sizeof message - 1] = '\0';
    return code;
}

const char *core_error_message(void) { return message; }
