#include "recipes/recipe.h"

#include "tests/recipes/recipe_support.h"

START_TEST(test_defaults_are_the_papers_recipe)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "LDAM-DRW");
    ck_assert_str_eq(r.model, "resnet32");
    ck_assert_int_eq(r.epochs, 200);
    ck_assert_int_eq(r.batch, 128);
    ck_assert_double_eq(r.schedule.lr, 0.1);
    ck_assert_double_eq(r.schedule.drop_factor, 0.01);
    ck_assert_int_eq(r.schedule.warmup_epochs, 5);
    ck_assert_int_eq(r.schedule.drop_count, 2);
    ck_assert_int_eq(r.schedule.drops[0], 160);
    ck_assert_int_eq(r.schedule.drops[1], 180);
    ck_assert_int_eq(r.balance.rebalance, IMB_REWEIGHT);
    ck_assert_int_eq(r.balance.from_epoch, 160);
    ck_assert(r.momentum == 0.9f);
    ck_assert(r.weight_decay == 2e-4f);
    ck_assert_double_eq(r.scale, 30);
    ck_assert_double_eq(r.max_margin, 0.5);
    ck_assert_double_eq(r.beta, 0.9999);
    ck_assert_int_eq(r.weights, IMB_WEIGHTS_EFFECTIVE);
    ck_assert_int_eq(r.split.profile.kind, IMB_LONG_TAILED);
    ck_assert_double_eq(r.split.profile.rho, 100);
    ck_assert_uint_eq(r.split.split_seed, 0);
    ck_assert(r.augment);
}
END_TEST

START_TEST(test_options_of_the_training_are_taken)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "CB-RW", "--momentum", "0.8385", "--weight-decay", "0.0375", "--drop-factor",
            "0.125", "--beta", "0.93", "--lr", "0.07", "--bn-group", "8", "--shard", "8", "--gradient-groups", "3");
    ck_assert(r.momentum == 0.8385f && r.weight_decay == 0.0375f);
    ck_assert_double_eq(r.schedule.drop_factor, 0.125);
    ck_assert_double_eq(r.beta, 0.93);
    ck_assert_double_eq(r.schedule.lr, 0.07);
    ck_assert(r.norm_group == 8 && r.shard == 8 && r.groups == 3);
    RESOLVE(&options, &r, "--method", "LDAM-DRW", "--scale", "12.385", "--max-margin", "0.3");
    ck_assert(r.scale == 12.385 && r.max_margin == 0.3);
    RESOLVE(&options, &r, "--method", "Focal", "--focal-gamma", "2.385");
    ck_assert_double_eq(r.focal_gamma, 2.385);
}
END_TEST

START_TEST(test_defaults_of_text)
{
    xp_options options;
    xp_recipe r;
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "imdb", "--method", "LDAM-DRW"));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
    EXPECT_OK(xp_recipe_choose_out(&options, &r));
    ck_assert(r.text);
    ck_assert_int_eq(r.split.view.text.vocabulary, 25000);
    ck_assert_int_eq(r.split.view.text.max_length, 256);
    ck_assert(r.split.removes);
    ck_assert_double_eq(r.split.removal.remove_frac, 0.9);
    ck_assert_int_eq(r.split.removal.removed_class, 0);
    ck_assert_int_eq(r.embedding, 100);
    ck_assert_int_eq(r.hidden, 256);
    ck_assert_double_eq(r.dropout, 0.5);
    ck_assert_int_eq(r.epochs, 10);
    ck_assert_int_eq(r.batch, 64);
    ck_assert_double_eq(nn_schedule_lr(&r.schedule, 0), 0.001);
    ck_assert_double_eq(nn_schedule_lr(&r.schedule, 9), 0.001);
    ck_assert(r.weight_decay == 0);
    ck_assert_int_eq(r.weights, IMB_WEIGHTS_INVERSE);
    ck_assert_int_eq(r.balance.from_epoch, 8);
    ck_assert_double_eq(r.scale, 30);
    ck_assert_double_eq(r.max_margin, 0.5);
    ck_assert_str_eq(r.out, "runs/imdb-remove-0.9-LDAM-DRW-seed0.h5");
}
END_TEST

/* Class-balanced methods are defined by the effective number, whatever the data. */
START_TEST(test_weights_of_text_are_inverse_where_the_method_leaves_them_open)
{
    static const struct {
        const char *method;
        imb_weighting weights;
    } known[] = {{"CB-RW", IMB_WEIGHTS_EFFECTIVE},
                 {"RW", IMB_WEIGHTS_INVERSE},
                 {"ERM-DRS", IMB_WEIGHTS_INVERSE},
                 {"ERM", IMB_WEIGHTS_PLAIN}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        xp_options options;
        xp_recipe r;
        EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "reviews", "--method", known[i].method));
        EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
        ck_assert_msg(r.weights == known[i].weights, "%s", known[i].method);
    }
}
END_TEST

/* E; the warm-up, which is 5, but at most E/4, and (5 E)/200 where that is more; the integers (160 E)/200, (180 E)/200. */
static const int64_t events[][4] = {{2, 0, 1, 1},    {3, 0, 2, 2},       {4, 1, 3, 3},       {7, 1, 5, 6},
                                    {19, 4, 15, 17}, {20, 5, 16, 18},    {39, 5, 31, 35},    {40, 5, 32, 36},
                                    {99, 5, 79, 89}, {200, 5, 160, 180}, {239, 5, 191, 215}, {300, 7, 240, 270}};

START_TEST(test_events_follow_the_epochs_in_integers)
{
    const int64_t *e = events[_i];
    xp_options options;
    xp_recipe r;
    char epochs[16];
    snprintf(epochs, sizeof epochs, "%d", (int)e[0]);
    RESOLVE(&options, &r, "--method", "ERM", "--epochs", epochs);
    ck_assert_int_eq(r.schedule.warmup_epochs, e[1]);
    ck_assert_int_eq(r.schedule.drops[0], e[2]);
    ck_assert_int_eq(r.schedule.drops[1], e[3]);
    RESOLVE(&options, &r, "--method", "ERM-DRW", "--epochs", epochs);
    ck_assert_int_eq(r.balance.from_epoch, e[2]);
}
END_TEST

START_TEST(test_single_epoch_trains_at_the_rate_that_was_asked_for)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "ERM", "--epochs", "1");
    ck_assert_int_eq(r.schedule.drop_count, 0);
    ck_assert_double_eq(nn_schedule_lr(&r.schedule, 0), 0.1);
}
END_TEST

START_TEST(test_two_drops_on_one_epoch_both_apply)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "ERM", "--epochs", "3");
    ck_assert_double_eq(nn_schedule_lr(&r.schedule, 1), 0.1);
    ck_assert_double_eq_tol(nn_schedule_lr(&r.schedule, 2), 0.1 * 0.01 * 0.01, 1e-18);
    ck_assert_int_eq(xp_recipe_meeting_drops(&r), 2);
    RESOLVE(&options, &r, "--method", "ERM", "--epochs", "6");
    ck_assert_int_eq(xp_recipe_meeting_drops(&r), -1);
    RESOLVE(&options, &r, "--method", "ERM", "--epochs", "1");
    ck_assert_int_eq(xp_recipe_meeting_drops(&r), -1);
    RESOLVE(&options, &r, "--method", "ERM", "--drops", "7,3,7");
    ck_assert_int_eq(xp_recipe_meeting_drops(&r), 7);
    RESOLVE(&options, &r, "--method", "ERM", "--drops", "1,2", "--warmup", "4"); /* both at the end of the warm-up */
    ck_assert_int_eq(xp_recipe_meeting_drops(&r), 4);
    RESOLVE(&options, &r, "--method", "ERM", "--drops", "2,9", "--warmup", "4");
    ck_assert_int_eq(xp_recipe_meeting_drops(&r), -1);
}
END_TEST

/* Of images below 1000 steps are few, whoever's they are; drawn ones and texts learn in fewer. */
START_TEST(test_few_steps_are_told_of_images_that_are_not_drawn)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--data", "cifar10", "--method", "ERM", "--epochs", "7");
    ck_assert_int_eq(xp_recipe_few_steps(&r, 12406), 7 * 97);
    ck_assert_int_eq(xp_recipe_few_steps(&r, 142 * 128 + 1), 0); /* 143 steps an epoch, 1001 in all */
    RESOLVE(&options, &r, "--data", "birds.h5", "--method", "ERM", "--epochs", "7");
    ck_assert_int_eq(xp_recipe_few_steps(&r, 12406), 7 * 97);
    RESOLVE(&options, &r, "--data", "shapes:9:9", "--method", "ERM", "--epochs", "7");
    ck_assert_int_eq(xp_recipe_few_steps(&r, 90), 0);
    RESOLVE(&options, &r, "--data", "imdb", "--method", "ERM");
    ck_assert_int_eq(xp_recipe_few_steps(&r, 90), 0);
}
END_TEST

START_TEST(test_event_that_never_happens_is_refused)
{
    REFUSE("--drops 10 would never happen in 10 epochs", "--method", "ERM", "--epochs", "10", "--drops", "5,10");
    REFUSE("--switch 10 would never happen in 10 epochs", "--method", "ERM-DRW", "--epochs", "10", "--switch", "10");
    REFUSE("--warmup 10 would never happen", "--method", "ERM", "--epochs", "10", "--warmup", "10");
}
END_TEST

START_TEST(test_switch_at_epoch_0_is_refused)
{
    REFUSE("--switch falls on epoch 0", "--method", "LDAM-DRW", "--epochs", "1");
}
END_TEST

START_TEST(test_batch_below_shard_is_refused)
{
    REFUSE("--batch 3 is smaller than --shard 4", "--method", "ERM", "--batch", "3");
}
END_TEST

/* Who did not type the value that a sentence blames is told that it is the default, and what to give. */
START_TEST(test_defaults_that_make_an_error_are_named)
{
    xp_options options;
    xp_recipe r;
    REFUSE(
        "--batch 3 is smaller than --shard 4 (the default), expected at least one whole shard: give a smaller --shard",
        "--method", "ERM", "--batch", "3");
    REFUSE("--batch 128 (the default) is smaller than --shard 200, expected", "--method", "ERM", "--shard", "200");
    REFUSE("--batch 3 is smaller than --shard 8, expected", "--method", "ERM", "--batch", "3", "--shard", "8");
    REFUSE("--drops 160 would never happen in 10 epochs (the default), expected an epoch below 10, or more --epochs",
           "--data", "imdb", "--method", "ERM", "--drops", "160");
    REFUSE("--warmup 10 would never happen in 10 epochs, expected", "--method", "ERM", "--epochs", "10", "--warmup",
           "10");
    REFUSE("--switch falls on epoch 0 of 1 by auto (the default), where LDAM-DRW", "--method", "LDAM-DRW", "--epochs",
           "1");
    REFUSE("--mu has no effect with --imbalance long-tailed (the default); expected it to be left out, or another "
           "--imbalance",
           "--method", "ERM", "--mu", "0.3");
    REFUSE("--mu has no effect with --imbalance none; expected it to be left out", "--method", "ERM", "--imbalance",
           "none", "--mu", "0.3");
    REFUSE("--rho has no effect with --imbalance remove (the default)", "--data", "imdb", "--method", "ERM", "--rho",
           "9");
    REFUSE(
        "--drop-factor has no effect with --drops none (the default); expected it to be left out, or another --drops",
        "--data", "imdb", "--method", "ERM", "--drop-factor", "1");
    REFUSE("--hidden has no effect with a ResNet (the default); expected it to be left out", "--method", "ERM",
           "--hidden", "32");
    RESOLVE(&options, &r, "--method", "ERM");
    ck_assert_str_eq(r.split.advice,
                     "give --imbalance none instead of long-tailed (the default), for all examples as they "
                     "are, or less than --rho 100 (the default)");
    RESOLVE(&options, &r, "--method", "ERM", "--imbalance", "remove", "--remove-frac", "0.99");
    ck_assert_str_eq(r.split.advice,
                     "give --imbalance none instead of remove, for all examples as they are, or less than "
                     "--remove-frac 0.99");
}
END_TEST

START_TEST(test_data_and_network_fit_each_other)
{
    REFUSE("--model bilstm2 does not fit --data shapes, which is images; expected a ResNet", "--method", "ERM",
           "--model", "bilstm2");
    REFUSE("--vocabulary has no effect with images", "--method", "ERM", "--vocabulary", "900");
    REFUSE("--hidden has no effect with a ResNet", "--method", "ERM", "--hidden", "32");
    REFUSE("--glove has no effect with a ResNet", "--method", "ERM", "--glove", "vectors.txt");
    REFUSE("--remove-frac has no effect with --imbalance long-tailed", "--method", "ERM", "--remove-frac", "0.5");
    REFUSE("--rho has no effect with --imbalance remove", "--method", "ERM", "--imbalance", "remove", "--rho", "5");
    REFUSE("--model resnet32 does not fit --data imdb, which is text; expected bilstm2", "--data", "imdb", "--method",
           "ERM", "--model", "resnet32");
    REFUSE("--momentum has no effect with --model bilstm2", "--data", "imdb", "--method", "ERM", "--momentum", "0.5");
    REFUSE("--augment has no effect with --model bilstm2", "--data", "imdb", "--method", "ERM", "--augment", "none");
    REFUSE("--drop-factor has no effect with --drops none", "--data", "imdb", "--method", "ERM", "--drop-factor", "1");
    REFUSE("--hidden 24, expected a multiple of 16", "--data", "imdb", "--method", "ERM", "--hidden", "24");
}
END_TEST

START_TEST(test_data_and_method_are_required)
{
    xp_options options;
    xp_recipe r;
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--method", "ERM"));
    EXPECT_FAILURE(xp_recipe_resolve(&options, options.arena, &r), CORE_BAD_USAGE, "--data NAME is missing");
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "shapes"));
    EXPECT_FAILURE(xp_recipe_resolve(&options, options.arena, &r), CORE_BAD_USAGE,
                   "--method NAME is missing, expected one of ERM");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/recipe");
    ADD_CASE(suite, "oracle", test_defaults_are_the_papers_recipe, test_options_of_the_training_are_taken,
             test_defaults_of_text, test_weights_of_text_are_inverse_where_the_method_leaves_them_open,
             test_single_epoch_trains_at_the_rate_that_was_asked_for, test_two_drops_on_one_epoch_both_apply,
             test_few_steps_are_told_of_images_that_are_not_drawn);
    TCase *each = tcase_create("events");
    tcase_add_loop_test(each, test_events_follow_the_epochs_in_integers, 0, (int)(sizeof events / sizeof events[0]));
    suite_add_tcase(suite, each);
    ADD_CASE(suite, "errors", test_event_that_never_happens_is_refused, test_switch_at_epoch_0_is_refused,
             test_batch_below_shard_is_refused, test_data_and_network_fit_each_other,
             test_data_and_method_are_required);
    ADD_CASE(suite, "defaults", test_defaults_that_make_an_error_are_named);
    return run_suite(suite);
}
