/* nn/level.h - names of what is built once for each x86-64 level: NN_LEVEL is v3 or v4 (meson.build). */
#ifndef NN_LEVEL_H
#define NN_LEVEL_H

#ifndef NN_LEVEL
#define NN_LEVEL v3
#endif

#define NN_LEVEL_JOIN(name, level)   name##_##level
#define NN_LEVEL_EXPAND(name, level) NN_LEVEL_JOIN(name, level)
#define NN_LEVEL_NAME(name)          NN_LEVEL_EXPAND(name, NN_LEVEL)

#endif
