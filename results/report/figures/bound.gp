# Both axes logarithmic; what is not separable lies on two lines above the others.
least_colour = colour(2)
low_colour = colour(1)
floor = 10 ** floor(log10(least))
ceiling = 10 ** ceil(log10(most))
at_class(i) = by_size ? column('examples') : K + 1 - column('rank')
inseparable(i, name) = of(i, name) <= 0 ? 1 : NaN
set label 11 at screen x(23), screen y(57) point pointtype 7 pointsize 0.6 linecolor rgb 'black'
set label 12 'test error' at screen x(38), screen y(57) left font small
set arrow 13 from screen x(128), screen y(57) rto screen x(20), screen 0 nohead dashtype 2 linewidth 1.2 linecolor rgb '#808080'
set label 13 'log\U+00A0{/:Italic n} / √{/:Italic n_j}' at screen x(154), screen y(57) left font small
set label 14 at screen x(23), screen y(75) point pointtype 8 pointsize 0.8 linecolor rgb least_colour
set label 15 '1 / ({/:Italic γ_j\U+00A0}√{/:Italic n_j})' at screen x(38), screen y(75) left font small
set label 16 at screen x(138), screen y(75) point pointtype 4 pointsize 0.7 linecolor rgb low_colour
set label 17 'with the 5 % quantile' at screen x(154), screen y(75) left font small
if (by_size) { set logscale x }
set logscale y
set xtics @size_tics
set ytics floor, 10, ceiling format '10^{%T}'
set xrange [(by_size ? smallest / 1.3 : 0.3):(by_size ? largest * 1.3 : K + 0.7)]
set yrange [floor:ceiling * 40]
set tmargin at screen y(118)
set xlabel 'training examples of the class' offset 0, 0.8
set arrow 1 from graph 0, first ceiling * 2 to graph 1, first ceiling * 2 nohead linewidth 0.8 dashtype 3 linecolor rgb '#808080' back
set label 4 'not separable' at graph 0.02, first ceiling * 22 left font small textcolor rgb '#808080'
do for [i = 1:methods_shown] {
    set lmargin at screen x(54 + (i - 1) * 232)
    set rmargin at screen x(54 + (i - 1) * 232 + 186)
    set label 3 method(i) at graph 0, graph 1 offset 0, 0.8 left noenhanced
    if (i == 1) { set label 5 'error, term of the bound' at screen x(11), graph 0.4 center rotate }
    plot 'bound.csv' using (at_class(i)):(of(i, 'sample_term')) with lines linewidth 1.2 dashtype 2 linecolor rgb '#808080' title 'log n / √n_j', \
        '' using (at_class(i)):(of(i, 'minimum_term')) with points pointtype 8 pointsize 0.8 linecolor rgb least_colour title 'with the least margin', \
        '' using (at_class(i)):(of(i, 'low_term')) with points pointtype 4 pointsize 0.7 linecolor rgb low_colour title 'with the 5 % quantile', \
        '' using (at_class(i)):(inseparable(i, 'minimum') * ceiling * 9) with points pointtype 8 pointsize 0.8 linecolor rgb least_colour title 'with the least margin: not separable', \
        '' using (at_class(i)):(inseparable(i, 'low') * ceiling * 4) with points pointtype 4 pointsize 0.7 linecolor rgb low_colour title 'with the 5 % quantile: not separable', \
        '' using (at_class(i)):(of(i, 'test_error')) with points pointtype 7 pointsize class_size linecolor rgb 'black' title 'test error'
    @legend_is_drawn
}
