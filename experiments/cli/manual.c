#include "experiments/cli/manual.h"

#include <string.h>

#include "core/version.h"
#include "experiments/cli/verbs.h"
#include "recipes/options.h"

/* Prints text for roff: escapes hyphens and quotes, so that a reader can copy them, and a line that would be a request.
 */
static void print_roff(FILE *stream, const char *text)
{
    bool begins = true;
    for (const char *c = text; *c != '\0'; c++) {
        static const struct {
            char plain;
            const char *roff;
        } escapes[] = {{'\\', "\\e"}, {'-', "\\-"}, {'`', "\\(ga"}, {'\'', "\\(aq"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
        const char *escaped = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
            escaped = *c == escapes[i].plain ? escapes[i].roff : escaped;
        }
        if (escaped != NULL) {
            fputs(escaped, stream);
        } else {
            fputs(begins && *c == '.' ? "\\&" : "", stream);
            fputc(*c, stream);
        }
        begins = *c == '\n';
    }
}

/* "--rho R", the option in bold, the value in italics. */
static void print_option_name(FILE *stream, const xp_option *option)
{
    fputs("\\fB\\-\\-", stream);
    print_roff(stream, option->name);
    fputs("\\fR", stream);
    if (option->argument != NULL) {
        fprintf(stream, " \\fI%s\\fR", option->argument);
    }
}

static void print_verb(FILE *stream, xp_verb_id id)
{
    const xp_verb *verb = xp_verb_get(id);
    fprintf(stream, ".SS %s\n\\fBtailbit %s\\fR", xp_verb_names[id], xp_verb_names[id]);
    fputs(verb->arguments[0] != '\0' ? " " : "", stream);
    print_roff(stream, verb->arguments);
    fputs("\n.PP\n", stream);
    print_roff(stream, verb->about);
    fputs(".\n", stream);
    if (verb->more != NULL) {
        print_roff(stream, verb->more);
    }
    const char *comma = ".PP\nOptions: ";
    for (int place = 0; place < XP_OPTION_COUNT; place++) {
        const xp_option_id option = xp_option_listed(place);
        if (xp_verb_takes(id, option)) {
            fprintf(stream, "%s\\-\\-", comma);
            print_roff(stream, xp_option_get(option)->name);
            comma = ", ";
        }
    }
    fputs(comma[0] == ',' ? ".\n" : "", stream);
    const char *const *examples = xp_verb_examples(id);
    fputs(examples[0] != NULL ? ".PP\nExamples:\n" : "", stream);
    for (int i = 0; examples[i] != NULL; i++) {
        fputs(".br\n", stream);
        print_roff(stream, examples[i]);
        fputc('\n', stream);
    }
}

static void print_option(FILE *stream, xp_option_id id)
{
    const xp_option *option = xp_option_get(id);
    char expected[XP_EXPECTED_BYTES], default_text[XP_DEFAULT_BYTES];
    fputs(".TP\n", stream);
    print_option_name(stream, option);
    fputc('\n', stream);
    print_roff(stream, option->help);
    fputc('.', stream);
    if (option->argument != NULL) {
        xp_option_expects(option, expected);
        fputs(" It takes ", stream);
        print_roff(stream, expected);
        xp_option_describe_default(option, default_text);
        fputs(default_text[0] != '\0' ? "; by default " : "", stream);
        print_roff(stream, default_text);
        fputc('.', stream);
    }
    const char *comma = " For ";
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        if (xp_verb_takes((xp_verb_id)verb, id)) {
            fprintf(stream, "%s%s", comma, xp_verb_names[verb]);
            comma = ", ";
        }
    }
    fputs(".\n", stream);
}

void xp_manual_man(FILE *stream)
{
    fprintf(stream, ".TH TAILBIT 1 \"\" \"%s\" \"User Commands\"\n.SH NAME\n", core_creator);
    fputs("tailbit \\- train and compare methods for long\\-tailed learning, with the same bits every time\n"
          ".SH SYNOPSIS\n\\fBtailbit\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n.SH COMMANDS\n",
          stream);
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        print_verb(stream, (xp_verb_id)verb);
    }
    fputs(
        ".SH OPTIONS\nAn option takes its value as \\-\\-rho 100 or \\-\\-rho=100. In a YAML file of options its name\n"
        "is spelt with underscores and without the leading hyphens.\n",
        stream);
    const char *group = NULL;
    for (int place = 0; place < XP_OPTION_COUNT; place++) {
        const xp_option_id option = xp_option_listed(place);
        if (group != xp_option_group(option)) {
            group = xp_option_group(option);
            fprintf(stream, ".SS %s options\n", group);
        }
        print_option(stream, option);
    }
    fputs(".TP\n\\fB\\-\\-help\\fR\nprint the help of a command.\n.SH EXIT STATUS\n", stream);
    for (const xp_exit_code *code = xp_exit_codes; code->meaning != NULL; code++) {
        fprintf(stream, ".TP\n%d\n", code->code);
        print_roff(stream, code->meaning);
        fputc('\n', stream);
    }
    fputs(".SH ENVIRONMENT\n.TP\nTAILBIT_DATA\nwhere data sets lie, unless \\-\\-data\\-dir says otherwise.\n"
          ".TP\nXDG_DATA_HOME\ndata sets lie in its folder tailbit where TAILBIT_DATA is not set.\n",
          stream);
}

/* ---- the bash completion ---------------------------------------------------------------------------------------- */

static void print_bash_verbs(FILE *stream)
{
    fputs("_tailbit_verbs='", stream);
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        fprintf(stream, "%s ", xp_verb_names[verb]);
    }
    fputs("--help --version'\n", stream);
}

static void print_bash_words(FILE *stream, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        fprintf(stream, "%s ", *words);
    }
}

/* Prints the case of a command: its options, and the words or files of its arguments. */
static void print_bash_verb(FILE *stream, xp_verb_id id)
{
    const xp_verb *verb = xp_verb_get(id);
    fprintf(stream, "    %s) options='", xp_verb_names[id]);
    for (int option = 0; option < XP_OPTION_COUNT; option++) {
        if (xp_verb_takes(id, (xp_option_id)option)) {
            fprintf(stream, "--%s ", xp_option_get((xp_option_id)option)->name);
        }
    }
    fputs("--help'", stream);
    if (id == XP_VERB_HELP) {
        fputs(" arguments=$_tailbit_verbs", stream);
    } else if (verb->words != NULL) {
        fputs(" arguments='", stream);
        print_bash_words(stream, verb->words);
        fputc('\'', stream);
    }
    fputs(" ;;\n", stream);
}

/* words: one of the values; list: several, joined by commas; files, folders; "": it takes no value. */
static const char *kind_of(const xp_option *option)
{
    if (option->kind == XP_SWITCH_ON) {
        return "";
    }
    if (option->kind == XP_TEXT && strcmp(option->argument, "DIR") == 0) {
        return "folders";
    }
    if (option->kind == XP_TEXT && option->choices != NULL && strcmp(option->argument, "LIST") == 0) {
        return "list";
    }
    const bool path = strcmp(option->argument, "FILE") == 0 || strcmp(option->argument, "PATH") == 0;
    const bool data = option->kind == XP_TEXT && option->choices != NULL;
    return path || data ? "files" : "words";
}

static void print_bash_option(FILE *stream, const xp_option *option)
{
    fprintf(stream, "    --%s) values='", option->name);
    print_bash_words(stream, option->choices);
    fprintf(stream, "%s' kind=%s ;;\n", option->choices != NULL && option->automatic ? "auto" : "", kind_of(option));
}

/* Prints the script up to the line `mark`; returns the text behind that line. */
static const char *print_until(FILE *stream, const char *script, const char *mark)
{
    const char *end = strstr(script, mark);
    fwrite(script, 1, (size_t)(end - script), stream);
    return end + strlen(mark);
}

void xp_manual_bash(FILE *stream)
{
    const char *rest = print_until(stream, xp_completion_text, "@VERBS@\n");
    print_bash_verbs(stream);
    rest = print_until(stream, rest, "@OPTIONS@\n");
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        print_bash_verb(stream, (xp_verb_id)verb);
    }
    rest = print_until(stream, rest, "@VALUES@\n");
    for (int option = 0; option < XP_OPTION_COUNT; option++) {
        print_bash_option(stream, xp_option_get((xp_option_id)option));
    }
    fputs(rest, stream);
}
