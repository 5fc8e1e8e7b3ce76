/* experiments/training/resume.h - going on with a run file, exactly where it stands, or saying why not. */
#ifndef EXPERIMENTS_TRAINING_RESUME_H
#define EXPERIMENTS_TRAINING_RESUME_H

#include <stdbool.h>

#include "core/status.h"
#include "experiments/training/job.h"

typedef enum { XP_NEW, XP_UNFINISHED, XP_FINISHED } xp_found;

/* Looks at what lies at recipe.out. Where a run file is there, it is loaded into job->file and must be of this
 * configuration and these data. CORE_BAD_USAGE: of another one (the option or datum is named, with both values; first
 * an option that was given, because others may follow from it).
 * CORE_BAD_FILE: not a run file, or a damaged one. Nothing on disk changes. */
core_status xp_resume_look(xp_job *job, const xp_options *options, xp_found *found) CORE_MUST_USE;

/* Puts network and pass where the loaded file stands. CORE_MACHINE: it was made with another oneDNN version or other
 * arithmetic (self-test), so that its bits could not be continued; both are named. CORE_BAD_FILE: a state that is
 * incomplete. */
core_status xp_resume_restore(xp_job *job) CORE_MUST_USE;

#endif
