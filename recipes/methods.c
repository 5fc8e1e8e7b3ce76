#include "recipes/methods.h"

#include <string.h>

/* X(name, loss, margin, head, re-balancing, deferred, weights, source) */
#define METHODS(X)                                                                                                     \
    X("ERM", CROSS_ENTROPY, NO_MARGIN, LINEAR, PLAIN, false, PLAIN, "Tables 1-6")                                      \
    X("Focal", FOCAL, NO_MARGIN, LINEAR, PLAIN, false, PLAIN, "Table 2; Lin et al. 2017")                              \
    X("LDAM", CROSS_ENTROPY, LDAM_MARGINS, COSINE, PLAIN, false, PLAIN, "Table 2; eq. (12)-(13)")                      \
    X("CB-RS", CROSS_ENTROPY, NO_MARGIN, LINEAR, RESAMPLE, false, EFFECTIVE, "Table 2; Cui et al. 2019")               \
    X("CB-RW", CROSS_ENTROPY, NO_MARGIN, LINEAR, REWEIGHT, false, EFFECTIVE, "Table 2; Cui et al. 2019")               \
    X("CB-Focal", FOCAL, NO_MARGIN, LINEAR, REWEIGHT, false, EFFECTIVE, "Table 2; Cui et al. 2019")                    \
    X("RS", CROSS_ENTROPY, NO_MARGIN, LINEAR, RESAMPLE, false, INVERSE, "Table 1, Figure 6")                           \
    X("RW", CROSS_ENTROPY, NO_MARGIN, LINEAR, REWEIGHT, false, INVERSE, "Table 1, Figure 6")                           \
    X("HG-DRS", HINGE, UNIFORM_MARGIN, COSINE, RESAMPLE, true, EFFECTIVE, "Table 2")                                   \
    X("LDAM-HG-DRS", HINGE, LDAM_MARGINS, COSINE, RESAMPLE, true, EFFECTIVE, "Table 2; eq. (10)-(11)")                 \
    X("M-DRW", CROSS_ENTROPY, UNIFORM_MARGIN, COSINE, REWEIGHT, true, EFFECTIVE, "Table 2")                            \
    X("ERM-DRS", CROSS_ENTROPY, NO_MARGIN, LINEAR, RESAMPLE, true, EFFECTIVE, "Table 5")                               \
    X("ERM-DRW", CROSS_ENTROPY, NO_MARGIN, LINEAR, REWEIGHT, true, EFFECTIVE, "Table 5")                               \
    X("LDAM-DRW", CROSS_ENTROPY, LDAM_MARGINS, COSINE, REWEIGHT, true, EFFECTIVE, "Tables 1-4, 6; Algorithm 1")

#define ROW(name_, loss_, margin_, head_, rebalance_, deferred_, weights_, source_)                                    \
    {.name = name_,                                                                                                    \
     .loss = IMB_##loss_,                                                                                              \
     .margin = XP_##margin_,                                                                                           \
     .head = NN_HEAD_##head_,                                                                                          \
     .rebalance = IMB_##rebalance_,                                                                                    \
     .deferred = deferred_,                                                                                            \
     .weights = IMB_WEIGHTS_##weights_,                                                                                \
     .source = source_},
#define NAME(name_, ...) name_,

static const xp_method methods[] = {METHODS(ROW)};
const char *const xp_method_names[] = {METHODS(NAME) NULL};

enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

int64_t xp_method_count(void) { return METHOD_COUNT; }

int64_t xp_method_order(const char *name)
{
    int64_t i = 0;
    while (i < METHOD_COUNT && strcmp(xp_method_names[i], name) != 0) {
        i++;
    }
    return i;
}

const xp_method *xp_method_find(const char *name)
{
    for (int i = 0; i < METHOD_COUNT; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

bool xp_method_knows_test(const xp_method *method)
{
    return method->rebalance != IMB_PLAIN || method->margin == XP_LDAM_MARGINS;
}

static const char *loss_words(const xp_method *method)
{
    switch (method->loss) { /* without a default, so that the compiler asks for a new kind */
    case IMB_FOCAL:
        return "focal";
    case IMB_HINGE:
        return method->margin == XP_LDAM_MARGINS ? "hinge, LDAM margins" : "hinge, one margin";
    case IMB_CROSS_ENTROPY:
        return method->margin == XP_LDAM_MARGINS     ? "cross-entropy, LDAM margins"
               : method->margin == XP_UNIFORM_MARGIN ? "cross-entropy, one margin"
                                                     : "cross-entropy";
    }
    return NULL;
}

static const char *balance_words(const xp_method *method)
{
    bool inverse = method->weights == IMB_WEIGHTS_INVERSE;
    switch (method->rebalance) {
    case IMB_REWEIGHT:
        return inverse ? "weights 1/n_j" : "weights 1/E_j";
    case IMB_RESAMPLE:
        return inverse ? "samples ~ 1/n_j" : "samples ~ 1/E_j";
    case IMB_PLAIN:
    default:
        return "plain";
    }
}

void xp_methods_print(FILE *stream)
{
    fprintf(stream, "%-12s %-28s %-7s %-16s %-16s %s\n", "method", "loss", "head", "before the switch",
            "from the switch", "source");
    for (int i = 0; i < METHOD_COUNT; i++) {
        const xp_method *method = &methods[i];
        const char *balance = balance_words(method);
        fprintf(stream, "%-12s %-28s %-7s %-17s %-16s %s\n", method->name, loss_words(method),
                method->head == NN_HEAD_COSINE ? "cosine" : "linear", method->deferred ? "plain" : balance, balance,
                method->source);
    }
    fputs(
        "\n"
        "cross-entropy  l = -log softmax(s (z - Delta_y e_y))_y; focal (1 - e^-l)^gamma l; hinge max(0, s (max_{j != "
        "y} "
        "z_j - z_y + Delta_y))\n"
        "LDAM margins   Delta_j = M (min_k n_k / n_j)^(1/4), M = --max-margin; one margin: Delta_j = M\n"
        "cosine head    z = (W / |W|) (f / |f|), no bias; s = --scale. linear head: z = W f + b, s = 1\n"
        "E_j            (1 - B^n_j) / (1 - B), the effective number of n_j examples, B = --beta\n"
        "weights        batch loss = sum_i w_i l_i / sum_i w_i; of focal, as the released code has it, the plain mean\n"
        "               of (1 - e^-c_i)^gamma c_i, c_i = w_i l_i, l_i the cross-entropy, with weights of mean 1 "
        "(1/E_j\n"
        "               over the classes, 1/n_j over the batch). samples: an epoch has n examples, sampled with "
        "replacement\n"
        "the switch     --switch, by default epoch 160 of 200 in proportion\n"
        "source         Cao, Wei, Gaidon, Arechiga, Ma: Learning Imbalanced Datasets with Label-Distribution-Aware "
        "Margin Loss, NeurIPS 2019 (arXiv 1906.07413)\n",
        stream);
}
