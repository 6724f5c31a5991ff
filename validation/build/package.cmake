# Installed into a fresh prefix, the library serves a small program through find_package and through pkg-config.
ritz_add_test(build/install LABELS build
  COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DPREFIX=${CMAKE_CURRENT_BINARY_DIR}/prefix
          -P ${CMAKE_CURRENT_SOURCE_DIR}/build/install.cmake)
set_tests_properties(build/install PROPERTIES FIXTURES_SETUP installed)
foreach(way find_package pkg_config)
  ritz_add_test(build/consumer_${way} LABELS build
    COMMAND ${CMAKE_COMMAND} -DWAY=${way} -DPREFIX=${CMAKE_CURRENT_BINARY_DIR}/prefix
            -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/build/consumer -DBINARY=${CMAKE_CURRENT_BINARY_DIR}/consumer_${way}
            -DCOMPILER=${CMAKE_C_COMPILER} "-DFLAGS=${CMAKE_C_FLAGS} $<$<CONFIG:Debug>:${CMAKE_C_FLAGS_DEBUG}>"
            -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DGENERATOR=${CMAKE_GENERATOR} -P ${CMAKE_CURRENT_SOURCE_DIR}/build/consumer.cmake)
  set_tests_properties(build/consumer_${way} PROPERTIES FIXTURES_REQUIRED installed)
endforeach()
