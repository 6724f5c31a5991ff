# cmake -DPROGRAM=ritz -DOUT=FILE -P write_options.cmake: the option reference, from the program's own tables.
execute_process(COMMAND ${PROGRAM} help --markdown OUTPUT_FILE ${OUT} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${PROGRAM} help --markdown: ${failed}")
endif()
