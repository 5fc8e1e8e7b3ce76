# Both axes logarithmic; what is not separable lies on two lines above the others.
least_colour = 'black'
low_colour = '#808080'
floor = 10 ** floor(log10(least))
ceiling = 10 ** ceil(log10(most))
at_class(i) = ordered ? column('examples') : column('rank')
inseparable(i, name) = strcol('method') eq method(i) && strcol(name) ne '' && strcol(name.'_term') eq '' ? 1 : NaN
set label 11 at screen x(23), screen y(head) point pointtype 7 pointsize 0.6 linecolor rgb 'black'
set label 12 'test error' at screen x(38), screen y(head) left font small
set arrow 13 from screen x(128), screen y(head) rto screen x(20), screen 0 nohead dashtype 2 linewidth 1.2 linecolor rgb '#808080'
set label 13 'log({/:Italic n}) / √{/:Italic n_j}' at screen x(154), screen y(head) left font small
set label 14 at screen x(23), screen y(head + 18) point pointtype 8 pointsize 0.8 linecolor rgb least_colour
set label 15 '1 / ({/:Italic γ_j\U+00A0}√{/:Italic n_j})' at screen x(38), screen y(head + 18) left font small
set label 16 at screen x(138), screen y(head + 18) point pointtype 4 pointsize 0.7 linecolor rgb low_colour
set label 17 'with the 5 % quantile' at screen x(154), screen y(head + 18) left font small
if (ordered) { set logscale x }
set logscale y
set xtics @size_tics noenhanced
set ytics floor, 10, ceiling format '10^{%T}'
set xrange [(ordered ? smallest / 1.3 : 0.3):(ordered ? largest * 1.3 : K + 0.7)]
set yrange [floor:ceiling * 40]
set tmargin at screen y(top + 12)
if (class_drop > 0) {
    set xtics rotate by 60 right offset 0, 0
    set bmargin at screen y(height - 46 - class_drop)
} else {
    set xlabel class_label offset 0, 0.8
}
set arrow 1 from graph 0, first ceiling * 2 to graph 1, first ceiling * 2 nohead linewidth 0.8 dashtype 3 linecolor rgb '#808080' back
set label 4 'not separable' at graph 0.02, first ceiling * 22 left font small textcolor rgb '#808080'
do for [i = 1:methods_shown] {
    set lmargin at screen x(54 + (i - 1) * 232)
    set rmargin at screen x(54 + (i - 1) * 232 + 186)
    if (class_drop > 0) { set label 6 class_label at graph 0.5, screen y(height - 12) center }
    set label 3 method(i) at graph 0, graph 1 offset 0, 0.8 left noenhanced
    if (i == 1) { set label 5 'error, term of the bound' at screen x(11), graph 0.4 center rotate }
    plot 'bound.csv' using (at_class(i)):(ordered ? of(i, 'sample_term') : NaN) with lines linewidth 1.2 dashtype 2 linecolor rgb '#808080' title 'log n / √n_j', \
        '' using (at_class(i) - 0.5):(ordered ? NaN : of(i, 'sample_term')):(1):(0) @steps linewidth 1.2 dashtype 2 linecolor rgb '#808080' notitle, \
        '' using (at_class(i)):(of(i, 'minimum_term')) with points pointtype 8 pointsize 0.8 linecolor rgb least_colour title 'with the least margin', \
        '' using (at_class(i)):(of(i, 'low_term')) with points pointtype 4 pointsize 0.7 linecolor rgb low_colour title 'with the 5 % quantile', \
        '' using (at_class(i)):(inseparable(i, 'minimum') * ceiling * 9) with points pointtype 8 pointsize 0.8 linecolor rgb least_colour title 'with the least margin: not separable', \
        '' using (at_class(i)):(inseparable(i, 'low') * ceiling * 4) with points pointtype 4 pointsize 0.7 linecolor rgb low_colour title 'with the 5 % quantile: not separable', \
        '' using (at_class(i)):(many ? NaN : of(i, 'test_error') - of(i, 'test_std')):(0):(2 * of(i, 'test_std')) @error_bars linecolor rgb colour(i) notitle, \
        '' using (at_class(i)):(of(i, 'test_error')) with points pointtype marker(i) pointsize class_size linecolor rgb colour(i) title 'test error'
    @legend_is_drawn
}
