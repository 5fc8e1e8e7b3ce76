/* experiments/cli/manual.h - the man page and the bash completion, made from the tables that --help is made from. */
#ifndef EXPERIMENTS_CLI_MANUAL_H
#define EXPERIMENTS_CLI_MANUAL_H

#include <stdio.h>

/* tailbit(1) as roff: every command, every option once with what it takes, exit codes. */
void xp_manual_man(FILE *stream);

/* completion.bash, as it was at build time: @VERBS@, @OPTIONS@ and @VALUES@ stand for what the tables say. */
extern const char xp_completion_text[];

/* A bash script that completes commands, their options, and the values of options. */
void xp_manual_bash(FILE *stream);

#endif
