/* The bash completion. It needs bash 4 and nothing else. */
#include <string.h>

#include "experiments/cli/manual.h"
#include "experiments/cli/verbs.h"
#include "recipes/options.h"

/* What stands before and behind the tables. An option and its value may be two words, or, since '=' breaks words for
 * bash, three. */
static const char head[] = "# bash completion for tailbit, made at build time from the table of options.\n"
                           "_tailbit() {\n"
                           "    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} option= at=$COMP_CWORD\n"
                           "    local options= arguments=files values= kind=words prefix=\n"
                           "    COMPREPLY=()\n"
                           "    if ((COMP_CWORD == 1)); then\n"
                           "        mapfile -t COMPREPLY < <(compgen -W \"$_tailbit_verbs\" -- \"$cur\")\n"
                           "        return\n"
                           "    fi\n"
                           "    if [[ $cur == = ]]; then cur= at=$((at + 1)); fi\n"
                           "    if [[ ${COMP_WORDS[at - 1]} == = ]]; then at=$((at - 1)); fi\n"
                           "    option=${COMP_WORDS[at - 1]}\n";

static const char tail[] =
    "    if [[ $option == --* && -n $values$kind ]]; then\n"
    "        case $kind in\n"
    "        list)\n"
    "            if [[ $cur == *,* ]]; then prefix=${cur%,*},; fi\n"
    "            mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W \"$values\" -- \"${cur##*,}\") ;;\n"
    "        words) mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\") ;;\n"
    "        files)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\"; compgen -f -- \"$cur\") ;;\n"
    "        folders)\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
    "        esac\n"
    "        return\n"
    "    fi\n"
    "    if [[ $cur == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
    "    elif [[ $arguments == files ]]; then\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    elif [[ $verb == help || -z $arguments ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"${arguments:-$options}\" -- \"$cur\")\n"
    "    else\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$arguments\" -- \"$cur\"; compgen -f -- \"$cur\")\n"
    "    fi\n"
    "}\n"
    "complete -F _tailbit tailbit\n";

static void print_verbs(FILE *stream)
{
    fputs("_tailbit_verbs='", stream);
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        fprintf(stream, "%s ", xp_verb_get((xp_verb_id)verb)->name);
    }
    fputs("--help --version'\n", stream);
}

static void print_words(FILE *stream, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        fprintf(stream, "%s ", *words);
    }
}

/* What a command takes: options, and words or files behind it. */
static void print_verb(FILE *stream, xp_verb_id id)
{
    const xp_verb *verb = xp_verb_get(id);
    fprintf(stream, "    %s) options='", verb->name);
    for (int option = 0; option < XP_OPTION_COUNT; option++) {
        if ((xp_option_get((xp_option_id)option)->verbs & (1u << id)) != 0) {
            fprintf(stream, "--%s ", xp_option_get((xp_option_id)option)->name);
        }
    }
    fputs("--help'", stream);
    if (id == XP_VERB_HELP) {
        fputs(" arguments=$_tailbit_verbs", stream);
    } else if (verb->words != NULL) {
        fputs(" arguments='", stream);
        print_words(stream, verb->words);
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

static void print_option(FILE *stream, const xp_option *option)
{
    fprintf(stream, "    --%s) values='", option->name);
    print_words(stream, option->choices);
    fprintf(stream, "%s' kind=%s ;;\n", option->choices != NULL && option->automatic ? "auto" : "", kind_of(option));
}

void xp_manual_bash(FILE *stream)
{
    print_verbs(stream);
    fputs(head, stream);
    fputs("    case $verb in\n", stream);
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        print_verb(stream, (xp_verb_id)verb);
    }
    fputs("    esac\n    case $option in\n", stream);
    for (int option = 0; option < XP_OPTION_COUNT; option++) {
        print_option(stream, xp_option_get((xp_option_id)option));
    }
    fputs("    *) kind= ;;\n    esac\n", stream);
    fputs(tail, stream);
}
