/* experiments/training/resume.h - continues a run from its file at the exact step, or says why it cannot. */
#ifndef EXPERIMENTS_TRAINING_RESUME_H
#define EXPERIMENTS_TRAINING_RESUME_H

#include <stdbool.h>

#include "core/status.h"
#include "experiments/training/job.h"

typedef enum { XP_NEW, XP_UNFINISHED, XP_FINISHED } xp_found;

/* Makes the folder of recipe.out, locks recipe.out and looks at it. A run file there is loaded into job->file and must
 * have this configuration and these data.
 * CORE_BAD_USAGE: it has others. The option or datum is named, with both values: first an option that was given,
 * because the values of other options may follow from it.
 * CORE_BAD_FILE: not a run file, or a damaged one. CORE_MACHINE: another process has the lock, or none can be made. */
core_status xp_resume_take(xp_job *job, const xp_options *options, xp_found *found) CORE_MUST_USE;

/* Restores network and pass from the loaded file. CORE_MACHINE: the file was made with another oneDNN version or other
 * arithmetic (self-test), so that the same bits would not follow; both are named. CORE_BAD_FILE: the state is
 * incomplete. */
core_status xp_resume_restore(xp_job *job) CORE_MUST_USE;

#endif
