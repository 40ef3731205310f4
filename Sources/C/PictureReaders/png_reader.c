#include "picture_readers.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// Everything that must outlive a longjmp lives in one of these, in the frame of a caller.
typedef struct {
  jmp_buf out;
  const uint8_t *bytes;
  size_t count, at;
  // Whether the bytes ran out, and whether every row had come by then.
  int has_ended, has_all_rows;
  reader_picture picture;
} reading;

typedef struct {
  jmp_buf out;
  size_t capacity;
  encoded_picture file;
} writing;

static void keep_message(char *kept, size_t size, const char *message) {
  strncpy(kept, message ? message : "", size - 1);
  kept[size - 1] = 0;
}

static void reading_failed(png_structp png, png_const_charp message) {
  reading *r = png_get_error_ptr(png);
  keep_message(r->picture.message, sizeof r->picture.message, message);
  // A file whose last bytes are lost is read where all its pixels are there.
  if (r->picture.status == READER_OK && !(r->has_all_rows && r->has_ended)) r->picture.status = READER_DAMAGED;
  longjmp(r->out, 1);
}

static void writing_failed(png_structp png, png_const_charp message) {
  writing *w = png_get_error_ptr(png);
  keep_message(w->file.message, sizeof w->file.message, message);
  w->file.status = READER_NO_MEMORY;
  longjmp(w->out, 1);
}

static void warned(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take_bytes(png_structp png, png_bytep target, size_t count) {
  reading *r = png_get_io_ptr(png);
  if (count > r->count - r->at) {
    r->has_ended = 1;
    png_error(png, "the file ends early");
  }
  memcpy(target, r->bytes + r->at, count);
  r->at += count;
}

static void give_bytes(png_structp png, png_bytep source, size_t count) {
  writing *w = png_get_io_ptr(png);
  if (w->file.count + count > w->capacity) {
    size_t capacity = 2 * w->capacity + count + 4096;
    uint8_t *grown = realloc(w->file.bytes, capacity);
    if (!grown) png_error(png, "out of memory");
    w->file.bytes = grown;
    w->capacity = capacity;
  }
  memcpy(w->file.bytes + w->file.count, source, count);
  w->file.count += count;
}

static void flushed(png_structp png) { (void)png; }

// Rows that are handed on together.
enum { BAND = 32 };

static void decode(reading *r, png_structp png, png_infop info, int keeps_alpha, const reader_sink *sink) {
  if (setjmp(r->out)) return;
  png_set_read_fn(png, r, take_bytes);
  // The check below has a clearer sentence than libpng's own, so its limit is set out of the way.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Texts, profiles and palettes to suggest are not used, and some bytes of them inflate to seconds of work.
  static const png_byte unused[] = "tEXt\0zTXt\0iTXt\0iCCP\0sPLt\0hIST";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, unused, 6);
  png_read_info(png, info);
  uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  r->picture.width = width;
  r->picture.height = height;
  if (width > sink->max_side || height > sink->max_side || (size_t)width * height > sink->max_pixels) {
    r->picture.status = READER_TOO_LARGE;
    return;
  }

  int has_alpha =
      (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
  if (keeps_alpha && !has_alpha) {
    r->picture.status = READER_NO_ALPHA;
    return;
  }

  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (!(png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR)) {
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
  }
  png_set_strip_16(png);
  if (!keeps_alpha)
    png_set_strip_alpha(png);
  else if (png_get_valid(png, info, PNG_INFO_tRNS))
    png_set_tRNS_to_alpha(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row = (size_t)width * (keeps_alpha ? 4 : 3);
  if (png_get_rowbytes(png, info) != row) png_error(png, "unexpected pixel format");

  // Of an interlaced picture every pass fills in more of every row.
  uint32_t rows = passes > 1 || height < BAND ? height : BAND;
  uint8_t *band = sink->begin(sink->context, width, height, rows, 0);
  for (int pass = 0; pass < passes - 1; pass++)
    for (uint32_t y = 0; y < height; y++) png_read_row(png, band + y * row, NULL);
  for (uint32_t y = 0; y < height; y += rows) {
    uint32_t count = height - y < rows ? height - y : rows;
    for (uint32_t i = 0; i < count; i++) png_read_row(png, band + i * row, NULL);
    sink->take(sink->context, y, count);
  }
  r->has_all_rows = 1;
  png_read_end(png, NULL);
}

reader_picture png_reader_decode(const uint8_t *bytes, size_t count, int keeps_alpha, const reader_sink *sink) {
  reading r = {.bytes = bytes, .count = count};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, reading_failed, warned);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (info)
    decode(&r, png, info, keeps_alpha, sink);
  else
    r.picture.status = READER_NO_MEMORY;
  png_destroy_read_struct(&png, &info, NULL);
  return r.picture;
}

static void encode(writing *w, png_structp png, png_infop info, const uint8_t *pixels, uint32_t width,
                   uint32_t height, int channels, uint32_t pixels_per_metre) {
  if (setjmp(w->out)) return;
  png_set_write_fn(png, w, give_bytes, flushed);
  png_set_compression_level(png, 6);
  int colours = channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB;
  png_set_IHDR(png, info, width, height, 8, colours, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (pixels_per_metre) png_set_pHYs(png, info, pixels_per_metre, pixels_per_metre, PNG_RESOLUTION_METER);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + (size_t)y * width * channels);
  png_write_end(png, info);
}

encoded_picture png_reader_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                  uint32_t pixels_per_metre) {
  writing w = {.capacity = 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, writing_failed, warned);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (info)
    encode(&w, png, info, pixels, width, height, channels, pixels_per_metre);
  else
    w.file.status = READER_NO_MEMORY;
  png_destroy_write_struct(&png, &info);
  if (w.file.status != READER_OK) {
    free(w.file.bytes);
    w.file.bytes = NULL;
  }
  return w.file;
}
