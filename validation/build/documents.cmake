# Generated documents are what the build and the program say now (`ninja docs` writes them anew).
ritz_add_test(build/map_is_current LABELS build
  COMMAND ${CMAKE_COMMAND} -E compare_files ${PROJECT_BINARY_DIR}/docs/map.md ${PROJECT_SOURCE_DIR}/docs/map.md)
ritz_add_test(build/options_are_current LABELS build
  COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:ritz> -DOUT=${PROJECT_BINARY_DIR}/docs/options.md
          -DEXPECTED=${PROJECT_SOURCE_DIR}/docs/options.md -P ${CMAKE_CURRENT_SOURCE_DIR}/build/options.cmake)
