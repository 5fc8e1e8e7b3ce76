#include "core/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* The last failure. */
static _Thread_local struct {
    char message[CORE_MESSAGE_BYTES];
    char subject[CORE_MESSAGE_BYTES]; /* as core_fail_about got it, not escaped */
    size_t rest;                      /* index in message behind the subject */
} record;

__attribute__((format(printf, 3, 0))) static core_status keep_message(core_status code, const char *subject,
                                                                      const char *format, va_list values)
{
    assert(code != CORE_OK);
    /* An argument may be the previous message (one failure wrapped in another), so format into other memory first. */
    char fresh[CORE_MESSAGE_BYTES], about[CORE_MESSAGE_BYTES];
    vsnprintf(fresh, sizeof fresh, format, values);
    snprintf(about, sizeof about, "%s", subject);
    memcpy(record.subject, about, sizeof about);
    record.rest = 0;
    FILE *stream = fmemopen(record.message, sizeof record.message, "w");
    if (stream == NULL) {
        memcpy(record.message, fresh, sizeof fresh);
        return code;
    }
    core_text_show(stream, about, CORE_TEXT_LINE);
    const long rest = ftell(stream);
    core_text_show(stream, fresh, CORE_TEXT_LINE);
    fputc('\0', stream);
    fclose(stream);
    record.message[sizeof record.message - 1] = '\0';
    const size_t length = strlen(record.message);
    record.rest = rest >= 0 && (size_t)rest < length ? (size_t)rest : length;
    return code;
}

core_status core_fail(core_status code, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    code = keep_message(code, "", format, values);
    va_end(values);
    return code;
}

core_status core_fail_about(core_status code, const char *subject, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    code = keep_message(code, subject, format, values);
    va_end(values);
    return code;
}

const char *core_error_message(void) { return record.message; }

const char *core_error_subject(void) { return record.subject; }

const char *core_error_rest(void) { return record.message + record.rest; }
