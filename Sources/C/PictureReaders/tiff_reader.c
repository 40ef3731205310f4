#include "picture_readers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

// The most that libtiff may ask for at once: a strip can be the whole picture.
enum { MOST_BYTES = 1 << 30 };
// The most pixels that are decoded at a time, four bytes each.
enum { MOST_PIXELS_OF_BAND = 1 << 25, PIXELS_OF_BAND = 1 << 20 };
// Rows that are handed on together.
enum { BAND = 32 };

// A file in memory, and the first thing that libtiff had to say of it.
typedef struct {
  const uint8_t *bytes;
  toff_t count, at;
  // Whether a tag lies past the end.
  int is_short;
  char message[160];
} source;

static tmsize_t take_bytes(thandle_t handle, void *target, tmsize_t count) {
  source *s = handle;
  if (s->at >= s->count || count <= 0) return 0;
  toff_t left = s->count - s->at;
  toff_t taken = (toff_t)count < left ? (toff_t)count : left;
  memcpy(target, s->bytes + s->at, taken);
  s->at += taken;
  return (tmsize_t)taken;
}

static tmsize_t give_bytes(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static toff_t move(thandle_t handle, toff_t offset, int from) {
  source *s = handle;
  s->at = from == SEEK_CUR ? s->at + offset : from == SEEK_END ? s->count + offset : offset;
  return s->at;
}

static int closed(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size(thandle_t handle) { return ((source *)handle)->count; }

static int map(thandle_t handle, void **base, toff_t *count) {
  source *s = handle;
  // libtiff only reads there.
  *base = (void *)s->bytes;
  *count = s->count;
  return 1;
}

static void unmap(thandle_t handle, void *base, toff_t count) { (void)handle, (void)base, (void)count; }

// Handlers of this file alone; 1 says that nothing is to be printed.
static int failed(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module;
  source *s = data;
  if (!s->message[0]) vsnprintf(s->message, sizeof s->message, format, arguments);
  return 1;
}

static int warned(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module, (void)arguments;
  source *s = data;
  // libtiff goes on without such a tag, and shows the numbers of a palette's colours as grays.
  if (strstr(format, "IO error")) s->is_short = 1;
  return 1;
}

static reader_picture ended(reader_picture picture, int status, const char *message) {
  picture.status = status;
  snprintf(picture.message, sizeof picture.message, "%s", message);
  return picture;
}

// Whether the first page is only a small view of a camera's raw picture, or that picture itself.
static int is_raw(TIFF *tiff) {
  uint16_t photometric = 0, count = 0;
  uint32_t kind = 0;
  const void *value = NULL;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &kind);
  return photometric == PHOTOMETRIC_CFA || photometric == 34892 /* LinearRaw */ ||
         TIFFGetField(tiff, TIFFTAG_DNGVERSION, &value) ||
         ((kind & FILETYPE_REDUCEDIMAGE) && TIFFGetField(tiff, TIFFTAG_SUBIFD, &count, &value));
}

static uint32_t at_most(uint64_t number, uint32_t limit) { return number < limit ? (uint32_t)number : limit; }

static reader_picture decode(TIFF *tiff, source *s, const reader_sink *sink) {
  reader_picture picture = {.status = READER_OK};
  uint32_t width = 0, height = 0, unit = 0, tile_width = 0;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) ||
      !width || !height)
    return ended(picture, READER_DAMAGED, s->message[0] ? s->message : "it has no size");
  picture.width = width;
  picture.height = height;
  if (width > sink->max_side || height > sink->max_side || (size_t)width * height > sink->max_pixels)
    return ended(picture, READER_TOO_LARGE, "");
  if (is_raw(tiff)) return ended(picture, READER_OTHER_KIND, "a camera's raw picture");
  uint16_t samples = 1;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  if (samples > 8) return ended(picture, READER_OTHER_KIND, "more than 8 samples a pixel");

  if (TIFFIsTiled(tiff)) {
    // Tiles may be padded, but not to many times the picture.
    if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width) || !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &unit) ||
        !tile_width || !unit)
      return ended(picture, READER_DAMAGED, "its tiles have no size");
    double padded = ((width - 1) / tile_width + 1.0) * tile_width * (((height - 1) / unit + 1.0) * unit);
    if (padded > 4.0 * width * height + (1 << 24)) return ended(picture, READER_DAMAGED, "its tiles are too large");
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &unit);
  }

  char reason[1024] = "";
  TIFFRGBAImage image;
  if (!TIFFRGBAImageOK(tiff, reason)) return ended(picture, READER_OTHER_KIND, reason);
  if (!TIFFRGBAImageBegin(&image, tiff, 1, reason))
    return ended(picture, READER_DAMAGED, s->message[0] ? s->message : reason);
  // Rows come as stored, and are turned where they are taken.
  image.req_orientation = image.orientation;

  // Whole strips or rows of tiles, several where they are small; of a larger one a part at a time.
  unit = at_most(unit ? unit : height, height);
  uint32_t most = at_most(MOST_PIXELS_OF_BAND / width, height);
  uint32_t many = PIXELS_OF_BAND / width / unit * unit;
  uint32_t rows = at_most(many > unit ? many : unit, most ? most : 1);
  uint32_t *raster = malloc((size_t)width * rows * sizeof *raster);
  uint32_t rows_of_band = at_most(BAND, height);
  uint8_t *band =
      raster ? sink->begin(sink->context, width, height, rows_of_band, image.orientation) : NULL;
  picture.status = band ? READER_OK : READER_NO_MEMORY;
  for (uint32_t y = 0; y < height && picture.status == READER_OK; y += rows) {
    uint32_t count = height - y < rows ? height - y : rows;
    image.row_offset = (int)y;
    if (!TIFFRGBAImageGet(&image, raster, width, count)) {
      picture = ended(picture, READER_DAMAGED, s->message[0] ? s->message : "pixels are missing");
      break;
    }
    for (uint32_t at = 0; at < count; at += rows_of_band) {
      uint32_t taken = count - at < rows_of_band ? count - at : rows_of_band;
      const uint32_t *from = raster + (size_t)at * width;
      for (size_t i = 0; i < (size_t)taken * width; i++) {
        band[3 * i] = TIFFGetR(from[i]);
        band[3 * i + 1] = TIFFGetG(from[i]);
        band[3 * i + 2] = TIFFGetB(from[i]);
      }
      sink->take(sink->context, y + at, taken);
    }
  }
  free(raster);
  TIFFRGBAImageEnd(&image);
  return picture;
}

reader_picture tiff_reader_decode(const uint8_t *bytes, size_t count, const reader_sink *sink) {
  reader_picture picture = {.status = READER_NO_MEMORY};
  source s = {.bytes = bytes, .count = count};
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return picture;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, MOST_BYTES);
  TIFFOpenOptionsSetErrorHandlerExtR(options, failed, &s);
  TIFFOpenOptionsSetWarningHandlerExtR(options, warned, &s);
  TIFF *tiff = TIFFClientOpenExt("picture", "r", &s, take_bytes, give_bytes, move, closed, size, map, unmap, options);
  TIFFOpenOptionsFree(options);
  if (!tiff) return ended(picture, READER_DAMAGED, s.message[0] ? s.message : "its header makes no sense");
  picture = s.is_short ? ended(picture, READER_DAMAGED, "it ends early") : decode(tiff, &s, sink);
  TIFFClose(tiff);
  return picture;
}
