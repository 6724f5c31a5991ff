/* Linked into programs and tests of the hostile preset only. Open MPI unloads its plug-ins, which leaves the leak
 * checker with frames of unknown modules that no suppression can name; so they stay loaded, stacks are unwound in full,
 * and what the MPI stack itself keeps until exit is listed. Our own leaks are still reported. */
int dlclose(void *handle);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

int dlclose(void *handle) {
  (void)handle;
  return 0;
}

const char *__asan_default_options(void) { return "fast_unwind_on_malloc=0:detect_stack_use_after_return=0"; }

const char *__lsan_default_suppressions(void) {
  return "leak:libmpi\nleak:libopen-pal\nleak:libopen-rte\nleak:libpmix\nleak:mca_\nleak:libhwloc\nleak:libucp\n"
         "leak:libucs\nleak:libuct\nleak:libfabric\nleak:libibverbs\nleak:librdmacm\nleak:libevent\nleak:libpsm\n"
         "leak:libnl-3\n";
}
