# Both axes logarithmic; what is not separable lies on two lines above the others.
set logscale xy
set xrange [smallest / 1.4:largest * 1.4]
floor = 10 ** floor(log10(least))
ceiling = 10 ** ceil(log10(most))
set yrange [floor:ceiling * 30]
set ytics format '10^{%T}'
do for [i = 1:methods_shown] {
    set lmargin at screen x(58 + (i - 1) * 230)
    set rmargin at screen x(58 + (i - 1) * 230 + 186)
    set label 3 method(i) at graph 0, graph 1 offset 0, 0.7 left noenhanced
    set xlabel 'training examples {/:Italic n_j}' offset 0, 0.3
    set label 4 'not separable' at graph 0.02, first ceiling * 5 left font ',9' textcolor rgb '#808080'
    set arrow 1 from graph 0, first ceiling * 2 to graph 1, first ceiling * 2 nohead linewidth 0.8 dashtype 3 linecolor rgb '#808080' back
    inseparable(name) = of(i, name) <= 0 ? 1 : NaN
    plot 'bound.csv' using (column('examples')):(of(i, 'sample_term')) with lines linewidth 1.2 dashtype 2 linecolor rgb '#808080' title 'log {/:Italic n} / √{/:Italic n_j}', \
        '' using (column('examples')):(of(i, 'minimum_term')) with points pointtype 8 pointsize 0.8 linecolor rgb '#d55e00' title '1 / ({/:Italic γ_j} √{/:Italic n_j}), least margin', \
        '' using (column('examples')):(of(i, 'low_term')) with points pointtype 4 pointsize 0.7 linecolor rgb '#0072b2' title 'with the 5 % quantile', \
        '' using (column('examples')):(inseparable('minimum') * ceiling * 16) with points pointtype 8 pointsize 0.8 linecolor rgb '#d55e00' notitle, \
        '' using (column('examples')):(inseparable('low') * ceiling * 8) with points pointtype 4 pointsize 0.7 linecolor rgb '#0072b2' notitle, \
        '' using (column('examples')):(of(i, 'test_error')) with points pointtype 7 pointsize 0.6 linecolor rgb 'black' title 'test error'
    unset label 1
    unset label 2
    set key off
}
