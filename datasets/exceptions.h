/* datasets/exceptions.h - what was unusual in a source of pictures: exceptions.txt, one line each.
 *
 * In this order: files left out; what else the source has; classes without a training or a test picture; test pictures
 * with the same pixels as a training picture; damaged ones that were kept; unusual ones.
 */
#ifndef DATASETS_EXCEPTIONS_H
#define DATASETS_EXCEPTIONS_H

#include <stdint.h>

#include "core/path.h"
#include "core/status.h"
#include "datasets/pack.h"

/* Writes exceptions.txt beside a finished journal, from its lines and the notes of the source's list, and counts what a
 * person should look at: all lines but those of unusual pictures. CORE_MACHINE: memory, or it cannot be written. */
core_status ds_exceptions_write(const ds_pack *journal, const core_names *notes, int64_t *serious) CORE_MUST_USE;

#endif
