# A column of panels for a method: above the least margins, below the quantile; the sequence of epochs in shades.
set logscale x
set xrange [smallest / 1.3:largest * 1.3]
shade(i) = word('#c0808080 #90808080 #50808080 #00808080', i)
at_stage(i, s, name) = strcol('network') eq 'training' && column('epochs_done') == int(word(stages, s)) ? of(i, name) : NaN
at_end(i, name) = strcol('network') eq 'evaluated' ? of(i, name) : NaN
set key maxrows 2
do for [i = 1:methods_shown] {
    do for [row = 1:2] {
        part = word('minimum low', row)
        set lmargin at screen x(58 + (i - 1) * 230)
        set rmargin at screen x(58 + (i - 1) * 230 + 186)
        set tmargin at screen y(114 + (row - 1) * 200)
        set bmargin at screen y(114 + (row - 1) * 200 + 150)
        set label 3 method(i).(row == 1 ? ': least margin {/:Italic γ_j}' : ': 5 % quantile') at graph 0, graph 1 offset 0, 0.7 left
        set xlabel (row == 2 ? 'training examples {/:Italic n_j}' : '') offset 0, 0.3
        set ylabel (i == 1 ? 'margin (logits)' : '') offset 1.5
        set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead linewidth 0.8 linecolor rgb 'black' back
        plot for [s = 1:words(stages)] 'margins.csv' using (column('examples')):(at_stage(i, s, part)) with linespoints linewidth (joined ? 1.2 : 0) pointtype 7 pointsize 0.25 linecolor rgb shade(s) title 'epoch '.word(stages, s), \
            '' using (column('examples')):(at_end(i, part)):(at_end(i, part.'_std')) with yerrorbars pointsize 0 linecolor rgb colour(i) notitle, \
            '' using (column('examples')):(at_end(i, part)) with points pointtype marker(i) pointsize 0.7 linecolor rgb colour(i) title 'evaluation mode, after the last', \
            '' using (column('examples')):(at_end(i, 'target')) with lines dashtype 2 linewidth 1.2 linecolor rgb 'black' title 'target {/:Italic C n_j^{-1/4}}'
        unset label 1
        unset label 2
        set key off
    }
}
