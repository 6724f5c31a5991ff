/* Error codes, messages and the macros that carry them.
 *
 * A fallible function returns rz_err. The text of the failure lives in one thread-local record, as errno does:
 * RZ_CHECK and RZ_FAIL write it, RZ_TRY adds a traceback line, rz_agree makes all ranks share the lowest failing
 * rank's text. Nothing here prints, exits or aborts. */
#ifndef RITZ_CORE_ERROR_H
#define RITZ_CORE_ERROR_H

#include <stddef.h>

/* name, exit code of the program, text. Exit codes are those of sysexits.h where it has one. */
#define RZ_ERR_LIST(X)                                                                                                 \
  X(RZ_OK, 0, "success")                                                                                               \
  X(RZ_ERR_USAGE, 64, "wrong use of the command line")                                                                 \
  X(RZ_ERR_DECK, 65, "the input deck is not valid")                                                                    \
  X(RZ_ERR_INPUT, 66, "an input file is missing or unreadable")                                                        \
  X(RZ_ERR_ENV, 69, "the environment is not usable")                                                                   \
  X(RZ_ERR_ARG, 70, "an argument is out of its documented range")                                                      \
  X(RZ_ERR_INTERNAL, 70, "internal error")                                                                             \
  X(RZ_ERR_MEMORY, 71, "out of memory")                                                                                \
  X(RZ_ERR_CREATE, 73, "cannot create the output")                                                                     \
  X(RZ_ERR_IO, 74, "input or output failed")                                                                           \
  X(RZ_ERR_STOPPED, 75, "stopped on request; the run can be resumed")                                                  \
  X(RZ_ERR_NUM, 76, "numerical failure")                                                                               \
  X(RZ_ERR_LOCKED, 77, "the directory belongs to another run")

/* Longest message, its final zero included; longer ones are cut. */
enum { RZ_MESSAGE_SIZE = 65536 };

typedef enum rz_err {
#define RZ_ERR_ENUM(name, code, text) name,
  RZ_ERR_LIST(RZ_ERR_ENUM)
#undef RZ_ERR_ENUM
} rz_err;

/* Text of a code; exit code of the program for it. */
const char *rz_err_text(rz_err err);
int rz_err_exit_code(rz_err err);

/* Record a failure (printf format) and return err. */
rz_err rz_error_set(rz_err err, const char *file, int line, const char *func, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Add one traceback line to the record and return err. */
rz_err rz_error_trace(rz_err err, const char *file, int line, const char *func);
/* The message of the last failure ("" if none), and its traceback. Valid until the next failure on this thread. */
const char *rz_error_message(void);
const char *rz_error_traceback(void);
void rz_error_clear(void);
/* Replace the recorded message, e.g. by another rank's. */
void rz_error_adopt(const char *message);

#define RZ_FAIL(err, ...) return rz_error_set((err), __FILE__, __LINE__, __func__, __VA_ARGS__)
#define RZ_CHECK(cond, err, ...)                                                                                       \
  do {                                                                                                                 \
    if (!(cond)) RZ_FAIL((err), __VA_ARGS__);                                                                          \
  } while (0)
#define RZ_TRY(call)                                                                                                   \
  do {                                                                                                                 \
    const rz_err rz_try_ = (call);                                                                                     \
    if (rz_try_ != RZ_OK) return rz_error_trace(rz_try_, __FILE__, __LINE__, __func__);                                \
  } while (0)
/* The same for functions with owned locals: store the code in `rc` and go to done. */
#define RZ_TRY_DONE(rc, call)                                                                                          \
  do {                                                                                                                 \
    (rc) = (call);                                                                                                     \
    if ((rc) != RZ_OK) {                                                                                               \
      (void)rz_error_trace((rc), __FILE__, __LINE__, __func__);                                                        \
      goto done;                                                                                                       \
    }                                                                                                                  \
  } while (0)
#define RZ_CHECK_DONE(rc, cond, err, ...)                                                                              \
  do {                                                                                                                 \
    if (!(cond)) {                                                                                                     \
      (rc) = rz_error_set((err), __FILE__, __LINE__, __func__, __VA_ARGS__);                                           \
      goto done;                                                                                                       \
    }                                                                                                                  \
  } while (0)

#endif
