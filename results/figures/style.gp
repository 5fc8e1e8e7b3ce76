# One style for all figures. Lengths are in pixels of the SVG, hundredths of an inch of the PDF. In the SVG black becomes
# the page's own text colour; the other colours read on white and on black, and the markers tell the methods in grey.
colours = '#0072b2 #d55e00 #009e73 #b8578c #8c6d1f #767676'
markers = '5 7 9 13 4 6'
methods_shown = words(methods)
method(i) = word(methods, i)
colour(i) = word(colours, i)
faint(i) = '#d8'.substr(colour(i), 2, 7)
marker(i) = int(word(markers, i))
# A column in the rows of method i; elsewhere missing.
of(i, name) = strcol('method') eq method(i) ? column(name) : NaN
x(pixels) = pixels / (1.0 * width)
y(pixels) = 1 - pixels / (1.0 * height)

do for [kind in 'svg pdf'] {
if (kind eq 'svg') {
    set terminal svg size width, height enhanced font 'sans-serif,12' linewidth 1.2 name name
} else {
    set terminal pdfcairo size width / 100.0, height / 100.0 enhanced font 'sans,9' linewidth 1.2
}
set output name.'.'.kind
set encoding utf8
set datafile separator comma
set datafile missing NaN
set border 3 linecolor rgb 'black' linewidth 0.8
set grid ytics linetype 1 linecolor rgb '#c0808080' linewidth 0.8
set tics nomirror out scale 0.4 font ',10'
set xtics offset 0, 0.3
set multiplot
set label 1 title at screen x(14), screen y(18) left font ',13' noenhanced
set label 2 subtitle at screen x(14), screen y(37) left font ',10' textcolor rgb '#808080' noenhanced
set key at screen x(14), screen y(58) left center horizontal maxrows 1 Left reverse samplen 1.5 noenhanced
set tmargin at screen y(96)
set bmargin at screen y(height - 52)
