/* results/export/onnx_graph.h - builds an ONNX model and writes it; the one door to protobuf (results/export/onnx.proto).
 *
 * Source   ONNX 1.8: IR version 7, operator set 13, which every runtime since 2020 reads (onnx.ai/onnx/operators).
 * Memory   Names and attributes are copied; the numbers of tensors are borrowed until the model is saved.
 */
#ifndef RESULTS_EXPORT_ONNX_GRAPH_H
#define RESULTS_EXPORT_ONNX_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/h5.h"
#include "core/memory.h"
#include "core/status.h"

typedef struct res_onnx res_onnx;

/* Begins a model in the arena, which owns it. */
core_status res_onnx_begin(const char *name, core_arena *arena, res_onnx **out) CORE_MUST_USE;

/* An input or output of the model. A dimension of -1 is free; its name says what it counts. */
typedef struct {
    const char *name;
    core_h5_type type; /* F32, I32 or I64 */
    int rank;
    int64_t dims[4];
    const char *free_name[4];
    const char *about; /* a sentence for people */
} res_onnx_value;

core_status res_onnx_add_value(res_onnx *model, const res_onnx_value *value, bool is_input) CORE_MUST_USE;

/* Adds a constant: weights, or a numeric argument of an operator. shape->type is F32, I32 or I64. */
core_status res_onnx_add_tensor(res_onnx *model, const char *name, const core_h5_shape *shape,
                                const void *data) CORE_MUST_USE;

/* ONNX's number for the type i32, for Cast. */
enum { RES_ONNX_INT32 = 6 };

typedef enum { RES_ONNX_INT, RES_ONNX_FLOAT, RES_ONNX_TEXT, RES_ONNX_INTS } res_onnx_kind;
typedef struct {
    const char *name; /* NULL: the list of attributes ends */
    res_onnx_kind kind;
    int64_t integer;
    float real;
    const char *text;
    int count; /* of integers */
    int64_t integers[4];
} res_onnx_attribute;

/* An operator. An unused name is NULL; an input that is left out before others is "". */
typedef struct {
    const char *op;
    const char *inputs[6], *outputs[3];
    res_onnx_attribute attributes[5];
} res_onnx_node;

core_status res_onnx_add_node(res_onnx *model, const res_onnx_node *node) CORE_MUST_USE;

/* A text that travels with the model: onnx.load(path).metadata_props. */
core_status res_onnx_add_metadata(res_onnx *model, const char *key, const char *text) CORE_MUST_USE;

/* Writes the model atomically. The same model gives the same bytes. */
core_status res_onnx_save(res_onnx *model, const char *path) CORE_MUST_USE;

/* Checks, as core_file_check, that a model can be saved there; it may replace only a model of tailbit. */
core_status res_onnx_check(const char *path) CORE_MUST_USE;

#endif
