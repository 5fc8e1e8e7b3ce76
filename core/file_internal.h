/* core/file_internal.h - what the files of this room share. */
#ifndef CORE_FILE_INTERNAL_H
#define CORE_FILE_INTERNAL_H

/* What `path` really names, so that a link stays a link and a file has one lock whatever it is called; a dangling link
 * names itself. Free with free(). NULL: no memory. */
char *core_file_resolved(const char *path);

#endif
