/* nn/level.h - names of what is built once for each x86-64 level: NN_LEVEL is v3 or v4 (meson.build). */
#ifndef NN_LEVEL_H
#define NN_LEVEL_H

#ifndef NN_LEVEL
#define NN_LEVEL v3
#endif

#define NN_LEVEL_JOIN(name, level)   name##_##level
#define NN_LEVEL_EXPAND(name, level) NN_LEVEL_JOIN(name, level)
#define NN_LEVEL_NAME(name)          NN_LEVEL_EXPAND(name, NN_LEVEL)

/* The address of the build for the pinned instruction set (nn/context.h); v4 must not be called without AVX-512. */
#define NN_LEVEL_PINNED(name) (nn_isa_get() == NN_ISA_AVX512 ? &name##_v4 : &name##_v3)

#endif
