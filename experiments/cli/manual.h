/* experiments/cli/manual.h - the man page and the bash completion, made from the tables that --help is made from. */
#ifndef EXPERIMENTS_CLI_MANUAL_H
#define EXPERIMENTS_CLI_MANUAL_H

#include <stdio.h>

/* Prints tailbit(1) as roff: every command, every option once with its values, exit codes. */
void xp_manual_man(FILE *stream);

/* completion.bash at build time; @VERBS@, @OPTIONS@ and @VALUES@ mark the places for the contents of the tables. */
extern const char xp_completion_text[];

/* A bash script that completes commands, their options, and the values of options. */
void xp_manual_bash(FILE *stream);

#endif
