/* results/export/export_onnx.h - shared by the rooms that write networks as ONNX. Internal to results/.
 *
 * Tensors  keep the names of the run file's state, which are PyTorch's ("layer1.0.conv1.weight").
 */
#ifndef RESULTS_EXPORT_EXPORT_ONNX_H
#define RESULTS_EXPORT_EXPORT_ONNX_H

#include "core/text.h"
#include "results/export/onnx_graph.h"
#include "results/runs/run_file.h"

typedef struct {
    const res_run *run;
    const char *path; /* of the run file, for messages */
    core_arena *arena;
    res_onnx *model;
} res_onnx_job;

/* Adds an operator whose names and attributes are given as in res_onnx_node. */
#define RES_ONNX_NODE(job, ...) res_onnx_add_node((job)->model, &(const res_onnx_node){__VA_ARGS__})

/* Finds the f32 tensor `name` of the state, with `rank` dimensions dims (-1: any). CORE_BAD_FILE: it is absent, or has
 * another type or shape. */
core_status res_onnx_find(const res_onnx_job *job, const char *name, int rank, const int64_t *dims,
                          const res_array **out) CORE_MUST_USE;

/* The same, and adds it to the model as a constant. *out, unless NULL, gets its shape. */
core_status res_onnx_take(res_onnx_job *job, const char *name, int rank, const int64_t *dims,
                          const core_h5_shape **out) CORE_MUST_USE;

/* Writes a ResNet for images, from the input to "features" (N, D). */
core_status res_onnx_write_resnet(res_onnx_job *job, int64_t *D) CORE_MUST_USE;

/* The same for a bidirectional LSTM for text. */
core_status res_onnx_write_bilstm(res_onnx_job *job, int64_t *D) CORE_MUST_USE;

#endif
