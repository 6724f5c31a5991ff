#include "checkpoint_head.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SUM = 16 }; /* hex digits of the line's own checksum */

rz_err rz_sha256(const void *bytes, size_t n, char text[RZ_SHA256_TEXT]) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const bool done = EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) == 1 && 2 * length + 1 == RZ_SHA256_TEXT;
  RZ_CHECK(done, RZ_ERR_ENV, "libcrypto gives no SHA-256");
  for (unsigned i = 0; i < length; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
  return RZ_OK;
}

rz_err rz_checkpoint_head_print(const rz_checkpoint_head *head, char block[RZ_HEAD_SIZE]) {
  char sum[RZ_SHA256_TEXT];
  memset(block, 0, RZ_HEAD_SIZE);
  const int n =
      snprintf(block, RZ_HEAD_SIZE, RZ_CHECKPOINT_MAGIC "%d size=%" PRId64 " sha256=%s step=%" PRId64 " run=%s",
               RZ_HEAD_VERSION, head->size, head->sha256, head->step, head->run_id);
  RZ_TRY(rz_sha256(block, (size_t)n, sum));
  snprintf(block + n, RZ_HEAD_SIZE - (size_t)n, " head=%.*s\n", LINE_SUM, sum);
  return RZ_OK;
}

/* Move past `key` and copy the word after it. False if another key stands there or the word has no room. */
static bool take_word(const char **at, const char *key, char *word, size_t size) {
  const size_t n = strlen(key);
  if (strncmp(*at, key, n) != 0) return false;
  *at += n;
  const size_t length = strcspn(*at, " \n");
  if (length >= size) return false;
  memcpy(word, *at, length);
  word[length] = '\0';
  *at += length;
  return true;
}

static bool take_words(const char *at, rz_checkpoint_head *head) {
  char size[32], step[32];
  const bool whole =
      take_word(&at, " size=", size, sizeof size) && take_word(&at, " sha256=", head->sha256, sizeof head->sha256) &&
      take_word(&at, " step=", step, sizeof step) && take_word(&at, " run=", head->run_id, sizeof head->run_id);
  if (!whole) return false;
  head->size = strtoll(size, NULL, 10);
  head->step = strtoll(step, NULL, 10);
  return true;
}

/* What was read is right if printing it gives the same block, every byte of it. */
rz_err rz_checkpoint_head_parse(const char *path, const char block[RZ_HEAD_SIZE], rz_checkpoint_head *head) {
  char line[RZ_HEAD_SIZE + 1] = "", again[RZ_HEAD_SIZE], *at = NULL;
  memcpy(line, block, RZ_HEAD_SIZE);
  const size_t magic = strlen(RZ_CHECKPOINT_MAGIC);
  RZ_CHECK(strncmp(line, RZ_CHECKPOINT_MAGIC, magic) == 0, RZ_ERR_INPUT, "'%s' is not a checkpoint of ritz", path);
  const long long version = strtoll(line + magic, &at, 10);
  RZ_CHECK(version <= RZ_HEAD_VERSION, RZ_ERR_INPUT,
           "'%s' is a checkpoint of format %lld, made by a newer ritz; this program reads %d", path, version,
           RZ_HEAD_VERSION);
  bool same = take_words(at, head);
  if (same) {
    RZ_TRY(rz_checkpoint_head_print(head, again));
    same = memcmp(again, block, RZ_HEAD_SIZE) == 0;
  }
  RZ_CHECK(same, RZ_ERR_IO, "'%s' is damaged: its first %d bytes do not agree with their checksum", path, RZ_HEAD_SIZE);
  return RZ_OK;
}
