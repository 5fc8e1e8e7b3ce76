/* core/file_internal.h - what the files of this room share. */
#ifndef CORE_FILE_INTERNAL_H
#define CORE_FILE_INTERNAL_H

/* What `path` really names, so that a link stays a link and a file has one lock whatever it is called; a dangling link
 * names itself. Free with free(). NULL: no memory. */
char *core_file_resolved(const char *path);

/* The folder that `path` lies in, "." without a slash. Free with free(). NULL: no memory. */
char *core_file_folder_of(const char *path);

/* What stands behind the last slash of `path`. */
const char *core_file_base_of(const char *path);

/* The most bytes that a name in `folder` may have. */
long core_file_name_max(const char *folder);

#endif
