# A column of panels for a method: above the least margins, below the quantile; the sequence of epochs in shades.
shade(s) = word('#c0808080 #90808080 #50808080 #00808080', s + 4 - words(stages))
at_stage(i, s, name) = strcol('network') eq 'training' && column('epochs_done') == int(word(stages, s)) ? of(i, name) : NaN
at_end(i, name) = strcol('network') eq 'evaluated' ? of(i, name) : NaN
at_class(i) = ordered ? column('examples') : column('rank')
do for [s = 1:words(stages)] {
    set arrow 10 + s from screen x(14 + 76 * (s - 1)), screen y(head) rto screen x(18), screen 0 nohead linewidth 1.2 linecolor rgb shade(s)
    set label 10 + s 'epoch '.word(stages, s) at screen x(38 + 76 * (s - 1)), screen y(head) left font small
}
set label 15 at screen x(23), screen y(head + 18) point pointtype 7 pointsize 0.6 linecolor rgb 'black'
set label 16 'after training' at screen x(38), screen y(head + 18) left font small
set arrow 17 from screen x(128), screen y(head + 18) rto screen x(20), screen 0 nohead dashtype 2 linewidth 1.2 linecolor rgb 'black'
set label 17 'the target, {/:Italic C n_j^{ -1/4}} or one for all classes' at screen x(154), screen y(head + 18) left font small
if (ordered) { set logscale x }
set xtics @size_tics noenhanced
set xrange [(ordered ? smallest / 1.3 : 0.3):(ordered ? largest * 1.3 : K + 0.7)]
set yrange [*<0:0<*]
set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead linewidth 0.8 linecolor rgb 'black' back
do for [i = 1:methods_shown] {
    do for [row = 1:2] {
        part = word('minimum low', row)
        set lmargin at screen x(54 + (i - 1) * 232)
        set rmargin at screen x(54 + (i - 1) * 232 + 186)
        set tmargin at screen y(top + 12 + (row - 1) * 212)
        set bmargin at screen y(top + 12 + (row - 1) * 212 + 160)
        set label 3 method(i).(row == 1 ? ', least margin' : ', 5 % quantile') at graph 0, graph 1 offset 0, 0.8 left noenhanced
        set xlabel (row == 2 && class_drop == 0 ? class_label : '') offset 0, 0.8
        if (class_drop > 0) {
            set xtics rotate by 60 right offset 0, 0
            if (row == 1) { set xtics ('' 1) } else { set xtics @size_tics noenhanced }
            set label 6 (row == 2 ? class_label : '') at graph 0.5, screen y(height - 12) center
        }
        if (i == 1) { set label 5 'margin (logits)' at screen x(11), graph 0.5 center rotate }
        plot for [s = 1:words(stages)] 'margins.csv' using (at_class(i)):(at_stage(i, s, part)) @through_stages linecolor rgb shade(s) title 'epoch '.word(stages, s), \
            '' using (at_class(i)):(ordered ? at_end(i, 'target') : NaN) with lines dashtype 2 linewidth 1.2 linecolor rgb 'black' title 'target', \
            '' using (at_class(i) - 0.5):(ordered ? NaN : at_end(i, 'target')):(1):(0) @steps dashtype 2 linewidth 1.2 linecolor rgb 'black' notitle, \
            '' using (at_class(i)):(many ? NaN : at_end(i, part) - at_end(i, part.'_std')):(0):(2 * at_end(i, part.'_std')) @error_bars linecolor rgb colour(i) notitle, \
            '' using (at_class(i)):(at_end(i, part)) with points pointtype marker(i) pointsize class_size linecolor rgb colour(i) title 'after training'
        @legend_is_drawn
    }
}
