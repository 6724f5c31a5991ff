# A module sees the headers of its row and no others: for each module one file that asks for a header of every other
# module is preprocessed with the module's own include path, and a forbidden header that is found, or a permitted one
# that is not, is an error. And the same as a person would meet it: one forbidden include that must not compile, one
# permitted that must.
get_property(modules GLOBAL PROPERTY RITZ_MODULES)
set(folder ${CMAKE_CURRENT_BINARY_DIR}/rows)

function(ritz_compile_test name module source)
  ritz_add_test(${name} LABELS build
    COMMAND ${CMAKE_C_COMPILER} -std=c17 -D_POSIX_C_SOURCE=200809L -fsyntax-only
            "-I$<JOIN:$<TARGET_PROPERTY:ritz_${module},INCLUDE_DIRECTORIES>,$<SEMICOLON>-I>" ${source})
endfunction()

foreach(module ${modules})
  get_property(uses GLOBAL PROPERTY RITZ_USES_${module})
  set(text "")
  foreach(other ${modules})
    file(GLOB headers ${PROJECT_SOURCE_DIR}/include/ritz/${other}/*.h)
    if(headers)
      list(GET headers 0 header)
      get_filename_component(header ${header} NAME)
      if(other STREQUAL module OR other IN_LIST uses)
        string(APPEND text "#if !__has_include(\"ritz/${other}/${header}\")\n#error ${module} does not see ${other}\n#endif\n")
      else()
        string(APPEND text "#if __has_include(\"ritz/${other}/${header}\")\n#error ${module} sees ${other}\n#endif\n")
      endif()
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/${module}.c CONTENT "${text}int rows;\n" @ONLY)
  ritz_compile_test(build/row_of_${module} ${module} ${folder}/${module}.c)
endforeach()

file(CONFIGURE OUTPUT ${folder}/forbidden.c CONTENT "#include \"ritz/sample/sampler.h\"\nint forbidden;\n" @ONLY)
ritz_compile_test(build/forbidden_include model ${folder}/forbidden.c)
set_tests_properties(build/forbidden_include PROPERTIES
  PASS_REGULAR_EXPRESSION "ritz/sample/sampler.h: No such file|'ritz/sample/sampler.h' file not found")
ritz_compile_test(build/permitted_include estimate ${folder}/forbidden.c)
