/* nn/onednn.h - the door to oneDNN, for rooms of nn/ only.
 *
 * Threads  A primitive belongs to all threads; streams, scratchpads and memory objects belong to one.
 */
#ifndef NN_ONEDNN_H
#define NN_ONEDNN_H

#include <dnnl.h>
#include <dnnl_debug.h>
#include <stdint.h>

#include "core/status.h"

/* The process's CPU engine; NULL before nn_start. */
dnnl_engine_t nn_engine(void);

/* Channels a block of the activations' layout has: nChw16c with AVX-512, nChw8c with AVX2. */
int64_t nn_channel_block(void);

/* oneDNN's code as a status, `what` naming the operation. */
core_status nn_dnnl_status(dnnl_status_t code, const char *what);

/* Attributes with the user's scratchpad, the only mode that is safe across threads. Destroy with oneDNN's own. */
core_status nn_dnnl_attr_create(dnnl_primitive_attr_t *out) CORE_MUST_USE;

#define NN_DNNL_TRY(expr, what)                                                                                        \
    do {                                                                                                               \
        dnnl_status_t nn_dnnl_code_ = (expr);                                                                          \
        if (nn_dnnl_code_ != dnnl_success) {                                                                           \
            return nn_dnnl_status(nn_dnnl_code_, (what));                                                              \
        }                                                                                                              \
    } while (0)

#endif
