/* results/export/export_onnx.h - what the rooms that turn networks into ONNX share. Internal to results/.
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

/* Finds the f32 tensor `name` of the state, with `rank` dimensions dims (-1: any). CORE_BAD_FILE: it is not there, or
 * another. */
core_status res_onnx_find(const res_onnx_job *job, const char *name, int rank, const int64_t *dims,
                          const res_array **out) CORE_MUST_USE;

/* The same, and makes it a constant of the model. *out, unless NULL: its shape. */
core_status res_onnx_take(res_onnx_job *job, const char *name, int rank, const int64_t *dims,
                          const core_h5_shape **out) CORE_MUST_USE;

/* A ResNet for 3x32x32 images from input to "features"; *D: how many. */
core_status res_onnx_write_resnet(res_onnx_job *job, int64_t *D) CORE_MUST_USE;

/* A bidirectional LSTM for text likewise. */
core_status res_onnx_write_bilstm(res_onnx_job *job, int64_t *D) CORE_MUST_USE;

#endif
