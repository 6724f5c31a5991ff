/* The user block of a checkpoint: one line that says what the rest of the file must be. Local. */
#ifndef RITZ_STORE_CHECKPOINT_HEAD_H
#define RITZ_STORE_CHECKPOINT_HEAD_H

#include "ritz/core/error.h"
#include <stddef.h>
#include <stdint.h>

#define RZ_CHECKPOINT_FORMAT "ritz-checkpoint"
#define RZ_CHECKPOINT_FORMAT_VERSION "1.0"
#define RZ_CHECKPOINT_MAGIC "RITZCKPT "

enum { RZ_HEAD_SIZE = 512, RZ_HEAD_VERSION = 1, RZ_SHA256_TEXT = 65, RZ_HEAD_RUN = 64 };

typedef struct rz_checkpoint_head {
  int64_t size; /* of the file, this block included */
  int64_t step;
  char sha256[RZ_SHA256_TEXT]; /* of the bytes after this block, in hex */
  char run_id[RZ_HEAD_RUN];
} rz_checkpoint_head;

/* SHA-256 of n bytes in hex. RZ_ERR_ENV if libcrypto refuses. */
rz_err rz_sha256(const void *bytes, size_t n, char text[RZ_SHA256_TEXT]);
/* The block of a head; its last word is a checksum of the line, and zeros fill the rest. */
rz_err rz_checkpoint_head_print(const rz_checkpoint_head *head, char block[RZ_HEAD_SIZE]);
/* The head of a block. RZ_ERR_INPUT: not a checkpoint, or of a newer format; RZ_ERR_IO: a byte of it is wrong. */
rz_err rz_checkpoint_head_parse(const char *path, const char block[RZ_HEAD_SIZE], rz_checkpoint_head *head);

#endif
