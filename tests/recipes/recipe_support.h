/* tests/recipes/recipe_support.h - resolved recipes from words. */
#ifndef TESTS_RECIPES_RECIPE_SUPPORT_H
#define TESTS_RECIPES_RECIPE_SUPPORT_H

#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "tests/recipes/support.h"

/* Resolves the words behind "--data shapes". */
#define RESOLVE(options, recipe, ...)                                                                                  \
    do {                                                                                                               \
        EXPECT_OK(PARSE_WITH_DATA((options), __VA_ARGS__));                                                            \
        EXPECT_OK(xp_recipe_resolve((options), (options)->arena, (recipe)));                                           \
        EXPECT_OK(xp_recipe_choose_out((options), (recipe)));                                                          \
    } while (0)

/* Resolving the words behind "--data shapes" fails with a sentence that holds `word`. */
#define REFUSE(word, ...)                                                                                              \
    do {                                                                                                               \
        xp_options options_;                                                                                           \
        xp_recipe recipe_ = {.epochs = 77};                                                                            \
        EXPECT_OK(PARSE_WITH_DATA(&options_, __VA_ARGS__));                                                            \
        EXPECT_FAILURE(xp_recipe_resolve(&options_, options_.arena, &recipe_), CORE_BAD_USAGE, (word));                \
        ck_assert_int_eq(recipe_.epochs, 77);                                                                          \
    } while (0)

#endif
