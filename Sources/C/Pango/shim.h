// What is used of Pango 1.x, as its reference declares it (docs.gtk.org/Pango); all but a rectangle is opaque.
//
// Its own headers need flags of pkg-config that SwiftPM refuses with a warning in every build.
#pragma once
#include <stdint.h>

enum { PANGO_SCALE = 1024, PANGO_WEIGHT_NORMAL = 400, PANGO_WEIGHT_BOLD = 700, PANGO_DIRECTION_LTR = 0 };

typedef struct _PangoRectangle {
  int x, y, width, height;
} PangoRectangle;

struct _cairo;
struct _cairo_font_options;
struct _PangoContext;
struct _PangoFontDescription;
struct _PangoFontMap;
struct _PangoLanguage;
struct _PangoLayout;
struct _PangoLayoutLine;

void g_object_unref(void *object);

struct _PangoFontMap *pango_cairo_font_map_get_default(void);
struct _PangoContext *pango_font_map_create_context(struct _PangoFontMap *map);
void pango_cairo_context_set_font_options(struct _PangoContext *context,
                                          const struct _cairo_font_options *options);
void pango_context_set_round_glyph_positions(struct _PangoContext *context, int rounds);
void pango_context_set_base_dir(struct _PangoContext *context, int direction);
void pango_context_set_language(struct _PangoContext *context, struct _PangoLanguage *language);
struct _PangoLanguage *pango_language_from_string(const char *language);

struct _PangoFontDescription *pango_font_description_new(void);
void pango_font_description_free(struct _PangoFontDescription *font);
void pango_font_description_set_family(struct _PangoFontDescription *font, const char *family);
void pango_font_description_set_weight(struct _PangoFontDescription *font, int weight);
void pango_font_description_set_absolute_size(struct _PangoFontDescription *font, double size);

struct _PangoLayout *pango_layout_new(struct _PangoContext *context);
void pango_layout_set_font_description(struct _PangoLayout *layout, const struct _PangoFontDescription *font);
void pango_layout_set_auto_dir(struct _PangoLayout *layout, int follows);
void pango_layout_set_single_paragraph_mode(struct _PangoLayout *layout, int is_single);
void pango_layout_set_text(struct _PangoLayout *layout, const char *text, int length);
int pango_layout_get_unknown_glyphs_count(struct _PangoLayout *layout);
struct _PangoLayoutLine *pango_layout_get_line_readonly(struct _PangoLayout *layout, int line);
void pango_layout_line_get_extents(struct _PangoLayoutLine *line, PangoRectangle *ink, PangoRectangle *logical);
void pango_cairo_show_layout_line(struct _cairo *target, struct _PangoLayoutLine *line);
