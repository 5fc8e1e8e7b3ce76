/* datasets/view.h - what of an example a network sees: how much of a text, which part of an image.
 *
 * Source   pad4, pad8: the LDAM paper's recipes for CIFAR and Tiny ImageNet; resize: its recipe for iNaturalist;
 *          random-resized: RandomResizedCrop of torchvision, what most later papers train iNaturalist with.
 * Test     With pad4 and pad8 the whole image; else the middle S x S of the image whose shorter side was resized to
 *          `short_side`.
 */
#ifndef DATASETS_VIEW_H
#define DATASETS_VIEW_H

#include <stdint.h>

#include "core/status.h"

/* How a training image is cropped. */
typedef enum {
    DS_CROP_AUTO, /* resize where a size is given, or the images have several or a shorter side of 256 pixels and more;
                     else pad8 from 64 pixels on, and pad4 below */
    DS_CROP_PAD4, /* 4 black pixels on each side, then a random part of the image's own size */
    DS_CROP_PAD8,
    DS_CROP_RESIZE,        /* the shorter side to `short_side`, then a random S x S */
    DS_CROP_RANDOM_RESIZED /* a random part of 8 to 100 % of the area, resized to S x S */
} ds_crop;

/* "pad4", "pad8", ..., NULL. */
extern const char *const ds_crop_names[];

/* DS_CROP_AUTO for "auto" and for any other word. */
ds_crop ds_crop_parse(const char *name);

/* The name of a crop; "auto". */
const char *ds_crop_name(ds_crop crop);

enum { DS_VOCABULARY_MAX = 10000000, DS_LENGTH_MAX = 1000000, DS_VOCABULARY_DEFAULT = 25000, DS_LENGTH_DEFAULT = 256 };
enum {
    DS_LEAST_SIDE = 8 /* pixels: what a network needs (nn/model.h) */,
    DS_IMAGE_SIZE_MAX = 4096,
    DS_SHORT_SIDE_MAX = DS_IMAGE_SIZE_MAX * 8 / 7,
    DS_IMAGE_SIZE_DEFAULT = 224
};

/* How texts become sequences; both change the examples, and so their digest. */
typedef struct {
    int64_t vocabulary; /* V, padding and unknown counted: 3..DS_VOCABULARY_MAX; fewer where there are fewer words */
    int64_t max_length; /* a text keeps its first `max_length` words; 1..DS_LENGTH_MAX */
    /* (V) of another data set, by id (ds_dataset.words): texts for a network that was trained on that; borrowed. NULL: the
     * vocabulary is that of the texts' own training part. */
    const char *const *words;
} ds_text_options;

typedef struct {
    ds_text_options text; /* of texts alone; the rest is of images alone, whose digest it does not change */
    ds_crop crop;
    int64_t side;       /* S, in pixels; 0: DS_IMAGE_SIZE_DEFAULT, where it is wanted */
    int64_t short_side; /* at least S; 0: 8/7 of it, 256 for 224 */
    ds_crop usual;      /* what "auto" comes to without sizes; set by ds_view_settle, DS_CROP_AUTO before */
} ds_view;

/* Puts values in the place of what is automatic, and 0 in that of sizes without effect, for images of height x width; 0, 0:
 * they have several sizes. Writes height and width of what the network sees to `seen`. CORE_BAD_USAGE: pad4 or pad8 for
 * several sizes or for images below DS_LEAST_SIDE, or sizes that do not fit. */
core_status ds_view_settle(const ds_view *wanted, int64_t height, int64_t width, ds_view *out,
                           int64_t seen[2]) CORE_MUST_USE;

/* Black pixels on each side of a training image; 0 where it is resized. */
static inline int64_t ds_view_padding(const ds_view *view)
{
    return view->crop == DS_CROP_PAD4 ? 4 : view->crop == DS_CROP_PAD8 ? 8 : 0;
}

#endif
