/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures made byte by byte: what must go goes, what must stay stays, and nothing is read beyond
 * its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "service/image_clean.h"

typedef struct {
    Arena *arena;
    ErrSlot e;
    ImageClean out;
} Fixture;

static int start(void **state)
{
    Fixture *f = test_calloc(1, sizeof *f);
    f->arena = arena_create(64 << 20);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    Fixture *f = *state;
    arena_destroy(f->arena);
    test_free(f);
    return 0;
}

static bool holds(Str hay, const char *needle)
{
    return str_find(hay, str_of(needle)) >= 0;
}

#define BYTES(b, ...)                                                                              \
    do {                                                                                           \
        const unsigned char x_[] = {__VA_ARGS__};                                                  \
        buf_put((b), (Str){(const char *)x_, sizeof x_});                                          \
    } while (0)

/* ---- PNG ---- */

static void chunk(Buf *b, const char *type, Str data)
{
    BYTES(b, (unsigned char)(data.n >> 24), (unsigned char)(data.n >> 16),
          (unsigned char)(data.n >> 8), (unsigned char)data.n);
    buf_put(b, str_of(type));
    buf_put(b, data);
    BYTES(b, 1, 2, 3, 4); /* the sum is a decoder's business */
}

static void png_head(Buf *b, Fixture *f, uint16_t width, uint16_t height)
{
    unsigned char ihdr[13] = {0, 0, (unsigned char)(width >> 8),  (unsigned char)width,
                              0, 0, (unsigned char)(height >> 8), (unsigned char)height,
                              8, 2};
    buf_init(b, f->arena, 1 << 20);
    buf_lit(b, "\x89PNG\r\n\x1a\n");
    chunk(b, "IHDR", (Str){(const char *)ihdr, sizeof ihdr});
}

static void png_loses_words_and_tail(void **state)
{
    Fixture *f = *state;
    Buf b;
    png_head(&b, f, 640, 480);
    chunk(&b, "tEXt", STR("Comment\0secret-text"));
    chunk(&b, "eXIf", STR("MM\0*secret-place"));
    chunk(&b, "pHYs", STR("123456789"));
    chunk(&b, "IDAT", STR("pixels"));
    chunk(&b, "zzZz", STR("secret-program"));
    chunk(&b, "IEND", STR(""));
    buf_lit(&b, "secret-tail");
    assert_int_equal(file_sniff(buf_str(&b)), FILE_PNG);
    assert_int_equal(image_clean(f->arena, &f->e, FILE_PNG, buf_str(&b), &f->out), ERR_OK);
    assert_int_equal(f->out.width, 640);
    assert_int_equal(f->out.height, 480);
    assert_false(holds(f->out.bytes, "secret"));
    assert_true(holds(f->out.bytes, "pixels"));
    assert_true(holds(f->out.bytes, "pHYs"));
    assert_true(str_ends(f->out.bytes, STR("IEND\1\2\3\4")));
}

static void png_of_a_bomb_is_refused(void **state)
{
    Fixture *f = *state;
    Buf b;
    png_head(&b, f, 20001, 4);
    chunk(&b, "IDAT", STR("p"));
    chunk(&b, "IEND", STR(""));
    assert_int_equal(image_clean(f->arena, &f->e, FILE_PNG, buf_str(&b), &f->out), ERR_INVALID);
    assert_string_equal(f->e.code, "file.image_size");
    png_head(&b, f, 20000, 5001);
    chunk(&b, "IDAT", STR("p"));
    chunk(&b, "IEND", STR(""));
    assert_int_equal(image_clean(f->arena, &f->e, FILE_PNG, buf_str(&b), &f->out), ERR_INVALID);
    assert_string_equal(f->e.code, "file.image_size");
}

/* ---- JPEG ---- */

static void segment(Buf *b, unsigned marker, Str data)
{
    BYTES(b, 0xff, (unsigned char)marker, (unsigned char)((data.n + 2) >> 8),
          (unsigned char)(data.n + 2));
    buf_put(b, data);
}

/* A TIFF directory: maker's name at 0x010f, orientation at 0x0112. */
static Str exif(Fixture *f, bool little, unsigned turn)
{
    Buf b;
    buf_init(&b, f->arena, 1024);
    buf_lit(&b, "Exif\0\0");
    if (little)
        BYTES(&b, 'I', 'I', 42, 0, 8, 0, 0, 0, 2, 0, 0x0f, 1, 2, 0, 6, 0, 0, 0, 50, 0, 0, 0, 0x12,
              1, 3, 0, 1, 0, 0, 0, (unsigned char)turn, 0, 0, 0, 0, 0, 0, 0);
    else
        BYTES(&b, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 2, 1, 0x0f, 0, 2, 0, 0, 0, 6, 0, 0, 0, 50, 1,
              0x12, 0, 3, 0, 0, 0, 1, 0, (unsigned char)turn, 0, 0, 0, 0, 0, 0);
    buf_lit(&b, "secret-camera");
    return buf_str(&b);
}

static void jpeg(Fixture *f, Buf *b, Str app1, bool ended)
{
    buf_init(b, f->arena, 1 << 20);
    BYTES(b, 0xff, 0xd8);
    segment(b, 0xe0, STR("JFIF\0\1\2\0\0\1\0\1\1\1secret-thumbnail"));
    segment(b, 0xe1, app1);
    segment(b, 0xe1, STR("http://ns.adobe.com/xap/1.0/\0secret-xmp"));
    segment(b, 0xe2, STR("ICC_PROFILE\0\1\1colours"));
    segment(b, 0xe2, STR("MPF\0secret-second-picture"));
    segment(b, 0xed, STR("Photoshop 3.0\0secret-place"));
    segment(b, 0xee, STR("Adobe\0d\0\0\0\0\1"));
    segment(b, 0xfe, STR("secret-comment"));
    segment(b, 0xdb, STR("tables"));
    segment(b, 0xc2, STR("\x08\x01\x90\x02\x58\3")); /* 600 x 400 */
    segment(b, 0xda, STR("scan"));
    BYTES(b, 'c', 'o', 'd', 'e', 0xff, 0, 'd', 0xff, 0xd0, 'm', 'o', 'r', 'e');
    segment(b, 0xc4, STR("huffman"));
    segment(b, 0xda, STR("scan2"));
    buf_lit(b, "last");
    if (!ended)
        return;
    BYTES(b, 0xff, 0xd9);
    buf_lit(b, "secret-film");
}

static void jpeg_keeps_the_way_it_was_held(void **state)
{
    Fixture *f = *state;
    for (int little = 0; little < 2; little++) {
        Buf b;
        jpeg(f, &b, exif(f, little, 6), true);
        assert_int_equal(image_clean(f->arena, &f->e, FILE_JPEG, buf_str(&b), &f->out), ERR_OK);
        Str o = f->out.bytes;
        assert_int_equal(f->out.width, 400); /* a quarter turn */
        assert_int_equal(f->out.height, 600);
        assert_false(holds(o, "secret"));
        assert_true(holds(o, "colours"));
        assert_true(holds(o, "Adobe"));
        assert_true(holds(o, "tables"));
        assert_true(holds(o, "huffman"));
        ptrdiff_t at = str_find(o, (Str){"Exif\0\0", 6});
        assert_true(at > 0);
        assert_int_equal((unsigned char)o.p[at + 25], 6);
        assert_true(str_ends(o, STR("last\xff\xd9")));
        /* what was cleaned stays as it is */
        ImageClean again;
        assert_int_equal(image_clean(f->arena, &f->e, FILE_JPEG, o, &again), ERR_OK);
        assert_true(str_eq(again.bytes, o));
        assert_int_equal(again.width, 400);
    }
}

static void jpeg_without_orientation_has_no_exif(void **state)
{
    Fixture *f = *state;
    static const unsigned turns[] = {0, 1, 9, 255};
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        Buf b;
        jpeg(f, &b, exif(f, true, turns[i]), false);
        assert_int_equal(image_clean(f->arena, &f->e, FILE_JPEG, buf_str(&b), &f->out), ERR_OK);
        assert_false(holds(f->out.bytes, "Exif"));
        assert_int_equal(f->out.width, 600);
        assert_true(str_ends(f->out.bytes, STR("last\xff\xd9")));
    }
}

/* ---- GIF ---- */

static void gif_keeps_its_animation(void **state)
{
    Fixture *f = *state;
    Buf b;
    buf_init(&b, f->arena, 1 << 16);
    buf_lit(&b, "GIF89a");
    BYTES(&b, 0x20, 0x03, 0x58, 0x02, 0x80, 0, 0); /* 800 x 600, two colours */
    buf_lit(&b, "rgbRGB");
    BYTES(&b, 0x21, 0xff, 11);
    buf_lit(&b, "NETSCAPE2.0");
    BYTES(&b, 3, 1, 0, 0, 0, 0x21, 0xfe, 6);
    buf_lit(&b, "secret");
    BYTES(&b, 0, 0x21, 0xff, 11);
    buf_lit(&b, "XMP DataXMP");
    BYTES(&b, 6, 's', 'e', 'c', 'r', 'e', 't', 0);
    BYTES(&b, 0x21, 0xf9, 4, 0, 10, 0, 0, 0);
    BYTES(&b, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 'p', 'x', 0, 0x3b);
    buf_lit(&b, "secret");
    assert_int_equal(image_clean(f->arena, &f->e, FILE_GIF, buf_str(&b), &f->out), ERR_OK);
    assert_int_equal(f->out.width, 800);
    assert_int_equal(f->out.height, 600);
    assert_false(holds(f->out.bytes, "secret"));
    assert_false(holds(f->out.bytes, "XMP"));
    assert_true(holds(f->out.bytes, "NETSCAPE2.0"));
    assert_true(holds(f->out.bytes, "px"));
    assert_int_equal(f->out.bytes.p[f->out.bytes.n - 1], 0x3b);
}

/* ---- WebP ---- */

static void riff(Buf *b, const char *type, Str data)
{
    buf_put(b, str_of(type));
    BYTES(b, (unsigned char)data.n, (unsigned char)(data.n >> 8), 0, 0);
    buf_put(b, data);
    if (data.n & 1)
        BYTES(b, 0);
}

static Str webp(Fixture *f)
{
    Buf b, all;
    buf_init(&b, f->arena, 1 << 16);
    buf_init(&all, f->arena, 1 << 16);
    riff(&b, "VP8X", STR("\x2c\0\0\0\x1f\3\0\x57\2\0")); /* ICC, EXIF, XMP; 800 x 600 */
    riff(&b, "ICCP", STR("colours"));
    riff(&b, "VP8L", STR("\x2f____pixels"));
    riff(&b, "EXIF", STR("secret-place"));
    riff(&b, "XMP ", STR("secret-words!"));
    buf_lit(&all, "RIFF");
    BYTES(&all, (unsigned char)(b.n + 4), (unsigned char)((b.n + 4) >> 8), 0, 0);
    buf_lit(&all, "WEBP");
    buf_put(&all, buf_str(&b));
    buf_lit(&all, "secret-tail");
    return buf_str(&all);
}

static void webp_loses_exif_and_its_flag(void **state)
{
    Fixture *f = *state;
    assert_int_equal(image_clean(f->arena, &f->e, FILE_WEBP, webp(f), &f->out), ERR_OK);
    Str o = f->out.bytes;
    assert_int_equal(f->out.width, 800);
    assert_int_equal(f->out.height, 600);
    assert_false(holds(o, "secret"));
    assert_true(holds(o, "colours"));
    assert_true(holds(o, "pixels"));
    assert_int_equal(o.p[20], 0x20); /* ICC alone */
    assert_int_equal((unsigned char)o.p[4] | (unsigned char)o.p[5] << 8, o.n - 8);
}

/* ---- all ---- */

static void sniffing(void **state)
{
    (void)state;
    assert_int_equal(file_sniff(STR("%PDF-1.7\n")), FILE_PDF);
    assert_int_equal(file_sniff(STR("你好，世界\r\n\tx")), FILE_PLAIN);
    assert_int_equal(file_sniff(STR("a\0b")), FILE_UNKNOWN);
    assert_int_equal(file_sniff(STR("\xc4\xe3")), FILE_UNKNOWN); /* not UTF-8 */
    assert_int_equal(file_sniff(STR("")), FILE_UNKNOWN);
    assert_int_equal(file_sniff(STR("MZ\x90\0")), FILE_UNKNOWN);
    assert_int_equal(file_sniff(STR("RIFF____WAVE\1")), FILE_UNKNOWN);
}

/* Every shorter form of a good file is either refused or a good file; each is its own allocation,
 * so that a sanitizer sees a read past the end. */
static void cut_off_anywhere(void **state)
{
    Fixture *f = *state;
    Buf png, jpg;
    png_head(&png, f, 3, 3);
    chunk(&png, "IDAT", STR("p"));
    chunk(&png, "IEND", STR(""));
    jpeg(f, &jpg, exif(f, false, 8), true);
    Str all[] = {buf_str(&png), buf_str(&jpg), webp(f)};
    static const FileKind kinds[] = {FILE_PNG, FILE_JPEG, FILE_WEBP};
    for (size_t k = 0; k < 3; k++)
        for (size_t n = 0; n <= all[k].n; n++) {
            char *exact = test_malloc(n ? n : 1);
            memcpy(exact, all[k].p, n);
            ArenaMark mark = arena_mark(f->arena);
            Err err = image_clean(f->arena, &f->e, kinds[k], (Str){exact, n}, &f->out);
            if (!err)
                assert_true(f->out.bytes.n <= n + IMAGE_CLEAN_MORE && f->out.width > 0);
            arena_release(f->arena, mark);
            test_free(exact);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(png_loses_words_and_tail, start, stop),
        cmocka_unit_test_setup_teardown(png_of_a_bomb_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(jpeg_keeps_the_way_it_was_held, start, stop),
        cmocka_unit_test_setup_teardown(jpeg_without_orientation_has_no_exif, start, stop),
        cmocka_unit_test_setup_teardown(gif_keeps_its_animation, start, stop),
        cmocka_unit_test_setup_teardown(webp_loses_exif_and_its_flag, start, stop),
        cmocka_unit_test(sniffing),
        cmocka_unit_test_setup_teardown(cut_off_anywhere, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
