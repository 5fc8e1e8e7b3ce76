# One style for all figures. Lengths are in pixels of the SVG, hundredths of an inch of the PDF. In the SVG black becomes
# the page's own text colour; a method's colour, marker and dash are the same in every figure, read on white and on black,
# and the markers tell the methods in grey.
methods_shown = words(methods)
method(i) = word(methods, i)
colour(i) = word(colours, i)
faint(i) = '#c8'.substr(colour(i), 2, 7)
marker(i) = int(word(markers, i))
dash(i) = int(word(dashes, i))
# A column in the rows of method i; elsewhere missing.
of(i, name) = strcol('method') eq method(i) ? column(name) : NaN
class_size = many ? 0.3 : 0.6
# Macros stand before the loop below, which is read as one line. A line leads from class to class only where their sizes order
# them; through many goes a Bezier curve instead of one that meets each.
through_classes = many ? 'smooth sbezier with lines' : 'with lines'
through_stages = ordered ? through_classes.' linewidth 1.2' : 'with points pointtype 7 pointsize 0.3'
# From y - std by 2 std. Not yerrorbars: a point of size 0 is scale(0.00) in the SVG, which librsvg refuses.
error_bars = 'with vectors nohead linewidth 1'
steps = 'with vectors nohead' # a class wide
x(pixels) = pixels / (1.0 * width)
y(pixels) = 1 - pixels / (1.0 * height)

# Below the title comes the legend, whose rows stand here, and below it at `top` the panels.
legend_width(i) = 44 + 6.4 * strlen(method(i))
if (legend_rows < 0) {
    legend_rows = 1
    legend_end = 14
    do for [i = 1:methods_shown] {
        if (legend_end + legend_width(i) > width) {
            legend_rows = legend_rows + 1
            legend_end = 14
        }
        legend_end = legend_end + legend_width(i)
    }
}
head = plain ? 14 : 57
top = head + 17 * legend_rows + 18
height = height + top - 98

# Behind the first panel, so that nothing is drawn twice.
legend_is_drawn = 'do for [n = 11:60] { unset label n; unset arrow n }; unset label 1; unset label 2; unset label 5'

do for [kind in 'svg pdf'] {
if (kind eq 'svg') {
    set terminal svg size width, height enhanced font 'sans-serif,12' linewidth 1.2 name name
    small = ',10'
} else {
    set terminal pdfcairo size width / 100.0, height / 100.0 enhanced font 'sans,8.6' linewidth 1.2
    small = ',7.2'
}
unset warnings # of a series without points: one seed has no deviation
set output name.'.'.kind
set encoding utf8
set datafile separator comma
set datafile missing NaN
set multiplot
if (!plain) {
    set label 1 '{/:Bold '.title.'}' at screen x(14), screen y(18) left
    set label 2 subtitle at screen x(14), screen y(36) left font small textcolor rgb '#808080' noenhanced
}
set key off
set pointintervalbox 0
set border 3 linecolor rgb 'black' linewidth 0.8
set grid ytics linetype 1 linecolor rgb '#c0808080' linewidth 0.8
set tics nomirror out scale 0.4 font small
set xtics offset 0, 0.3
set tmargin at screen y(top)
set bmargin at screen y(height - 46)
