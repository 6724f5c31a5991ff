# External libraries, each as one imported target: ritz_mpi, ritz_openmp, ritz_blas, ritz_petsc, ritz_scalapack,
# ritz_hdf5, ritz_crypto. Found by CMake packages and pkg-config; no path is written here. Installed too: a project that uses ritz
# finds them anew.
#   BLA_VENDOR                 the BLAS wanted (Intel10_64lp_seq for MKL, OpenBLAS, FLAME, ...)
#   PETSC_DIR, PETSC_ARCH, SLEPC_DIR   environment; where their pkg-config files are
#   CMAKE_DISABLE_FIND_PACKAGE_OpenMP   ON: threads inside a rank are left out
#   HDF5_ROOT, CMAKE_PREFIX_PATH, PKG_CONFIG_PATH   as usual
include(CheckCSourceCompiles)
include(CMakePushCheckState)

find_package(MPI REQUIRED COMPONENTS C)
find_package(PkgConfig REQUIRED)

macro(ritz_external name)
  if(NOT TARGET ${name})
    add_library(${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(${name} INTERFACE ${ARGN})
  endif()
endmacro()

# Does a program with this text compile and link with these targets?
macro(ritz_check variable text)
  cmake_push_check_state(RESET)
  set(CMAKE_REQUIRED_LIBRARIES ${ARGN})
  set(CMAKE_REQUIRED_QUIET ON)
  check_c_source_compiles("${text}" ${variable})
  cmake_pop_check_state()
endmacro()

# The first of several pkg-config modules that exists; RITZ_PC_<key> is its name, for ritz.pc.
macro(ritz_pkg key)
  pkg_search_module(RITZ_${key} IMPORTED_TARGET GLOBAL ${ARGN})
  if(RITZ_${key}_FOUND)
    set(RITZ_PC_${key} ${RITZ_${key}_MODULE_NAME})
  endif()
endmacro()

# --- MPI ---------------------------------------------------------------------------------------------------------
ritz_external(ritz_mpi MPI::MPI_C)
ritz_check(RITZ_MPI_IS_OPEN_MPI "#include <mpi.h>\n#ifndef OPEN_MPI\n#error\n#endif\nint main(void) { return 0; }" ritz_mpi)

# --- OpenMP, which may be missing: then a rank is one thread ----------------------------------------------------------
find_package(OpenMP COMPONENTS C)
ritz_external(ritz_openmp $<TARGET_NAME_IF_EXISTS:OpenMP::OpenMP_C>)

# --- BLAS and LAPACK with their C interfaces ------------------------------------------------------------------------
# The C interfaces are inside some libraries (OpenBLAS, MKL) and beside others (netlib, BLIS).
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
set(ritz_blas_parts LAPACK::LAPACK BLAS::BLAS)
set(ritz_cblas_test "#include <cblas.h>\nint main(void) { return (int)cblas_ddot(0, 0, 1, 0, 1); }")
set(ritz_lapacke_test "#include <complex.h>\n#define lapack_complex_double double _Complex
#define lapack_complex_float float _Complex\n#include <lapacke.h>
int main(void) { return (int)LAPACKE_dpotrf(101, 'U', 0, 0, 1); }")

# MKL names its headers otherwise: two one-line headers stand in.
find_path(RITZ_MKL_INCLUDE mkl_cblas.h HINTS $ENV{MKLROOT}/include)
if(RITZ_MKL_INCLUDE AND BLA_VENDOR MATCHES "^Intel")
  file(WRITE ${CMAKE_BINARY_DIR}/mkl_names/cblas.h "#include <mkl_cblas.h>\n")
  file(WRITE ${CMAKE_BINARY_DIR}/mkl_names/lapacke.h "#include <mkl_lapacke.h>\n")
  ritz_external(ritz_mkl_names)
  target_include_directories(ritz_mkl_names INTERFACE ${CMAKE_BINARY_DIR}/mkl_names ${RITZ_MKL_INCLUDE})
  list(APPEND ritz_blas_parts ritz_mkl_names)
endif()

ritz_check(RITZ_HAS_CBLAS "${ritz_cblas_test}" ${ritz_blas_parts})
if(NOT RITZ_HAS_CBLAS)
  ritz_pkg(CBLAS cblas openblas blas)
  find_library(RITZ_CBLAS_LIBRARY cblas)
  find_path(RITZ_CBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas cblas)
  if(RITZ_CBLAS_FOUND)
    list(PREPEND ritz_blas_parts PkgConfig::RITZ_CBLAS)
  elseif(RITZ_CBLAS_INCLUDE)
    ritz_external(ritz_cblas_files $<$<BOOL:${RITZ_CBLAS_LIBRARY}>:${RITZ_CBLAS_LIBRARY}>)
    target_include_directories(ritz_cblas_files INTERFACE ${RITZ_CBLAS_INCLUDE})
    list(PREPEND ritz_blas_parts ritz_cblas_files)
  endif()
  ritz_check(RITZ_HAS_CBLAS_BESIDE "${ritz_cblas_test}" ${ritz_blas_parts})
  if(NOT RITZ_HAS_CBLAS_BESIDE)
    message(FATAL_ERROR "No CBLAS for ${BLAS_LIBRARIES}: cblas.h and its library (Debian: libopenblas-dev)")
  endif()
endif()

ritz_check(RITZ_HAS_LAPACKE "${ritz_lapacke_test}" ${ritz_blas_parts})
if(NOT RITZ_HAS_LAPACKE)
  ritz_pkg(LAPACKE lapacke)
  find_library(RITZ_LAPACKE_LIBRARY lapacke)
  find_path(RITZ_LAPACKE_INCLUDE lapacke.h PATH_SUFFIXES lapacke openblas)
  if(RITZ_LAPACKE_FOUND)
    list(PREPEND ritz_blas_parts PkgConfig::RITZ_LAPACKE)
  elseif(RITZ_LAPACKE_INCLUDE AND RITZ_LAPACKE_LIBRARY)
    ritz_external(ritz_lapacke_files ${RITZ_LAPACKE_LIBRARY})
    target_include_directories(ritz_lapacke_files INTERFACE ${RITZ_LAPACKE_INCLUDE})
    list(PREPEND ritz_blas_parts ritz_lapacke_files)
  endif()
  ritz_check(RITZ_HAS_LAPACKE_BESIDE "${ritz_lapacke_test}" ${ritz_blas_parts})
  if(NOT RITZ_HAS_LAPACKE_BESIDE)
    message(FATAL_ERROR "No LAPACKE for ${LAPACK_LIBRARIES}: lapacke.h and its library (Debian: liblapacke-dev)")
  endif()
endif()
ritz_external(ritz_blas ${ritz_blas_parts})

# --- PETSc and SLEPc ------------------------------------------------------------------------------------------------
# A PETSc built by hand keeps its pkg-config files under PETSC_DIR/PETSC_ARCH; one that is installed under PETSC_DIR.
foreach(root $ENV{PETSC_DIR} $ENV{SLEPC_DIR})
  foreach(folder ${root}/$ENV{PETSC_ARCH}/lib/pkgconfig ${root}/lib/pkgconfig)
    file(REAL_PATH "${folder}" folder)
    if(IS_DIRECTORY ${folder} AND NOT "$ENV{PKG_CONFIG_PATH}" MATCHES "(^|:)${folder}(:|$)")
      set(ENV{PKG_CONFIG_PATH} "${folder}:$ENV{PKG_CONFIG_PATH}")
    endif()
  endforeach()
endforeach()
ritz_pkg(PETSC PETSc>=3.18 petsc>=3.18)
ritz_pkg(SLEPC SLEPc>=3.18 slepc>=3.18)
if(NOT RITZ_PETSC_FOUND OR NOT RITZ_SLEPC_FOUND)
  message(FATAL_ERROR "PETSc and SLEPc 3.18 or later are needed (Debian: libpetsc-real-dev libslepc-real-dev; else set "
                      "PETSC_DIR, PETSC_ARCH and SLEPC_DIR, or PKG_CONFIG_PATH)")
endif()
ritz_external(ritz_petsc PkgConfig::RITZ_SLEPC PkgConfig::RITZ_PETSC ritz_mpi)
ritz_check(RITZ_PETSC_IS_REAL "#include <petscsys.h>
#if defined(PETSC_USE_COMPLEX) || !defined(PETSC_USE_REAL_DOUBLE)
#error
#endif
int main(void) { PetscBool on; return PetscInitialized(&on); }" ritz_petsc)
if(NOT RITZ_PETSC_IS_REAL)
  message(FATAL_ERROR "PETSc ${RITZ_PETSC_VERSION} in ${RITZ_PETSC_LIBDIR} does not compile and link as a real, double "
                      "precision PETSc with this MPI; a complex one is refused, since both share their symbols")
endif()

# --- ScaLAPACK ------------------------------------------------------------------------------------------------------
# By pkg-config (a distribution's CMake package may name files that do not exist); else MKL's or a plain library.
set(ritz_scalapack_test "void pdpotrf_(void); void Cblacs_exit(int); int main(int n, char **a) { (void)a;
if (n > 99) { pdpotrf_(); Cblacs_exit(1); } return 0; }")
if(RITZ_MPI_IS_OPEN_MPI)
  set(ritz_mpi_name openmpi)
else()
  set(ritz_mpi_name mpich)
endif()
ritz_pkg(SCALAPACK scalapack-${ritz_mpi_name} scalapack)
if(RITZ_SCALAPACK_FOUND)
  set(ritz_scalapack_parts PkgConfig::RITZ_SCALAPACK)
else()
  if(ritz_mpi_name STREQUAL openmpi)
    find_library(RITZ_MKL_BLACS mkl_blacs_openmpi_lp64 HINTS $ENV{MKLROOT}/lib $ENV{MKLROOT}/lib/intel64)
  else()
    find_library(RITZ_MKL_BLACS mkl_blacs_intelmpi_lp64 HINTS $ENV{MKLROOT}/lib $ENV{MKLROOT}/lib/intel64)
  endif()
  find_library(RITZ_SCALAPACK_LIBRARY NAMES mkl_scalapack_lp64 scalapack-${ritz_mpi_name} scalapack
               HINTS $ENV{MKLROOT}/lib $ENV{MKLROOT}/lib/intel64)
  if(NOT RITZ_SCALAPACK_LIBRARY)
    message(FATAL_ERROR "No ScaLAPACK (Debian: libscalapack-openmpi-dev or libscalapack-mpich-dev)")
  endif()
  set(ritz_scalapack_parts ${RITZ_SCALAPACK_LIBRARY})
  if(RITZ_MKL_BLACS AND RITZ_SCALAPACK_LIBRARY MATCHES mkl)
    list(APPEND ritz_scalapack_parts ${RITZ_MKL_BLACS})
  endif()
endif()
ritz_external(ritz_scalapack ${ritz_scalapack_parts} ritz_blas ritz_mpi)
ritz_check(RITZ_HAS_SCALAPACK "${ritz_scalapack_test}" ritz_scalapack)
if(NOT RITZ_HAS_SCALAPACK)
  message(FATAL_ERROR "ScaLAPACK (${ritz_scalapack_parts}) does not link with this MPI and BLAS")
endif()

# --- HDF5 -----------------------------------------------------------------------------------------------------------
# The parallel build, because PETSc brings it along: a serial HDF5 beside it in one process would clash.
set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 REQUIRED COMPONENTS C)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "HDF5 ${HDF5_VERSION} (${HDF5_C_LIBRARIES}) is not a parallel build (Debian: libhdf5-openmpi-dev "
                      "or libhdf5-mpich-dev; else set HDF5_ROOT)")
endif()
ritz_external(ritz_hdf5 hdf5::hdf5 ritz_mpi)

# --- libcrypto: SHA-256 of checkpoints ---------------------------------------------------------------------------------
ritz_pkg(CRYPTO libcrypto>=1.1)
if(NOT RITZ_CRYPTO_FOUND)
  message(FATAL_ERROR "libcrypto of OpenSSL 1.1 or later is needed (Debian: libssl-dev; else set PKG_CONFIG_PATH)")
endif()
ritz_external(ritz_crypto PkgConfig::RITZ_CRYPTO)
