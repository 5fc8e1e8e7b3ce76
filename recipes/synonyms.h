/* recipes/synonyms.h - what other programs call tailbit's options, values and commands (recipes/synonyms.def).
 *
 * None of these words is taken, so that a thing has one name in scripts, files and docs; the message says what to type.
 */
#ifndef RECIPES_SYNONYMS_H
#define RECIPES_SYNONYMS_H

#include "core/memory.h"
#include "core/status.h"
#include "core/text.h"
#include "recipes/options.h"

/* Fails with what to type for words[at] and every later word (of count) that is another program's option, one after the
 * other: "--batch-size 64: type --batch 64; --gpu: leave it out: ...". CORE_OK: words[at] is none for the verb. */
core_status xp_synonyms_fail(xp_verb_id verb, int count, const char *const *words, int at,
                             core_arena *arena) CORE_MUST_USE;

/* The value of the option that `text` means: another program's word for it, a choice in another spelling
 * ("ldam_drw"), or for --rho a ratio below 1, turned round. Written to `out` or in the table; NULL: none. */
const char *xp_synonym_of_value(xp_option_id id, const char *text, char out[CORE_REAL_BYTES]);

/* The YAML key of the option that another program calls `key`; NULL: none. */
const char *xp_synonym_of_key(const char *key);

/* What to do about a key of another program that is no one option here, as for its option; NULL: nothing is known. */
const char *xp_synonym_advice_of_key(const char *key);

/* The command that another program calls `word`; NULL: none. */
const char *xp_synonym_of_command(const char *word);

#endif
