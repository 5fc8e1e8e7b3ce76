/* core/version.h - which tailbit this is. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

extern const char core_version[]; /* "0.1.0" */
extern const char core_creator[]; /* "tailbit 0.1.0" */
extern const char core_commit[];  /* the commit that was built, or "unknown" */

#endif
