/* The table as JSON. Numbers have all their digits; what is not known is null. */
#include <math.h>
#include <stdlib.h>
#include <yyjson.h>

#include "core/text.h"
#include "results/report/table_internal.h"

/* yyjson's calls return NULL or false where memory is short, and take such values without harm; the document's end
 * then fails. */
static void add_number(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, double value)
{
    if (isfinite(value)) {
        yyjson_mut_obj_add_real(doc, object, key, value);
    } else {
        yyjson_mut_obj_add_null(doc, object, key);
    }
}

/* JSON escapes controls itself; what is no UTF-8 is shown escaped. NULL, which fails in the end: no memory. */
static yyjson_mut_val *text_of(yyjson_mut_doc *doc, const char *text)
{
    char *shown = core_text_escaped(text, CORE_TEXT_BYTES);
    yyjson_mut_val *value = shown != NULL ? yyjson_mut_strcpy(doc, shown) : NULL;
    free(shown);
    return value;
}

static void add_text(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, const char *text)
{
    if (text != NULL) {
        yyjson_mut_obj_add_val(doc, object, key, text_of(doc, text));
    } else {
        yyjson_mut_obj_add_null(doc, object, key);
    }
}

static yyjson_mut_val *add_list(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key)
{
    yyjson_mut_val *list = yyjson_mut_arr(doc);
    yyjson_mut_obj_add_val(doc, object, key, list);
    return list;
}

static void add_figure(yyjson_mut_doc *doc, yyjson_mut_val *list, const res_table_figure *figure)
{
    yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, list);
    add_text(doc, object, "figure", figure->name);
    add_text(doc, object, "unit", figure->unit);
    add_number(doc, object, "mean", figure->mean);
    add_number(doc, object, "std", figure->std);
    add_number(doc, object, "paper", figure->paper);
    add_number(doc, object, "difference", figure->difference);
}

static void add_cell(yyjson_mut_doc *doc, yyjson_mut_val *list, const res_table *table, const res_table_cell *cell)
{
    yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, list);
    add_text(doc, object, "data", cell->column);
    add_text(doc, object, "method", cell->row);
    add_number(doc, object, "paper", cell->paper);
    yyjson_mut_obj_add_int(doc, object, "n", cell->n);
    yyjson_mut_val *seeds = add_list(doc, object, "seeds");
    for (int64_t i = 0; i < cell->n; i++) {
        yyjson_mut_arr_add_int(doc, seeds, cell->seeds[i]);
    }
    yyjson_mut_val *figures = add_list(doc, object, "figures");
    for (int64_t f = 0; f < cell->figure_count; f++) {
        add_figure(doc, figures, &cell->figures[f]);
    }
    add_text(doc, object, "note", cell->note >= 0 ? table->notes[cell->note] : NULL);
}

static void add_remarks(yyjson_mut_doc *doc, yyjson_mut_val *root, const res_table *table)
{
    static const char *const keys[RES_TABLE_KINDS] = {"open",      "tuned",       "missing",
                                                      "not_shown", "there_twice", "left_out"};
    for (int kind = 0; kind < RES_TABLE_KINDS; kind++) {
        yyjson_mut_val *list = add_list(doc, root, keys[kind]);
        for (int64_t i = 0; i < table->remark_count; i++) {
            if ((int)table->remarks[i].kind == kind) {
                yyjson_mut_arr_append(list, text_of(doc, table->remarks[i].text));
            }
        }
    }
}

core_status res_table_write_json(const res_table *table, FILE *stream)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = doc != NULL ? yyjson_mut_obj(doc) : NULL;
    char *text = NULL;
    if (root != NULL) {
        yyjson_mut_doc_set_root(doc, root);
        add_text(doc, root, "title", table->title);
        add_text(doc, root, "table", table->number);
        add_text(doc, root, "epoch", table->best ? "best" : "last");
        yyjson_mut_val *cells = add_list(doc, root, "cells");
        for (int64_t c = 0; c < table->cell_count; c++) {
            add_cell(doc, cells, table, &table->cells[c]);
        }
        add_remarks(doc, root, table);
        text = yyjson_mut_write(doc, YYJSON_WRITE_PRETTY, NULL);
    }
    yyjson_mut_doc_free(doc);
    if (text == NULL) {
        return core_fail(CORE_MACHINE, "the table cannot be written as JSON: memory, or a text that is not UTF-8");
    }
    fprintf(stream, "%s\n", text);
    free(text);
    return CORE_OK;
}
