#include "h5.h"
#include "file.h"

#include "ritz/store/results.h"
#include <stdio.h>

rz_h5_quiet rz_h5_silence(void) {
  rz_h5_quiet quiet = {0};
  H5Eget_auto2(H5E_DEFAULT, &quiet.print, &quiet.data);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return quiet;
}

rz_err rz_h5_restore(const rz_h5_quiet *quiet, rz_err rc) {
  H5Eset_auto2(H5E_DEFAULT, quiet->print, quiet->data);
  return rc;
}

enum { TEXT = 512 };

static herr_t keep_innermost(unsigned n, const H5E_error2_t *entry, void *ctx) {
  if (n == 0 && entry->desc) snprintf(ctx, TEXT, "%s", entry->desc);
  return 0;
}

rz_err rz_h5_error(rz_err err, const char *file, int line, const char *func, const char *verb, const char *object,
                   const char *path) {
  char why[TEXT] = "HDF5 gives no reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, why);
  if (!object) return rz_error_set(err, file, line, func, "cannot %s '%s': %s", verb, path, why);
  return rz_error_set(err, file, line, func, "cannot %s '%s' in '%s': %s", verb, object, path, why);
}

hid_t rz_h5_access(void) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERS_MAJOR > 1 || H5_VERS_MINOR > 12 || (H5_VERS_MINOR == 12 && H5_VERS_RELEASE >= 1) ||                        \
    (H5_VERS_MINOR == 10 && H5_VERS_RELEASE >= 7)
  if (access >= 0) H5Pset_file_locking(access, false, true);
#endif
  return access;
}

rz_err rz_h5_in_memory(hid_t *access, char name[RZ_H5_MEMORY_NAME], const char *path) {
  char id[RZ_RUN_ID_SIZE];
  rz_err rc = RZ_OK;
  RZ_TRY(rz_random_id(id));
  snprintf(name, RZ_H5_MEMORY_NAME, "ritz-memory-%s", id);
  RZ_H5_DONE(rc, *access = rz_h5_access(), RZ_ERR_MEMORY, "prepare", NULL, path);
  RZ_H5_DONE(rc, H5Pset_fapl_core(*access, 1 << 20, false), RZ_ERR_INTERNAL, "prepare", NULL, path);
done:
  return rc;
}

static hid_t complex_type(hid_t real) {
  const hid_t type = H5Tcreate(H5T_COMPOUND, 16);
  if (type >= 0 && (H5Tinsert(type, "r", 0, real) < 0 || H5Tinsert(type, "i", 8, real) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

hid_t rz_h5_type(rz_array_type type, bool in_file) {
  switch (type) {
  case RZ_F64:
    return H5Tcopy(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
  case RZ_C64:
    return complex_type(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
  case RZ_I8:
    return H5Tcopy(in_file ? H5T_STD_I8LE : H5T_NATIVE_INT8);
  case RZ_I32:
    return H5Tcopy(in_file ? H5T_STD_I32LE : H5T_NATIVE_INT32);
  case RZ_I64:
    return H5Tcopy(in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64);
  case RZ_U64:
    return H5Tcopy(in_file ? H5T_STD_U64LE : H5T_NATIVE_UINT64);
  }
  return -1;
}

hid_t rz_h5_string(void) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

bool rz_h5_recognise(hid_t type, rz_array_type *out) {
  for (int t = RZ_F64; t <= RZ_U64; t++) {
    const hid_t ours = rz_h5_type((rz_array_type)t, true);
    const bool equal = ours >= 0 && H5Tequal(ours, type) > 0;
    rz_h5_close(ours);
    if (equal) {
      *out = (rz_array_type)t;
      return true;
    }
  }
  return false;
}

void rz_h5_close(hid_t id) {
  if (id >= 0) H5Idec_ref(id);
}

const char *rz_hdf5_version(void) {
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)
#ifdef H5_HAVE_PARALLEL
  return TEXT_OF(H5_VERS_MAJOR) "." TEXT_OF(H5_VERS_MINOR) "." TEXT_OF(H5_VERS_RELEASE) " (parallel)";
#else
  return TEXT_OF(H5_VERS_MAJOR) "." TEXT_OF(H5_VERS_MINOR) "." TEXT_OF(H5_VERS_RELEASE) " (serial)";
#endif
}
