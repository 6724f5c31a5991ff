# External libraries, each as one target; found by CMake packages and pkg-config, no path written here.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
add_compile_definitions(_POSIX_C_SOURCE=200809L)

find_package(MPI REQUIRED COMPONENTS C)
find_package(PkgConfig REQUIRED)

add_library(ritz_blas INTERFACE)
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
pkg_check_modules(LAPACKE REQUIRED IMPORTED_TARGET lapacke)
pkg_check_modules(CBLAS IMPORTED_TARGET blas)
target_link_libraries(ritz_blas INTERFACE PkgConfig::LAPACKE LAPACK::LAPACK BLAS::BLAS)

pkg_check_modules(PETSC REQUIRED IMPORTED_TARGET PETSc>=3.18)
pkg_check_modules(SLEPC REQUIRED IMPORTED_TARGET SLEPc>=3.18)
add_library(ritz_petsc INTERFACE)
target_link_libraries(ritz_petsc INTERFACE PkgConfig::SLEPC PkgConfig::PETSC)

pkg_search_module(SCALAPACK REQUIRED IMPORTED_TARGET scalapack-openmpi scalapack-mpich scalapack)
add_library(ritz_scalapack INTERFACE)
target_link_libraries(ritz_scalapack INTERFACE PkgConfig::SCALAPACK)

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 REQUIRED COMPONENTS C)
add_library(ritz_hdf5 INTERFACE)
target_link_libraries(ritz_hdf5 INTERFACE hdf5::hdf5)
