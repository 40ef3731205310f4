#ifndef PENUMBRA_PNG_READER_H
#define PENUMBRA_PNG_READER_H

#include <stddef.h>
#include <stdint.h>

// libpng reports errors by longjmp, which Swift cannot catch: the calls that may fail are made here.

enum { PNG_READER_OK = 0, PNG_READER_DAMAGED = 1, PNG_READER_TOO_LARGE = 2, PNG_READER_NO_MEMORY = 3, PNG_READER_NO_ALPHA = 4 };

typedef struct {
  uint32_t width, height;
  int status;
  // What libpng said.
  char message[96];
} png_reader_picture;

// Where the pixels go: memory of so many bytes, asked for once the size is known and never when that is refused.
typedef uint8_t *(*png_reader_allocate)(void *context, size_t count);

// Decodes a PNG of any kind to 8-bit RGB as stored: no gamma, no colour management, alpha dropped; with keeps_alpha
// opacity is a fourth byte, as stored, and a picture without any is refused.
// Neither side may be longer than max_side, nor may there be more than max_pixels pixels.
png_reader_picture png_reader_decode(const uint8_t *bytes, size_t count, uint32_t max_side, size_t max_pixels,
                                     int keeps_alpha, png_reader_allocate allocate, void *context);

typedef struct {
  // count bytes from malloc, or NULL; the caller frees them.
  uint8_t *bytes;
  size_t count;
  int status;
  char message[96];
} png_reader_file;

// Encodes 8-bit RGB, or RGBA with four channels; the same pixels always give the same bytes. The density is left out
// where it is 0.
png_reader_file png_reader_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                  uint32_t pixels_per_metre);

#endif
