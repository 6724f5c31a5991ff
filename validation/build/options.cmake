include(${CMAKE_CURRENT_LIST_DIR}/../../src/build/write_options.cmake)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${OUT} ${EXPECTED} COMMAND_ERROR_IS_FATAL ANY)
