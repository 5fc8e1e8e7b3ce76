set xrange [0.5:K + 0.5]
set yrange [0:top]
set ytics step
set xtics @class_tics noenhanced
set bmargin at screen y(height - 46 - class_drop)
if (class_drop > 0) {
    set xtics rotate by 60 right offset 0, 0
    set label 6 class_label at graph 0.5, screen y(height - 12) center
} else {
    set xlabel class_label offset 0, 0.8
}
place(i) = column('rank') + 0.08 * (i - 0.5 * (methods_shown + 1))
do for [side = 1:2] {
    part = word('train test', side)
    set lmargin at screen x(44 + 354 * (side - 1))
    set rmargin at screen x(352 + 354 * (side - 1))
    set label 3 word('training test', side).' error (%)' at graph 0, graph 1 offset 0, 0.8 left
    plot for [i = 1:methods_shown] 'figure2.csv' using (place(i)):(many ? NaN : of(i, part.'_error_percent') - of(i, part.'_std')):(0):(2 * of(i, part.'_std')) @error_bars linecolor rgb colour(i) notitle, \
        for [i = 1:methods_shown] '' using (place(i)):(of(i, part.'_error_percent')) @through_classes linewidth 1.2 linecolor rgb colour(i) notitle, \
        for [i = 1:methods_shown] '' using (place(i)):(of(i, part.'_error_percent')) with points pointtype marker(i) pointsize class_size linecolor rgb colour(i) title method(i)
    @legend_is_drawn
}
