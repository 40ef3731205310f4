#ifndef PENUMBRA_PICTURE_READERS_H
#define PENUMBRA_PICTURE_READERS_H

#include <stddef.h>
#include <stdint.h>

// libpng and libjpeg report errors by longjmp, which Swift cannot catch, and libtiff takes variable arguments: the
// calls of these three are made here.

enum {
  READER_OK,
  // The file contradicts itself, or pixels are missing.
  READER_DAMAGED,
  READER_TOO_LARGE,
  READER_NO_MEMORY,
  READER_NO_ALPHA,
  // A file that is whole, of a kind that its library does not read.
  READER_OTHER_KIND,
};

typedef struct {
  uint32_t width, height;
  int status;
  // What the library said.
  char message[160];
} reader_picture;

// Where the rows go.
typedef struct {
  // Neither side may be longer than max_side, nor may there be more than max_pixels pixels.
  uint32_t max_side;
  size_t max_pixels;
  void *context;
  // Memory for a band of rows of packed pixels, asked for once the size is known and never when that is refused.
  // The orientation is Exif's, or 0 where the file is not asked for it.
  uint8_t *(*begin)(void *context, uint32_t width, uint32_t height, uint32_t rows, int orientation);
  // So many rows are in the band, the first of them row y as stored. Every row comes once.
  void (*take)(void *context, uint32_t y, uint32_t rows);
} reader_sink;

// Decodes a PNG of any kind to 8-bit RGB as stored: no gamma, no colour management, alpha dropped; with keeps_alpha
// opacity is a fourth byte, as stored, and a picture without any is refused.
reader_picture png_reader_decode(const uint8_t *bytes, size_t count, int keeps_alpha, const reader_sink *sink);

// Decodes a JPEG to 8-bit RGB; four inks become colours by OpenCV's rule, without a profile.
reader_picture jpeg_reader_decode(const uint8_t *bytes, size_t count, const reader_sink *sink);

// Decodes the first page of a TIFF to 8-bit RGB, as libtiff shows it.
reader_picture tiff_reader_decode(const uint8_t *bytes, size_t count, const reader_sink *sink);

typedef struct {
  // count bytes from malloc, or NULL; the caller frees them.
  uint8_t *bytes;
  size_t count;
  int status;
  char message[96];
} encoded_picture;

// Encodes 8-bit RGB, or RGBA with four channels; the same pixels always give the same bytes. The density is left out
// where it is 0.
encoded_picture png_reader_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                  uint32_t pixels_per_metre);

// Encodes 8-bit RGB as a baseline JPEG of a quality of 1 to 100; the same pixels always give the same bytes.
encoded_picture jpeg_writer_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int quality);

#endif
