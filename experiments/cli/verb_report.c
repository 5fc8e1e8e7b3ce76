/* `tailbit report DIR`: one HTML file that shows the runs of a folder and how they were made. */
#include <stdio.h>

#include "core/path.h"
#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "recipes/shot_bounds.h"
#include "results/report/page.h"
#include "results/report/report.h"

core_status xp_verb_report(const xp_options *options)
{
    const char *folder = options->arguments[0], *path = options->text[XP_OUT];
    int64_t shown = 0;
    res_shot_bounds bounds;
    CORE_TRY(xp_shot_bounds_of(options, &bounds));
    CORE_TRY(xp_check_folder(folder));
    if (path == NULL) {
        char *beside;
        CORE_TRY(core_path_join(folder, "report", ".html", options->arena, &beside));
        path = beside;
    }
    CORE_TRY(res_report_check(path));
    CORE_TRY(res_report_of_folder(folder, &bounds, options->text[XP_WITHOUT], path, &shown));
    if (shown == 0) {
        return core_fail(CORE_BAD_FILE, "%s: no run can be shown; %s says what lies there", folder, path);
    }
    core_text_print(stdout, "%s: %s\n", path, CORE_COUNT(shown, "run"));
    return CORE_OK;
}
