#include "picture_readers.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

// Everything that must outlive a longjmp, in the frame of a caller; the library's structs come first in their own.
typedef struct {
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf out;
  struct jpeg_decompress_struct jpeg;
  int has_ended;
  reader_picture picture;
} reading;

static void fail(reading *r, int status, const char *message) {
  snprintf(r->picture.message, sizeof r->picture.message, "%s", message);
  r->picture.status = status;
  longjmp(r->out, 1);
}

static void failed(j_common_ptr jpeg) {
  reading *r = jpeg->client_data;
  char message[JMSG_LENGTH_MAX];
  r->errors.format_message(jpeg, message);
  int code = r->errors.msg_code;
  int is_other = code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED || code == JERR_ARITH_NOTIMPL ||
                 code == JERR_CONVERSION_NOTIMPL || code == JERR_CCIR601_NOTIMPL || code == JERR_FRACT_SAMPLE_NOTIMPL;
  fail(r, code == JERR_OUT_OF_MEMORY ? READER_NO_MEMORY : is_other ? READER_OTHER_KIND : READER_DAMAGED, message);
}

// A warning is where the library goes on with pixels that it makes up, with few exceptions.
static void told(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  reading *r = jpeg->client_data;
  switch (r->errors.msg_code) {
    case JWRN_JPEG_EOF:
      // No more bytes; the pixels may all be there.
      r->has_ended = 1;
      break;
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_TOO_MUCH_DATA:
      break;
    default: failed(jpeg);
  }
}

static void printed(j_common_ptr jpeg) { (void)jpeg; }

// A few bytes may declare scan after scan over millions of pixels.
static void advanced(j_common_ptr jpeg) {
  reading *r = jpeg->client_data;
  size_t scans = r->jpeg.input_scan_number;
  size_t pixels = (size_t)r->jpeg.image_width * r->jpeg.image_height;
  if (scans > 500 || scans * pixels > (size_t)1 << 34) fail(r, READER_DAMAGED, "too many scans");
}

// The rule is OpenCV's; inks are stored the other way up, as Adobe's programs do.
static void mix(uint8_t *colours, const uint8_t *inks, uint32_t width) {
  for (uint32_t x = 0; x < width; x++) {
    int black = inks[4 * x + 3];
    for (int i = 0; i < 3; i++) colours[3 * x + i] = black - ((255 - inks[4 * x + i]) * black >> 8);
  }
}

// Whether what there was of the file has all of the picture in it.
static int is_complete(const struct jpeg_decompress_struct *jpeg, int has_ended) {
  // Past the end an arithmetic decoder reads zeros, as it may, and tells nobody.
  if (jpeg->arith_code && has_ended) return 0;
  for (int i = 0; i < jpeg->num_components; i++) {
    // A component's table is kept when its first scan begins.
    if (!jpeg->comp_info[i].quant_table) return 0;
    // Of a progressive picture the last scans sharpen; 0 says that a coefficient has all its bits.
    if (has_ended && jpeg->coef_bits)
      for (int k = 0; k < DCTSIZE2; k++)
        if (jpeg->coef_bits[i][k] != 0) return 0;
  }
  return 1;
}

enum { BAND = 32 };

static void decode(reading *r, const uint8_t *bytes, size_t count, const reader_sink *sink) {
  struct jpeg_decompress_struct *jpeg = &r->jpeg;
  if (setjmp(r->out)) return;
  jpeg_create_decompress(jpeg);
  jpeg->client_data = r;
  r->progress.progress_monitor = advanced;
  jpeg->progress = &r->progress;
  jpeg_mem_src(jpeg, bytes, count);
  jpeg_read_header(jpeg, TRUE);
  uint32_t width = jpeg->image_width, height = jpeg->image_height;
  r->picture.width = width;
  r->picture.height = height;
  if (width > sink->max_side || height > sink->max_side || (size_t)width * height > sink->max_pixels) {
    r->picture.status = READER_TOO_LARGE;
    return;
  }
  // A block of pixels takes a bit at the least, so that no memory is asked for what cannot be there.
  size_t blocks = 0;
  for (int i = 0; i < jpeg->num_components; i++)
    blocks += (size_t)jpeg->comp_info[i].width_in_blocks * jpeg->comp_info[i].height_in_blocks;
  if (!jpeg->arith_code && blocks / 8 > count) fail(r, READER_DAMAGED, "too short for its size");

  int has_inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
  jpeg->out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  if (jpeg->output_components != (has_inks ? 4 : 3)) fail(r, READER_DAMAGED, "unexpected pixel format");
  JSAMPARRAY inks = has_inks ? jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, 4 * width, 1) : NULL;
  uint8_t *band = sink->begin(sink->context, width, height, height < BAND ? height : BAND, 0);
  for (uint32_t y = 0; y < height;) {
    uint32_t rows = height - y < BAND ? height - y : BAND;
    for (uint32_t i = 0; i < rows;) {
      uint8_t *row = band + (size_t)i * width * 3;
      if (jpeg_read_scanlines(jpeg, has_inks ? inks : &row, 1) != 1) fail(r, READER_DAMAGED, "rows are missing");
      if (has_inks) mix(row, inks[0], width);
      i++;
    }
    sink->take(sink->context, y, rows);
    y += rows;
  }
  if (!is_complete(jpeg, r->has_ended)) fail(r, READER_DAMAGED, "it ends early");
}

reader_picture jpeg_reader_decode(const uint8_t *bytes, size_t count, const reader_sink *sink) {
  reading r = {.has_ended = 0};
  r.jpeg.err = jpeg_std_error(&r.errors);
  r.jpeg.client_data = &r;
  r.errors.error_exit = failed;
  r.errors.emit_message = told;
  r.errors.output_message = printed;
  decode(&r, bytes, count, sink);
  jpeg_destroy_decompress(&r.jpeg);
  return r.picture;
}
