#include "tests/results/older.h"

#include <hdf5.h>

#include "results/runs/check.h"
#include "results/runs/content.h"

/* Another text in the place of a root attribute; NULL: none. */
static bool replace(hid_t file, const char *name, const char *text)
{
    if (H5Aexists(file, name) > 0 && H5Adelete(file, name) < 0) {
        return false;
    }
    if (text == NULL) {
        return true;
    }
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    bool right = H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0;
    const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    right = right && attribute >= 0 && H5Awrite(attribute, type, &text) >= 0;
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return right;
}

core_status make_older(const char *path)
{
    core_h5 *file;
    char digest[CORE_HASH_HEX_MAX];
    CORE_TRY(core_h5_open(path, &file));
    const core_status status = res_content_digest(file, digest);
    core_h5_close(file);
    CORE_TRY(status);
    const hid_t written = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const bool right = written >= 0 && replace(written, "digest", digest) && replace(written, RES_CHECK, NULL);
    return H5Fclose(written) >= 0 && right ? CORE_OK : core_fail(CORE_MACHINE, "%s: cannot be changed", path);
}
