/* tests/recipes/support.h - what the tests of this folder share beside tests/support.h: options from words. */
#ifndef TESTS_RECIPES_SUPPORT_H
#define TESTS_RECIPES_SUPPORT_H

#define CASE_SECONDS 600.0
#include "recipes/options.h"
#include "tests/support.h"

#define EXPECT_WORD(word)                                                                                              \
    ck_assert_msg(strstr(core_error_message(), (word)) != NULL, "no \"%s\" in: %s", (word), core_error_message())

/* Of the options of tests; nobody frees it. */
static core_arena test_arena __attribute__((unused));

/* PARSE(&options, XP_VERB_TRAIN, "--rho", "10"): xp_options_parse of those words. */
#define PARSE(out, verb, ...)                                                                                          \
    xp_options_parse((verb), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)),                 \
                     (const char *const[]){__VA_ARGS__}, &test_arena, (out))

/* The same for train, with "--data shapes" before words that do not begin with another --data. */
static inline core_status parse_with_data(xp_options *out, int count, const char *const *words)
{
    const char *all[32] = {"--data", "shapes"};
    const int first = strcmp(words[0], "--data") == 0 ? 0 : 2;
    memcpy(all + first, words, (size_t)count * sizeof *words);
    return xp_options_parse(XP_VERB_TRAIN, first + count, all, &test_arena, out);
}
#define PARSE_WITH_DATA(out, ...)                                                                                      \
    parse_with_data((out), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)),                   \
                    (const char *const[]){__VA_ARGS__})

#endif
