/* experiments/probe/probe.h - how good frozen features are: simple classifiers fitted on them.
 *
 * Source   Cao et al., NeurIPS 2019, Figure 6; Kang et al., ICLR 2020 (nearest class mean, tau-normalised).
 * Names    logistic        experiments/probe/logistic.h
 *          nearest-mean    experiments/probe/classifiers.h
 *          tau-normalised  the network's last layer, tau chosen on the examples that the others are fitted on (the
 *                          least error, then the least tau). A cosine head's class vectors are divided by their norm
 *                          first, as its logits have them, so that tau changes nothing.
 *          own             the network's own predictions
 *          The last two need the last layer's weights, which a run file has for the end only.
 */
#ifndef EXPERIMENTS_PROBE_PROBE_H
#define EXPERIMENTS_PROBE_PROBE_H

#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "experiments/probe/probe_examples.h"
#include "results/runs/probe_file.h"

/* Probes a run. Memory belongs to the arena. Fails as res_run_load and xp_probe_examples; CORE_BAD_FILE also where
 * features are not finite. */
core_status xp_probe(const xp_probe_request *request, core_arena *arena, res_probe *out) CORE_MUST_USE;

/* Prints a line for each classifier: its error and, if there are at most 20 classes, the error of each, in percent. */
void xp_probe_print(const res_probe *probe, FILE *stream);

#endif
