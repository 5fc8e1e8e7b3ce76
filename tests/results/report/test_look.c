/* results/report/look: every method has a look of its own, which colour-blind readers tell from the others'. */
#include "results/report/look.h"

#include <math.h>

#include "recipes/methods.h"
#include "tests/support.h"

enum { VISIONS = 4 };

/* Linear light as seen by the normal eye and without the cones of red, green and blue: Machado, Oliveira and Fernandes 2009,
 * severity 1. */
static const double visions[VISIONS][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};

static void read_colour(const char *text, double light[3])
{
    unsigned value;
    ck_assert_int_eq(sscanf(text, "#%6x", &value), 1);
    for (int i = 0; i < 3; i++) {
        const double c = (double)(value >> (16 - 8 * i) & 255U) / 255.0;
        light[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
}

static double luminance(const double light[3]) { return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]; }

static double lab_curve(double t) { return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116.0; }

/* CIE L*a*b* of what is seen. */
static void see(const char *colour, int vision, double lab[3])
{
    double light[3], seen[3];
    read_colour(colour, light);
    for (int i = 0; i < 3; i++) {
        const double *row = visions[vision][i];
        seen[i] = fmin(fmax(row[0] * light[0] + row[1] * light[1] + row[2] * light[2], 0.0), 1.0);
    }
    const double x = lab_curve((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.9505),
                 y = lab_curve(luminance(seen)),
                 z = lab_curve((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.089);
    lab[0] = 116.0 * y - 16.0;
    lab[1] = 500.0 * (x - y);
    lab[2] = 200.0 * (y - z);
}

START_TEST(test_every_method_has_a_look_of_its_own)
{
    int64_t count = 0;
    for (const res_look *look = res_looks; look->method != NULL; look++, count++) {
        ck_assert_msg(xp_method_find(look->method) != NULL, "%s", look->method);
        ck_assert_ptr_eq(res_look_of(look->method), look);
        for (const res_look *other = res_looks; other < look; other++) {
            ck_assert_int_ne(look->marker, other->marker);
            ck_assert(strcmp(look->colour, other->colour) != 0 || look->dash != other->dash);
        }
    }
    ck_assert_int_eq(count, xp_method_count());
}
END_TEST

/* Two colours are apart by 20 for every eye; 2.3 is what the normal eye just sees side by side. */
START_TEST(test_two_colours_are_apart_for_every_eye)
{
    for (const res_look *a = res_looks; a->method != NULL; a++) {
        for (const res_look *b = res_looks; b < a; b++) {
            for (int vision = 0; vision < VISIONS && strcmp(a->colour, b->colour) != 0; vision++) {
                double p[3], q[3];
                see(a->colour, vision, p);
                see(b->colour, vision, q);
                const double apart = sqrt(pow(p[0] - q[0], 2) + pow(p[1] - q[1], 2) + pow(p[2] - q[2], 2));
                ck_assert_msg(apart > 20.0, "%s and %s: %.1f in vision %d", a->method, b->method, apart, vision);
            }
        }
    }
}
END_TEST

/* WCAG 2.2 asks for 3 of what is drawn. The dark page is that of report.css. */
START_TEST(test_a_colour_stands_out_on_white_and_on_the_dark_page)
{
    double paper[2][3], light[3];
    read_colour("#ffffff", paper[0]);
    read_colour("#17181a", paper[1]);
    for (const res_look *look = res_looks; look->method != NULL; look++) {
        read_colour(look->colour, light);
        for (int i = 0; i < 2; i++) {
            const double a = luminance(light) + 0.05, b = luminance(paper[i]) + 0.05, ratio = a > b ? a / b : b / a;
            ck_assert_msg(ratio >= 3.0, "%s: %.2f", look->method, ratio);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/look");
    ADD_CASE(suite, "oracle", test_every_method_has_a_look_of_its_own, test_two_colours_are_apart_for_every_eye,
             test_a_colour_stands_out_on_white_and_on_the_dark_page);
    return run_suite(suite);
}
