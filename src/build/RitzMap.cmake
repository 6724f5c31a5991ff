# docs/map.md from the lines of CMakeLists.txt: written into the build tree at configure time; the target `docs` copies
# it into the source tree, and a test compares both.
get_property(modules GLOBAL PROPERTY RITZ_MODULES)

set(map "# Map of the modules\n\nMade from `CMakeLists.txt` by the build (`ninja docs` writes it anew).\n\n")
string(APPEND map "A module is one library, `ritz_NAME`: public headers in `include/ritz/NAME/`, sources in `src/NAME/`. "
                  "It may include the headers of the modules it uses and no others: their folders alone are on its "
                  "include path.\n\n| module | holds | uses | libraries |\n|---|---|---|---|\n")
foreach(module ${modules} app)
  foreach(what USES EXTERNAL)
    get_property(${what} GLOBAL PROPERTY RITZ_${what}_${module})
    list(REMOVE_ITEM ${what} m)
    list(JOIN ${what} ", " ${what})
  endforeach()
  string(REPLACE "ritz_" "" EXTERNAL "${EXTERNAL}")
  get_property(about GLOBAL PROPERTY RITZ_ABOUT_${module})
  string(APPEND map "| ${module} | ${about} | ${USES} | ${EXTERNAL} |\n")
endforeach()

string(APPEND map "\n## Who is used by whom\n\n| module | used by |\n|---|---|\n")
foreach(module ${modules})
  set(users "")
  foreach(user ${modules} app)
    get_property(uses GLOBAL PROPERTY RITZ_USES_${user})
    if(module IN_LIST uses)
      list(APPEND users ${user})
    endif()
  endforeach()
  list(JOIN users ", " users)
  string(APPEND map "| ${module} | ${users} |\n")
endforeach()

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/docs/map.md CONTENT "${map}" @ONLY)
add_custom_target(docs
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_BINARY_DIR}/docs/map.md ${PROJECT_SOURCE_DIR}/docs/map.md
  COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:ritz> -DOUT=${PROJECT_SOURCE_DIR}/docs/options.md
          -P ${PROJECT_SOURCE_DIR}/src/build/write_options.cmake
  VERBATIM)
add_dependencies(docs ritz)
