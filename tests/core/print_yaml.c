/* Prints, for each line of standard input, the YAML that core/yaml writes: "t HEX" is a text, whose bytes are in
 * hexadecimal, "i NUMBER" an integer, "r NUMBER" a real; the keys are the lines' numbers. What yaml_oracle.py asks PyYAML. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/yaml.h"

static core_status print_text(const char *key, const char *hex)
{
    char text[512] = "";
    for (size_t i = 0; hex[2 * i] != '\0' && hex[2 * i + 1] != '\0' && i + 1 < sizeof text; i++) {
        text[i] = (char)strtol((const char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
    }
    return core_yaml_write_text(stdout, key, text);
}

int main(void)
{
    char line[1100], key[32];
    core_status status = CORE_OK;
    for (int64_t n = 0; status == CORE_OK && fgets(line, sizeof line, stdin) != NULL; n++) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(key, sizeof key, "k%" PRId64, n);
        switch (line[0]) {
        case 'i':
            core_yaml_write_integer(stdout, key, strtoll(line + 2, NULL, 10));
            break;
        case 'r':
            core_yaml_write_real(stdout, key, strtod(line + 2, NULL));
            break;
        default:
            status = print_text(key, line + 2);
        }
    }
    if (status != CORE_OK) {
        fprintf(stderr, "%s\n", core_error_message());
    }
    return (int)status;
}
