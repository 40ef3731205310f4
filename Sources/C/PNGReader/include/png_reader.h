#ifndef PENUMBRA_PNG_READER_H
#define PENUMBRA_PNG_READER_H

#include <stddef.h>
#include <stdint.h>

// libpng reports errors by longjmp, which Swift cannot catch: the calls that may fail are made here.

enum { PNG_READER_OK = 0, PNG_READER_DAMAGED = 1, PNG_READER_TOO_LARGE = 2, PNG_READER_NO_MEMORY = 3, PNG_READER_NO_ALPHA = 4 };

typedef struct {
  uint32_t width, height;
  // width * height * 3 bytes from malloc (4 with alpha), or NULL; the caller frees them.
  uint8_t *pixels;
  int status;
  // What libpng said.
  char message[96];
} png_reader_picture;

// Decodes a PNG of any kind to 8-bit RGB as stored: no gamma, no colour management, alpha dropped.
// Neither side may be longer than max_side, nor may there be more than max_pixels pixels.
png_reader_picture png_reader_decode(const uint8_t *bytes, size_t count, uint32_t max_side, size_t max_pixels);

// The same with opacity as a fourth byte, as stored; a picture without any is refused.
png_reader_picture png_reader_decode_alpha(const uint8_t *bytes, size_t count, uint32_t max_side,
                                           size_t max_pixels);

typedef struct {
  // count bytes from malloc, or NULL; the caller frees them.
  uint8_t *bytes;
  size_t count;
  int status;
  char message[96];
} png_reader_file;

// Encodes 8-bit RGB; the same pixels always give the same bytes.
png_reader_file png_reader_encode(const uint8_t *pixels, uint32_t width, uint32_t height);

#endif
