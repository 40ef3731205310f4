// What is used of GdkPixbuf 2.x, as its reference declares it (docs.gtk.org/gdk-pixbuf); all but an error is opaque.
//
// Its own headers need flags of pkg-config that SwiftPM refuses with a warning in every build.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct _GError {
  uint32_t domain;
  int code;
  char *message;
} GError;

struct _GdkPixbuf;
struct _GdkPixbufLoader;

struct _GdkPixbufLoader *gdk_pixbuf_loader_new_with_type(const char *type, GError **error);
int gdk_pixbuf_loader_write(struct _GdkPixbufLoader *loader, const uint8_t *bytes, size_t count, GError **error);
int gdk_pixbuf_loader_close(struct _GdkPixbufLoader *loader, GError **error);
void gdk_pixbuf_loader_set_size(struct _GdkPixbufLoader *loader, int width, int height);
struct _GdkPixbuf *gdk_pixbuf_loader_get_pixbuf(struct _GdkPixbufLoader *loader);

int gdk_pixbuf_get_width(const struct _GdkPixbuf *pixbuf);
int gdk_pixbuf_get_height(const struct _GdkPixbuf *pixbuf);
int gdk_pixbuf_get_n_channels(const struct _GdkPixbuf *pixbuf);
int gdk_pixbuf_get_rowstride(const struct _GdkPixbuf *pixbuf);
const uint8_t *gdk_pixbuf_read_pixels(const struct _GdkPixbuf *pixbuf);

// What a handler takes depends on its signal.
unsigned long g_signal_connect_data(void *instance, const char *signal, void (*handler)(void), void *context,
                                    void *destroy, int flags);
// The levels of messages, all but those that end the program.
enum { G_LOG_LEVELS = ~3 };
unsigned g_log_set_handler(const char *domain, int levels,
                           void (*handler)(const char *domain, int level, const char *message, void *context),
                           void *context);
void g_object_unref(void *object);
void g_error_free(GError *error);
