# Writes ritz/core/version.h, at configure time and before each build; touched only when its content changes, so that
# nothing is compiled again without reason. As a script: cmake -DSOURCE= -DOUT= -DVERSION= -DCOMPILER= -DFLAGS= -P this.
cmake_policy(VERSION 3.25)
set(RITZ_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(ritz_write_version source out version compiler flags)
  set(commit unknown)
  find_program(GIT_EXECUTABLE git)
  if(GIT_EXECUTABLE AND EXISTS ${source}/.git)
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12 --exclude=*
                    WORKING_DIRECTORY ${source} OUTPUT_VARIABLE described RESULT_VARIABLE failed
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed)
      set(commit ${described})
    endif()
  endif()
  string(REPLACE "\"" "\\\"" flags "${flags}")
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"/* Made by the build. */
#ifndef RITZ_CORE_VERSION_H
#define RITZ_CORE_VERSION_H

#define RITZ_VERSION \"@version@\"
#define RITZ_COMMIT \"@commit@\" /* git describe; \"unknown\" outside a repository */
#define RITZ_COMPILER \"@compiler@\"
#define RITZ_COMPILER_FLAGS \"@flags@\"

#endif
")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL RITZ_VERSION_SCRIPT)
  ritz_write_version(${SOURCE} ${OUT} ${VERSION} "${COMPILER}" "${FLAGS}")
  return()
endif()

# ritz_version_header(TARGET): make the header before TARGET is compiled and put it on its include path.
function(ritz_version_header target)
  set(root ${CMAKE_BINARY_DIR}/generated)
  set(header ${root}/ritz/core/version.h)
  set(compiler "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  string(STRIP "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}" flags)
  file(MAKE_DIRECTORY ${root}/ritz/core)
  ritz_write_version(${PROJECT_SOURCE_DIR} ${header} ${PROJECT_VERSION} "${compiler}" "${flags}")
  add_custom_target(ritz_version BYPRODUCTS ${header} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${header} -DVERSION=${PROJECT_VERSION}
            "-DCOMPILER=${compiler}" "-DFLAGS=${flags}" -P ${RITZ_VERSION_SCRIPT})
  add_dependencies(${target} ritz_version)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${root}>)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ritz/core)
endfunction()
