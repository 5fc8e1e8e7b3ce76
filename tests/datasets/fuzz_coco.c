/* Damaged JSON never harms: fuzz_coco COUNT SEED. Each of COUNT files is a good one with one to four of its tokens lost,
 * repeated, exchanged or replaced, or a byte changed. Reading ends with CORE_OK and lists that hold what coco.h promises, or with
 * CORE_BAD_FILE and one line. Addresses and undefined behaviour are the sanitizer build's to watch. */
#include "datasets/coco.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/pictures/drawn.h"
#include "tests/support.h"

enum { MOST_TOKENS = 400, TOKEN_BYTES = 48 };

/* A text as its tokens. */
typedef struct {
    int count;
    char tokens[MOST_TOKENS][TOKEN_BYTES];
} document;

static void add(document *doc, const char *tokens)
{
    for (const char *at = tokens; *at != '\0' && doc->count < MOST_TOKENS;) {
        const size_t bytes = strcspn(at, "~");
        snprintf(doc->tokens[doc->count++], TOKEN_BYTES, "%.*s", (int)bytes, at);
        at += bytes + (at[bytes] == '~');
    }
}

static void add_pair(document *doc, const char *key, uint64_t number)
{
    char text[3 * TOKEN_BYTES];
    snprintf(text, sizeof text, ",~\"%s\"~:~%" PRIu64, key, number);
    add(doc, text);
}

/* Up to eight pictures of up to four categories. */
static void draw_document(document *doc, uint64_t *state)
{
    const uint64_t images = 1 + draw_number(state, 8), categories = 1 + draw_number(state, 4);
    char text[3 * TOKEN_BYTES];
    doc->count = 0;
    add(doc, "{~\"images\"~:~[");
    for (uint64_t i = 0; i < images; i++) {
        snprintf(text, sizeof text, "%s{~\"file_name\"~:~\"a/%" PRIu64 ".jpg\"", i > 0 ? ",~" : "", i);
        add(doc, text);
        add_pair(doc, "id", 7 * i);
        add(doc, "}");
    }
    add(doc, "]~,~\"annotations\"~:~[");
    for (uint64_t i = 0; i < images; i++) {
        snprintf(text, sizeof text, "%s{~\"id\"~:~%" PRIu64, i > 0 ? ",~" : "", i);
        add(doc, text);
        add_pair(doc, "image_id", 7 * (images - 1 - i));
        add_pair(doc, "category_id", draw_number(state, categories));
        add(doc, "}");
    }
    add(doc, "]~,~\"categories\"~:~[");
    for (uint64_t i = 0; i < categories; i++) {
        snprintf(text, sizeof text, "%s{~\"name\"~:~\"n\"", i > 0 ? ",~" : "");
        add(doc, text);
        add_pair(doc, "id", i);
        add(doc, ",~\"supercategory\"~:~\"g\"~}");
    }
    add(doc, "]~}");
}

static void change_document(document *doc, uint64_t *state)
{
    static const char *const others[] = {"0",
                                         "1",
                                         "7",
                                         "-1",
                                         "1.5",
                                         "1e999",
                                         "18446744073709551615",
                                         "true",
                                         "null",
                                         "\"\"",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         "[[[[",
                                         "\"id\"",
                                         "..",
                                         "\"..\"",
                                         "\"../a\"",
                                         "\"a/\\u0000\"",
                                         "\"/a\"",
                                         "\"a/0.jpg\"",
                                         ",",
                                         ":",
                                         "\"\\ud800\"",
                                         "\xff",
                                         "\"\xc3\xa4\"",
                                         "\"\xc3\""};
    const int at = (int)draw_number(state, (uint64_t)doc->count), to = (int)draw_number(state, (uint64_t)doc->count);
    char kept[TOKEN_BYTES];
    memcpy(kept, doc->tokens[at], TOKEN_BYTES);
    switch (draw_number(state, 6)) {
    case 0:
        doc->tokens[at][0] = '\0';
        break;
    case 1:
        memcpy(doc->tokens[at], doc->tokens[to], TOKEN_BYTES);
        break;
    case 2:
        memcpy(doc->tokens[at], doc->tokens[to], TOKEN_BYTES);
        memcpy(doc->tokens[to], kept, TOKEN_BYTES);
        break;
    case 3:
        kept[draw_number(state, strlen(kept) + 1)] ^= (char)(1u << draw_number(state, 8));
        memcpy(doc->tokens[at], kept, TOKEN_BYTES - 1);
        break;
    default:
        snprintf(doc->tokens[at], TOKEN_BYTES, "%s", others[draw_number(state, LENGTH(others))]);
        break;
    }
}

/* Into a file in memory. */
static bool write_document(const document *doc, int fd)
{
    char text[MOST_TOKENS * TOKEN_BYTES];
    size_t bytes = 0;
    for (int i = 0; i < doc->count; i++) {
        bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "%s", doc->tokens[i]);
    }
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, bytes, 0) == (ssize_t)bytes;
}

/* A slow look at a file name: no part of it leads up, away or nowhere. */
static bool is_below(const char *name)
{
    char text[2 * TOKEN_BYTES];
    snprintf(text, sizeof text, "/%s/", name);
    return strstr(text, "//") == NULL && strstr(text, "/./") == NULL && strstr(text, "/../") == NULL;
}

static bool is_right(core_status status, const ds_coco *coco)
{
    if (status != CORE_OK) {
        return status == CORE_BAD_FILE && core_error_message()[0] != '\0' && strchr(core_error_message(), '\n') == NULL;
    }
    for (int64_t i = 0; i < coco->image_count; i++) {
        const ds_coco_image *image = &coco->images[i];
        if (image->category < 0 || image->category >= coco->category_count || !is_below(image->file_name) ||
            image->id < 0 || (i > 0 && image[-1].id >= image->id)) {
            return false;
        }
    }
    for (int64_t i = 1; i < coco->category_count; i++) {
        if (coco->categories[i - 1].id >= coco->categories[i].id) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static document doc;
    const int64_t count = argc > 1 ? atoll(argv[1]) : 1000;
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int64_t read = 0;
    char path[64];
    const int fd = memfd_create("some.json", 0);
    bool right = fd >= 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (int64_t i = 0; i < count && right; i++) {
        const uint64_t begin = state;
        ds_coco coco = {0};
        draw_document(&doc, &state);
        for (uint64_t changes = draw_number(&state, 5); changes > 0; changes--) {
            change_document(&doc, &state);
        }
        right = write_document(&doc, fd);
        const core_status status = ds_coco_read(path, "some.json", &coco);
        right = right && is_right(status, &coco);
        read += status == CORE_OK;
        ds_coco_free(&coco);
        if (!right) {
            printf("file %" PRId64 " (state %" PRIu64 "): status %d, %s\n", i, begin, (int)status,
                   core_error_message());
        }
    }
    printf("%" PRId64 " files, %" PRId64 " of them good\n", count, read);
    return right && read > count / 10 && read < count ? EXIT_SUCCESS : EXIT_FAILURE;
}
