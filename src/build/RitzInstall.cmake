# Headers, libraries, the program, find_package(ritz) and ritz.pc.
include(CMakePackageConfigHelpers)
get_property(modules GLOBAL PROPERTY RITZ_MODULES)

add_library(ritz_all INTERFACE)
set_target_properties(ritz_all PROPERTIES EXPORT_NAME ritz)
foreach(module ${modules})
  target_link_libraries(ritz_all INTERFACE ritz_${module})
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/ritz)
install(TARGETS ritz_all EXPORT ritz)
install(EXPORT ritz NAMESPACE ritz:: DESTINATION ${package} FILE ritzTargets.cmake)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ritz DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
configure_package_config_file(${PROJECT_SOURCE_DIR}/src/build/ritzConfig.cmake.in ${CMAKE_BINARY_DIR}/ritzConfig.cmake
                              INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ritzConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ritzConfig.cmake ${CMAKE_BINARY_DIR}/ritzConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/src/build/RitzDependencies.cmake DESTINATION ${package})

# ritz.pc: static libraries in the order of their use, then what they need. Modules of pkg-config stay names; what CMake
# found otherwise is written as it was found.
set(pc_libraries "")
set(reversed ${modules})
list(REVERSE reversed)
foreach(module ${reversed})
  string(APPEND pc_libraries " -lritz_${module}")
endforeach()
set(pc_requires ${RITZ_PC_SLEPC} ${RITZ_PC_PETSC} ${RITZ_PC_SCALAPACK} ${RITZ_PC_LAPACKE} ${RITZ_PC_CBLAS}
                ${RITZ_PC_CRYPTO})
list(JOIN pc_requires " " pc_requires)
set(found ${RITZ_SCALAPACK_LIBRARY} ${RITZ_MKL_BLACS} ${RITZ_LAPACKE_LIBRARY} ${RITZ_CBLAS_LIBRARY}
          ${HDF5_C_LIBRARIES} ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES} ${MPI_C_LIBRARIES}
          ${OpenMP_C_LIBRARIES} m)
list(FILTER found EXCLUDE REGEX "NOTFOUND$")
list(REMOVE_DUPLICATES found)
set(pc_found "")
foreach(library ${found})
  if(library MATCHES "^[/-]")
    string(APPEND pc_found " ${library}")
  else()
    string(APPEND pc_found " -l${library}")
  endif()
endforeach()
set(pc_include "")
foreach(folder ${MPI_C_INCLUDE_DIRS})
  string(APPEND pc_include " -I${folder}")
endforeach()
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/src/build/ritz.pc.in ${CMAKE_BINARY_DIR}/ritz.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/ritz.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
