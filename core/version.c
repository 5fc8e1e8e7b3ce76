#include "core/version.h"

const char core_version[] = CORE_VERSION;
const char core_creator[] = "tailbit " CORE_VERSION;
