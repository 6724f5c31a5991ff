#include "seal.h"

#include "ritz/core/memory.h"
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const rz_seal_kind rz_seal_checkpoint = {"RITZCKPT ", "checkpoint"}, rz_seal_results = {"RITZDATA ", "results file"};

enum { LINE_SUM = 16 }; /* hex digits of the line's own checksum */

static rz_err sha256(const void *bytes, size_t n, char text[RZ_SHA256_TEXT]) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const bool done = EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) == 1 && 2 * length + 1 == RZ_SHA256_TEXT;
  RZ_CHECK(done, RZ_ERR_ENV, "libcrypto gives no SHA-256");
  for (unsigned i = 0; i < length; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
  return RZ_OK;
}

static rz_err print(const rz_seal_kind *kind, const rz_seal *head, char block[RZ_SEAL_SIZE]) {
  char sum[RZ_SHA256_TEXT];
  memset(block, 0, RZ_SEAL_SIZE);
  const int n = snprintf(block, RZ_SEAL_SIZE, "%s%d size=%" PRId64 " sha256=%s step=%" PRId64 " run=%s", kind->magic,
                         RZ_SEAL_VERSION, head->size, head->sha256, head->step, head->run_id);
  RZ_TRY(sha256(block, (size_t)n, sum));
  snprintf(block + n, RZ_SEAL_SIZE - (size_t)n, " head=%.*s\n", LINE_SUM, sum);
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

static bool take_words(const char *at, rz_seal *head) {
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
static rz_err parse(const rz_seal_kind *kind, const char *path, const char block[RZ_SEAL_SIZE], rz_seal *head) {
  char line[RZ_SEAL_SIZE + 1] = "", again[RZ_SEAL_SIZE], *at = NULL;
  memcpy(line, block, RZ_SEAL_SIZE);
  const size_t magic = strlen(kind->magic);
  RZ_CHECK(strncmp(line, kind->magic, magic) == 0, RZ_ERR_INPUT, "'%s' is not a %s of ritz", path, kind->text);
  const long long version = strtoll(line + magic, &at, 10);
  RZ_CHECK(version <= RZ_SEAL_VERSION, RZ_ERR_INPUT,
           "'%s' is a %s of format %lld, made by a newer ritz; this program reads %d", path, kind->text, version,
           RZ_SEAL_VERSION);
  bool same = take_words(at, head);
  if (same) {
    RZ_TRY(print(kind, head, again));
    same = memcmp(again, block, RZ_SEAL_SIZE) == 0;
  }
  RZ_CHECK(same, RZ_ERR_IO, "'%s' is damaged: its first %d bytes do not agree with their checksum", path, RZ_SEAL_SIZE);
  return RZ_OK;
}

rz_err rz_seal_close(const rz_seal_kind *kind, int64_t step, const char *run_id, char *bytes, size_t n) {
  rz_seal seal = {.size = (int64_t)n, .step = step};
  snprintf(seal.run_id, sizeof seal.run_id, "%s", run_id);
  RZ_TRY(sha256(bytes + RZ_SEAL_SIZE, n - RZ_SEAL_SIZE, seal.sha256));
  return print(kind, &seal, bytes);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static rz_err read_file(const rz_seal_kind *kind, const char *path, FILE *file, char **bytes, rz_seal *head) {
  char block[RZ_SEAL_SIZE], sum[RZ_SHA256_TEXT];
  struct stat info;
  RZ_CHECK(fstat(fileno(file), &info) == 0, RZ_ERR_INPUT, "cannot read '%s': %s", path, strerror(errno));
  RZ_CHECK(info.st_size > 0, RZ_ERR_IO, "'%s' is empty", path);
  const size_t got = fread(block, 1, sizeof block, file);
  RZ_CHECK(!ferror(file), RZ_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
  memset(block + got, 0, sizeof block - got);
  RZ_TRY(parse(kind, path, block, head));
  RZ_CHECK(info.st_size == head->size && head->size > RZ_SEAL_SIZE, RZ_ERR_IO,
           "'%s' is damaged: it has %lld bytes, and had %lld when it was written", path, (long long)info.st_size,
           (long long)head->size);
  const size_t rest = (size_t)head->size - RZ_SEAL_SIZE;
  RZ_TRY(RZ_NEW(head->size, bytes));
  memcpy(*bytes, block, RZ_SEAL_SIZE);
  RZ_CHECK(fread(*bytes + RZ_SEAL_SIZE, 1, rest, file) == rest, RZ_ERR_IO, "cannot read '%s': %s", path,
           ferror(file) ? strerror(errno) : "it became shorter meanwhile");
  RZ_TRY(sha256(*bytes + RZ_SEAL_SIZE, rest, sum));
  RZ_CHECK(strcmp(sum, head->sha256) == 0, RZ_ERR_IO, "'%s' is damaged: its content does not agree with its SHA-256",
           path);
  return RZ_OK;
}

/* A pipe would let the opening wait for ever, a directory cannot be read: both are asked for before. */
static rz_err open_plain(const char *path, FILE **file) {
  struct stat info;
  RZ_CHECK(stat(path, &info) == 0, RZ_ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
  RZ_CHECK(S_ISREG(info.st_mode), RZ_ERR_INPUT, "'%s' is not a file", path);
  *file = fopen(path, "rb");
  RZ_CHECK(*file, RZ_ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
  return RZ_OK;
}

rz_err rz_seal_open(const rz_seal_kind *kind, const char *path, char **bytes, rz_seal *head) {
  FILE *file = NULL;
  *bytes = NULL;
  RZ_TRY(open_plain(path, &file));
  const rz_err rc = read_file(kind, path, file, bytes, head);
  fclose(file);
  if (rc != RZ_OK) rz_free(bytes);
  return rc;
}

bool rz_seal_recognise(const rz_seal_kind *kind, const char *path) {
  char magic[32] = "";
  const size_t n = strlen(kind->magic);
  FILE *file = NULL;
  if (open_plain(path, &file) != RZ_OK) {
    rz_error_clear();
    return false;
  }
  const size_t got = fread(magic, 1, n, file);
  fclose(file);
  return got == n && strcmp(magic, kind->magic) == 0;
}
