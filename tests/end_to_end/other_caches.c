/* Loaded before oneDNN: pretends that the CPU reports caches of OTHER_CACHES bytes, as some virtual machines do. The name is
 * that of oneDNN's own function, dnnl::impl::cpu::platform::get_per_core_cache_size(int). */
#include <stdio.h>
#include <stdlib.h>

unsigned get_cache_bytes(int level) __asm__("_ZN4dnnl4impl3cpu8platform23get_per_core_cache_sizeEi");

unsigned get_cache_bytes(int level)
{
    static int asked;
    if (asked++ == 0) {
        fputs("oneDNN asked for the caches\n", stderr);
    }
    return level >= 1 && level <= 3 ? (unsigned)atoi(getenv("OTHER_CACHES")) : 0;
}
