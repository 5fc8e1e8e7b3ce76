/* core/file_internal.h - what the files of this room share. */
#ifndef CORE_FILE_INTERNAL_H
#define CORE_FILE_INTERNAL_H

/* The most bytes that a name in `folder` may have. */
long core_file_name_max(const char *folder);

#endif
