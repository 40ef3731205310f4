#include "picture_readers.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

// What must outlive a longjmp, in the frame of the caller.
typedef struct {
  struct jpeg_error_mgr errors;
  jmp_buf out;
  struct jpeg_compress_struct jpeg;
  unsigned char *bytes;
  unsigned long count;
  encoded_picture file;
} writing;

static void failed(j_common_ptr jpeg) {
  writing *w = jpeg->client_data;
  char message[JMSG_LENGTH_MAX];
  w->errors.format_message(jpeg, message);
  snprintf(w->file.message, sizeof w->file.message, "%s", message);
  w->file.status = READER_NO_MEMORY;
  longjmp(w->out, 1);
}

static void printed(j_common_ptr jpeg) { (void)jpeg; }

static void encode(writing *w, const uint8_t *pixels, uint32_t width, uint32_t height, int quality) {
  struct jpeg_compress_struct *jpeg = &w->jpeg;
  if (setjmp(w->out)) return;
  jpeg_create_compress(jpeg);
  jpeg->client_data = w;
  jpeg_mem_dest(jpeg, &w->bytes, &w->count);
  jpeg->image_width = width;
  jpeg->image_height = height;
  jpeg->input_components = 3;
  jpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  // The transform of whole numbers gives the same bytes on every processor, and tables made for the picture fewer.
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->optimize_coding = TRUE;
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)jpeg->next_scanline * width * 3);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

encoded_picture jpeg_writer_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int quality) {
  writing w = {.bytes = NULL};
  w.jpeg.err = jpeg_std_error(&w.errors);
  w.jpeg.client_data = &w;
  w.errors.error_exit = failed;
  w.errors.output_message = printed;
  encode(&w, pixels, width, height, quality);
  jpeg_destroy_compress(&w.jpeg);
  if (w.file.status != READER_OK) {
    free(w.bytes);
    return w.file;
  }
  w.file.bytes = w.bytes;
  w.file.count = w.count;
  return w.file;
}
