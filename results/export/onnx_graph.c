#include "results/export/onnx_graph.h"

#include <assert.h>
#include <onnx.pb-c.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/text.h"

enum { IR_VERSION = 7, OPERATOR_SET = 13 };

struct res_onnx {
    core_arena *arena;
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto operators;
};

/* Copies a text into the arena, escaped: Protocol Buffers accept only UTF-8. */
static core_status copy(res_onnx *model, const char *text, char **out)
{
    const char *shown;
    CORE_TRY(core_text_escaped(text, CORE_TEXT_BYTES, model->arena, &shown));
    *out = (char *)(uintptr_t)shown; /* the generated structs have no const */
    return CORE_OK;
}

/* Makes capacity for one more pointer in an array of `count`; the capacity doubles when count is a power of two. */
static core_status grow(core_arena *arena, void *items, size_t count, void **out)
{
    *out = items;
    if ((count & (count - 1)) != 0) {
        return CORE_OK;
    }
    void **more;
    CORE_TRY(CORE_ARENA_NEW(arena, count > 0 ? 2 * count : 1, "an ONNX model", more));
    if (count > 0) {
        memcpy(more, items, count * sizeof *more);
    }
    *out = more;
    return CORE_OK;
}

/* Appends a pointer, `item`, to list (count), as the generated structs have them. */
#define APPEND(arena, list, count, item)                                                                               \
    do {                                                                                                               \
        void *grown_ = NULL;                                                                                           \
        CORE_TRY(grow((arena), (list), (count), &grown_));                                                             \
        (list) = grown_;                                                                                               \
        (list)[(count)++] = (item);                                                                                    \
    } while (0)

/* A new message of the generated type, set to its defaults by its generated function. */
#define NEW_MESSAGE(arena, message, init)                                                                              \
    do {                                                                                                               \
        CORE_TRY(CORE_ARENA_NEW((arena), 1, "an ONNX model", (message)));                                              \
        init(message);                                                                                                 \
    } while (0)

static int32_t element_type(core_h5_type type)
{
    assert(type == CORE_H5_F32 || type == CORE_H5_I32 || type == CORE_H5_I64);
    return type == CORE_H5_F32   ? ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
           : type == CORE_H5_I32 ? ONNX__TENSOR_PROTO__DATA_TYPE__INT32
                                 : ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
}

core_status res_onnx_begin(const char *name, core_arena *arena, res_onnx **out)
{
    res_onnx *model;
    CORE_TRY(CORE_ARENA_NEW(arena, 1, "an ONNX model", model));
    model->arena = arena;
    onnx__model_proto__init(&model->model);
    onnx__graph_proto__init(&model->graph);
    onnx__operator_set_id_proto__init(&model->operators);
    CORE_TRY(copy(model, name, &model->graph.name));
    *out = model;
    return CORE_OK;
}

static core_status make_shape(res_onnx *model, const res_onnx_value *value, Onnx__TensorShapeProto **out)
{
    Onnx__TensorShapeProto *shape;
    NEW_MESSAGE(model->arena, shape, onnx__tensor_shape_proto__init);
    for (int d = 0; d < value->rank; d++) {
        Onnx__TensorShapeProto__Dimension *dim;
        NEW_MESSAGE(model->arena, dim, onnx__tensor_shape_proto__dimension__init);
        if (value->dims[d] < 0) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            CORE_TRY(copy(model, value->free_name[d], &dim->dim_param));
        } else {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim->dim_value = value->dims[d];
        }
        APPEND(model->arena, shape->dim, shape->n_dim, dim);
    }
    *out = shape;
    return CORE_OK;
}

static core_status make_value(res_onnx *model, const res_onnx_value *value, Onnx__ValueInfoProto **out)
{
    Onnx__ValueInfoProto *info;
    NEW_MESSAGE(model->arena, info, onnx__value_info_proto__init);
    NEW_MESSAGE(model->arena, info->type, onnx__type_proto__init);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    NEW_MESSAGE(model->arena, info->type->tensor_type, onnx__type_proto__tensor__init);
    info->type->tensor_type->has_elem_type = true;
    info->type->tensor_type->elem_type = element_type(value->type);
    CORE_TRY(make_shape(model, value, &info->type->tensor_type->shape));
    CORE_TRY(copy(model, value->name, &info->name));
    CORE_TRY(copy(model, value->about, &info->doc_string));
    *out = info;
    return CORE_OK;
}

core_status res_onnx_add_value(res_onnx *model, const res_onnx_value *value, bool is_input)
{
    Onnx__ValueInfoProto *info;
    CORE_TRY(make_value(model, value, &info));
    if (is_input) {
        APPEND(model->arena, model->graph.input, model->graph.n_input, info);
    } else {
        APPEND(model->arena, model->graph.output, model->graph.n_output, info);
    }
    return CORE_OK;
}

static core_status copy_integers(core_arena *arena, const int64_t *integers, int count, int64_t **out)
{
    CORE_TRY(CORE_ARENA_NEW(arena, count, "an ONNX model", *out));
    memcpy(*out, integers, (size_t)count * sizeof *integers);
    return CORE_OK;
}

core_status res_onnx_add_tensor(res_onnx *model, const char *name, const core_h5_shape *shape, const void *data)
{
    Onnx__TensorProto *tensor;
    NEW_MESSAGE(model->arena, tensor, onnx__tensor_proto__init);
    CORE_TRY(copy(model, name, &tensor->name));
    tensor->has_data_type = true;
    tensor->data_type = element_type(shape->type);
    tensor->n_dims = (size_t)shape->rank;
    CORE_TRY(copy_integers(model->arena, shape->dims, shape->rank, &tensor->dims));
    tensor->has_raw_data = true;
    tensor->raw_data.len = (size_t)(core_h5_elements(shape) * core_h5_type_bytes(shape->type));
    memcpy(&tensor->raw_data.data, &data, sizeof data); /* packing only reads it, the generated struct has no const */
    APPEND(model->arena, model->graph.initializer, model->graph.n_initializer, tensor);
    return CORE_OK;
}

static core_status make_attribute(res_onnx *model, const res_onnx_attribute *from, Onnx__AttributeProto **out)
{
    Onnx__AttributeProto *attribute;
    char *text;
    NEW_MESSAGE(model->arena, attribute, onnx__attribute_proto__init);
    CORE_TRY(copy(model, from->name, &attribute->name));
    attribute->has_type = true;
    switch (from->kind) {
    case RES_ONNX_INT:
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        attribute->has_i = true;
        attribute->i = from->integer;
        break;
    case RES_ONNX_FLOAT:
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        attribute->has_f = true;
        attribute->f = from->real;
        break;
    case RES_ONNX_TEXT:
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
        attribute->has_s = true;
        CORE_TRY(copy(model, from->text, &text));
        attribute->s = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
        break;
    case RES_ONNX_INTS:
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        attribute->n_ints = (size_t)from->count;
        CORE_TRY(copy_integers(model->arena, from->integers, from->count, &attribute->ints));
        break;
    }
    *out = attribute;
    return CORE_OK;
}

core_status res_onnx_add_node(res_onnx *model, const res_onnx_node *from)
{
    Onnx__NodeProto *node;
    Onnx__AttributeProto *attribute;
    char *name;
    NEW_MESSAGE(model->arena, node, onnx__node_proto__init);
    CORE_TRY(copy(model, from->op, &node->op_type));
    CORE_TRY(copy(model, from->outputs[0][0] != '\0' ? from->outputs[0] : from->outputs[1], &node->name));
    for (size_t i = 0; i < sizeof from->inputs / sizeof *from->inputs && from->inputs[i] != NULL; i++) {
        CORE_TRY(copy(model, from->inputs[i], &name));
        APPEND(model->arena, node->input, node->n_input, name);
    }
    for (size_t i = 0; i < sizeof from->outputs / sizeof *from->outputs && from->outputs[i] != NULL; i++) {
        CORE_TRY(copy(model, from->outputs[i], &name));
        APPEND(model->arena, node->output, node->n_output, name);
    }
    for (const res_onnx_attribute *a = from->attributes; a->name != NULL; a++) {
        CORE_TRY(make_attribute(model, a, &attribute));
        APPEND(model->arena, node->attribute, node->n_attribute, attribute);
    }
    APPEND(model->arena, model->graph.node, model->graph.n_node, node);
    return CORE_OK;
}

core_status res_onnx_add_metadata(res_onnx *model, const char *key, const char *text)
{
    Onnx__StringStringEntryProto *entry;
    NEW_MESSAGE(model->arena, entry, onnx__string_string_entry_proto__init);
    CORE_TRY(copy(model, key, &entry->key));
    CORE_TRY(copy(model, text, &entry->value));
    APPEND(model->arena, model->model.metadata_props, model->model.n_metadata_props, entry);
    return CORE_OK;
}

/* ir_version and producer_name come first. */
static const core_file_kind onnx_kind = {.name = "tailbit ONNX", .starts = {"\x08\x07\x12\x07tailbit"}};
_Static_assert(IR_VERSION == 7, "the start above holds it");

core_status res_onnx_check(const char *path) { return core_file_check(path, &onnx_kind); }

core_status res_onnx_save(res_onnx *model, const char *path)
{
    Onnx__ModelProto *whole = &model->model;
    Onnx__OperatorSetIdProto *operators = &model->operators;
    char producer[] = "tailbit", standard[] = "";
    whole->has_ir_version = operators->has_version = true;
    whole->ir_version = IR_VERSION;
    operators->version = OPERATOR_SET;
    operators->domain = standard;
    whole->producer_name = producer;
    whole->graph = &model->graph;
    whole->n_opset_import = 1;
    whole->opset_import = &operators;
    const size_t bytes = onnx__model_proto__get_packed_size(whole);
    uint8_t *packed;
    CORE_TRY(CORE_NEW(bytes, "an ONNX model", packed));
    onnx__model_proto__pack(whole, packed);
    core_status status = core_file_write(path, &onnx_kind, packed, bytes);
    free(packed);
    return status;
}
