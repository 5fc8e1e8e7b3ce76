#include "datasets/reviews.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "core/text.h"
#include "datasets/corpus.h"

/* What makes the set hard. Another value is another data set: change them together with the test's digest.
 *
 * NEGATED of 100 judging clauses express their meaning by a negated word of the opposite meaning. So the words alone
 * give the class at best with odds of 100 - NEGATED to NEGATED, and hearsay has words of both kinds at random. LUKEWARM
 * of 100 reviews judge once, by a word of `lukewarm`: of its n = 8 words a pos review takes the i-th with probability
 * (15 - 2 i)/64, and a neg one from the other end. On these reviews the best rule for a balanced set errs on 1/4. The
 * best rule for a set in which one class is more than 15 times rarer errs on all reviews of that class: a rule that
 * follows the class frequencies fails where a rule that weighs the classes equally does not. */
enum {
    DEFAULT_TRAIN_PER_CLASS = 2000,
    DEFAULT_TEST_PER_CLASS = 500,
    NEGATED = 30,   /* of 100 judging clauses */
    JUDGEMENTS = 3, /* 1..JUDGEMENTS sentences of what the reviewer thinks */
    LUKEWARM = 25,  /* of 100 reviews */
    HEARSAYS = 2,   /* 0..HEARSAYS - 1 of what others think */
    TALES = 3,      /* 0..TALES - 1 of what happens */
    SENTENCES = JUDGEMENTS + HEARSAYS + TALES
};

static const uint64_t REVIEWS_SEED = 20190627; /* fixed: the data set does not depend on a run's seed */

static const char *const praise[] = {"good",   "great",    "fine",      "funny",    "clever",    "moving",
                                     "superb", "charming", "witty",     "gripping", "wonderful", "touching",
                                     "fresh",  "lovely",   "brilliant", "masterful"};
static const char *const blame[] = {"bad",    "dull",     "poor",     "boring",     "weak",     "clumsy",
                                    "flat",   "silly",    "stale",    "tedious",    "terrible", "messy",
                                    "hollow", "dreadful", "lifeless", "forgettable"};
static const char *const lukewarm[] = {"pleasant", "decent", "light", "quiet", "simple", "slow", "strange", "plain"};
static const char *const aspects[] = {"plot", "acting", "ending", "music", "script", "cast", "pace", "dialogue"};
static const char *const people[] = {"My brother",   "The critic",         "A friend",
                                     "My neighbour", "The lady beside me", "Everybody else"};
static const char *const degrees[] = {"very", "really", "simply", "quite", "truly"};
static const char *const heroes[] = {"young man",    "retired teacher", "detective", "girl from the village",
                                     "tired singer", "soldier",         "doctor",    "boy with a dog"};
static const char *const deeds[] = {
    "comes home after the war", "looks for a lost letter",  "buys a house by the sea", "falls in love with a stranger",
    "must find the killer",     "learns to play the piano", "travels to the north",    "wins a lot of money"};

/* Templates. +: a word of the clause's meaning, -: of the opposite, ?: of either, ^: a lukewarm one; @: an aspect, #: a
 * person, ~: a degree, =: a hero, !: a deed. */
static const char *const plain[] = {"The @ was +.",
                                    "I found the @ ~ +.",
                                    "What a + film.",
                                    "The @ is ~ +, to the end.",
                                    "This is a + film with a + @.",
                                    "For me it was ~ +.",
                                    "To my mind the @ is + and so is the @."};
static const char *const negated[] = {"The @ was not -.",
                                      "The @ wasn't - at all.",
                                      "I would never call the @ -.",
                                      "There is nothing - about the @.",
                                      "It is hardly a - film.",
                                      "I can't say that the @ was -.",
                                      "The @ is far from being -."};
static const char *const mild[] = {"The @ was ^.", "I found the @ rather ^.", "It is a ^ film."};
static const char *const hearsay[] = {"# told me that the @ was ?.", "The book was ? and so was the trailer.",
                                      "# found it ?, as always.",    "The other films of this director are ?.",
                                      "I had expected it to be ?.",  "# did not think that the @ was ?."};
static const char *const tales[] = {"It is about a = who !.", "Then a = !.", "In the first half a = !.",
                                    "We saw it on a Sunday.<br /><br />", "It runs for two hours."};

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* The draws of one review, in order. */
typedef struct {
    bool test;
    int64_t position, index;
} stream;

static int draw_below(stream *random, int n)
{
    core_rng_counter counter = {.epoch = random->test ? 1 : 0, .position = random->position, .index = random->index++};
    return (int)core_rng_below((core_rng_key){REVIEWS_SEED, CORE_RNG_REVIEWS}, counter, n);
}

/* Draws from 0..n-1, small numbers more often: the smaller of two draws. */
static int draw_early(stream *random, int n)
{
    int a = draw_below(random, n), b = draw_below(random, n);
    return a < b ? a : b;
}

/* The word that stands for a letter of a template; NULL: the letter itself. `good`: what the clause means. */
static const char *word_for(stream *random, char letter, bool good)
{
    switch (letter) {
    case '+':
        return (good ? praise : blame)[draw_early(random, LENGTH(praise))];
    case '-':
        return (good ? blame : praise)[draw_early(random, LENGTH(praise))];
    case '?':
        good = draw_below(random, 2) == 1;
        return (good ? praise : blame)[draw_early(random, LENGTH(praise))];
    case '^':
        return lukewarm[good ? draw_early(random, LENGTH(lukewarm))
                             : LENGTH(lukewarm) - 1 - draw_early(random, LENGTH(lukewarm))];
    case '@':
        return aspects[draw_below(random, LENGTH(aspects))];
    case '#':
        return people[draw_below(random, LENGTH(people))];
    case '~':
        return degrees[draw_below(random, LENGTH(degrees))];
    case '=':
        return heroes[draw_below(random, LENGTH(heroes))];
    case '!':
        return deeds[draw_below(random, LENGTH(deeds))];
    default:
        return NULL;
    }
}

/* Appends a filled template; returns the new length of text. */
static int64_t write_sentence(stream *random, const char *template, bool good, char *text, int64_t length)
{
    if (length > 0) {
        text[length++] = ' ';
    }
    for (const char *letter = template; *letter != '\0'; letter++) {
        const char *word = word_for(random, *letter, good);
        int64_t bytes = word != NULL ? (int64_t)strlen(word) : 1;
        assert(length + bytes < DS_REVIEWS_BYTES);
        memcpy(text + length, word != NULL ? word : letter, (size_t)bytes);
        length += bytes;
    }
    text[length] = '\0';
    return length;
}

/* A sentence before its words are chosen. */
typedef struct {
    const char *template;
    bool good;
} sentence;

static sentence draw_judgement(stream *random, bool good)
{
    bool negate = draw_below(random, 100) < NEGATED;
    return (sentence){negate ? negated[draw_below(random, LENGTH(negated))] : plain[draw_below(random, LENGTH(plain))],
                      good};
}

/* Chooses the sentences of a review and puts them in a random order; returns how many. */
static int plan_sentences(stream *random, bool good, sentence *out)
{
    int count = 0;
    if (draw_below(random, 100) < LUKEWARM) {
        out[count++] = (sentence){mild[draw_below(random, LENGTH(mild))], good};
    } else {
        for (int i = 1 + draw_below(random, JUDGEMENTS); i > 0; i--) {
            out[count++] = draw_judgement(random, good);
        }
    }
    for (int i = draw_below(random, HEARSAYS); i > 0; i--) {
        out[count++] = (sentence){hearsay[draw_below(random, LENGTH(hearsay))], good};
    }
    for (int i = draw_below(random, TALES); i > 0; i--) {
        out[count++] = (sentence){tales[draw_below(random, LENGTH(tales))], good};
    }
    assert(count <= SENTENCES);
    for (int i = count - 1; i >= 1; i--) {
        int j = draw_below(random, i + 1);
        sentence swap = out[i];
        out[i] = out[j];
        out[j] = swap;
    }
    return count;
}

int64_t ds_reviews_write(bool test, int64_t index, int32_t label, char text[DS_REVIEWS_BYTES])
{
    assert(label == 0 || label == 1);
    stream random = {.test = test, .position = index};
    sentence sentences[SENTENCES];
    int count = plan_sentences(&random, label == 1, sentences);
    int64_t length = 0;
    for (int i = 0; i < count; i++) {
        length = write_sentence(&random, sentences[i].template, sentences[i].good, text, length);
    }
    return length;
}

bool ds_reviews_is_name(const char *name) { return strcmp(name, "reviews") == 0 || strncmp(name, "reviews:", 8) == 0; }

static core_status parse_sizes(const char *name, int64_t *train_per_class, int64_t *test_per_class)
{
    if (strcmp(name, "reviews") == 0) {
        *train_per_class = DEFAULT_TRAIN_PER_CLASS;
        *test_per_class = DEFAULT_TEST_PER_CLASS;
        return CORE_OK;
    }
    char train[32], test[32], more;
    if (sscanf(name, "reviews:%31[0-9]:%31[0-9]%c", train, test, &more) != 2 ||
        core_text_int64(name, train, 1, DS_REVIEWS_MAX_PER_CLASS, train_per_class) != CORE_OK ||
        core_text_int64(name, test, 1, DS_REVIEWS_MAX_PER_CLASS, test_per_class) != CORE_OK) {
        return core_fail(CORE_BAD_USAGE,
                         "data set \"%s\": expected reviews or reviews:TRAIN:TEST, reviews a class, each in 1..%d",
                         name, DS_REVIEWS_MAX_PER_CLASS);
    }
    return CORE_OK;
}

/* Writes all the texts, one after the other, and cuts them into words. */
static core_status make_corpus(int64_t train_count, int64_t test_count, const ds_text_options *options,
                               core_arena *arena, ds_corpus *out)
{
    int64_t N = train_count + test_count, *offsets, empty;
    char *bytes;
    CORE_TRY(CORE_ARENA_NEW(arena, N * DS_REVIEWS_BYTES, "the reviews", bytes));
    CORE_TRY(CORE_ARENA_NEW(arena, N + 1, "the reviews", offsets));
    for (int64_t i = 0; i < N; i++) {
        const bool test = i >= train_count;
        const int64_t index = test ? i - train_count : i;
        offsets[i + 1] = offsets[i] + ds_reviews_write(test, index, (int32_t)(index % 2), bytes + offsets[i]);
    }
    ds_texts texts = {.count = N, .train_count = train_count, .bytes = bytes, .offsets = offsets};
    ds_texts_know(&texts, options);
    return ds_corpus_create(&texts, arena, out, &empty);
}

core_status ds_reviews_load(const char *name, const ds_text_options *options, ds_dataset *out)
{
    int64_t train = 0, test = 0;
    CORE_TRY(parse_sizes(name, &train, &test));
    CORE_TRY(ds_text_options_check(options));
    char normal[64] = "reviews";
    if (train != DEFAULT_TRAIN_PER_CLASS || test != DEFAULT_TEST_PER_CLASS) {
        snprintf(normal, sizeof normal, "reviews:%lld:%lld", (long long)train, (long long)test);
    }
    ds_corpus corpus;
    core_arena room = {0};
    core_status status = make_corpus(2 * train, 2 * test, options, &room, &corpus);
    if (status == CORE_OK) {
        status = ds_corpus_select(&corpus, normal, options, out);
    }
    core_arena_free(&room);
    CORE_TRY(status);
    for (int64_t i = 0; i < out->train.count; i++) {
        out->train.labels[i] = (int32_t)(i % 2);
    }
    for (int64_t i = 0; i < out->test.count; i++) {
        out->test.labels[i] = (int32_t)(i % 2);
    }
    out->verified = true;
    return ds_dataset_digest(out);
}
