# ritz_module(NAME ABOUT text USES module... [EXTERNAL target...] [PRIVATE_EXTERNAL target...])
# One static library ritz_NAME from src/NAME/*.c. Its headers are staged under a root of their own, and only the roots of
# the modules in USES are put on its include path. EXTERNAL targets are visible to users of the module, PRIVATE_EXTERNAL
# ones are not. Installed as ritz::NAME; ritz_all (ritz::ritz) is all of them.
include(GNUInstallDirs)
set(RITZ_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes)
set(RITZ_STAGE ${CMAKE_BINARY_DIR}/stage)

function(ritz_compile_options target)
  target_compile_options(${target} PRIVATE ${RITZ_WARNINGS} $<$<BOOL:${RITZ_WERROR}>:-Werror>)
  target_compile_definitions(${target} PRIVATE $<$<BOOL:${RITZ_HOSTILE}>:RITZ_HOSTILE>)
endfunction()

# A program of ours, not a library of its users, carries the hostile preset's helpers.
function(ritz_program_options target)
  ritz_compile_options(${target})
  if(RITZ_HOSTILE)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src/build/hostile.c)
    target_link_options(${target} PRIVATE -rdynamic)
  endif()
endfunction()

# Sources under src/NAME/isa/ are compiled once per instruction set (ritz/core/isa.h), with the features that
# src/core/isa.c asks the processor for. Products and sums may be fused, which strict C forbids, and
# both sides of a choice computed: nobody asks for floating-point exceptions.
set(RITZ_ISA portable)
set(RITZ_ISA_FLAGS_portable "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND RITZ_ISA avx2 avx512)
  set(RITZ_ISA_FLAGS_avx2 -mavx2 -mfma -mbmi2)
  set(RITZ_ISA_FLAGS_avx512 ${RITZ_ISA_FLAGS_avx2} -mavx512f -mavx512dq -mavx512bw -mavx512vl
      -mprefer-vector-width=512)
endif()

function(ritz_isa_sources name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/isa/*.c)
  if(NOT sources)
    return()
  endif()
  foreach(isa ${RITZ_ISA})
    add_library(ritz_${name}_${isa} OBJECT ${sources})
    ritz_compile_options(ritz_${name}_${isa})
    target_compile_options(ritz_${name}_${isa} PRIVATE ${RITZ_ISA_FLAGS_${isa}} -ffp-contract=fast
                           -fno-trapping-math)
    target_compile_definitions(ritz_${name}_${isa} PRIVATE RZ_ISA=${isa})
    target_include_directories(ritz_${name}_${isa} PRIVATE
      $<TARGET_PROPERTY:ritz_${name},INCLUDE_DIRECTORIES>)
    target_sources(ritz_${name} PRIVATE $<TARGET_OBJECTS:ritz_${name}_${isa}>)
  endforeach()
endfunction()

function(ritz_module name)
  cmake_parse_arguments(M "" "ABOUT" "USES;EXTERNAL;PRIVATE_EXTERNAL" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c)
  file(MAKE_DIRECTORY ${RITZ_STAGE}/${name}/ritz)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/ritz/${name} ${RITZ_STAGE}/${name}/ritz/${name} SYMBOLIC)
  if(NOT sources)
    message(FATAL_ERROR "Module ${name} has no source in src/${name}")
  endif()
  add_library(ritz_${name} STATIC ${sources})
  ritz_compile_options(ritz_${name})
  target_compile_features(ritz_${name} PUBLIC c_std_11)
  target_include_directories(ritz_${name} PUBLIC $<BUILD_INTERFACE:${RITZ_STAGE}/${name}>
                                                 $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(ritz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/${name})
  foreach(used ${M_USES})
    target_link_libraries(ritz_${name} PRIVATE ritz_${used})
  endforeach()
  target_link_libraries(ritz_${name} PUBLIC ${M_EXTERNAL} PRIVATE ${M_PRIVATE_EXTERNAL})
  ritz_isa_sources(${name})
  set_target_properties(ritz_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ritz_${name} EXPORT ritz)
  set_property(GLOBAL APPEND PROPERTY RITZ_MODULES ${name})
  set_property(GLOBAL PROPERTY RITZ_USES_${name} ${M_USES})
  set_property(GLOBAL PROPERTY RITZ_ABOUT_${name} "${M_ABOUT}")
  set_property(GLOBAL PROPERTY RITZ_EXTERNAL_${name} ${M_EXTERNAL} ${M_PRIVATE_EXTERNAL})
endfunction()

# ritz_embed(TARGET FILE): FILE as a string constant NAME in a header name.h of the target, NAME being the file's name.
function(ritz_embed target file)
  get_filename_component(name ${file} NAME_WE)
  string(TOUPPER ${name} constant)
  file(READ ${PROJECT_SOURCE_DIR}/${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n  \"" text "${text}")
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/app/${name}.h @ONLY CONTENT
       "static const char ${constant}[] =\n  \"@text@\";\n")
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated/app)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
endfunction()

# ritz_program(NAME USES module...): the program, from src/app/*.c.
function(ritz_program name)
  cmake_parse_arguments(M "" "ABOUT" "USES" ${ARGN})
  set_property(GLOBAL PROPERTY RITZ_USES_app ${M_USES})
  set_property(GLOBAL PROPERTY RITZ_ABOUT_app "${M_ABOUT}")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/app/*.c)
  add_executable(${name} ${sources})
  ritz_program_options(${name})
  foreach(used ${M_USES})
    target_link_libraries(${name} PRIVATE ritz_${used})
  endforeach()
  install(TARGETS ${name})
endfunction()
