set xrange [0:epochs]
set xlabel 'epochs' offset 0, 0.8
if (epochs <= 10) { set xtics 1 }
every = epochs > 16 ? epochs / 8 : 1
do for [side = 1:2] {
    part = word('train test', side)
    axis = value(part.'_axis')
    set yrange [word(axis, 1) + 0:word(axis, 2) + 0]
    set ytics word(axis, 3) + 0
    set lmargin at screen x(44 + 354 * (side - 1))
    set rmargin at screen x(352 + 354 * (side - 1))
    set label 3 word('training test', side).' error (%)' at graph 0, graph 1 offset 0, 0.8 left
    do for [d = 1:words(drops)] {
        set arrow d from word(drops, d), graph 0 to word(drops, d), graph 1 nohead dashtype 3 linewidth 0.8 linecolor rgb '#808080' back
    }
    plot for [i = 1:methods_shown] name.'.csv' using (column('epochs_done')):(of(i, part.'_error_percent') - of(i, part.'_std')):(of(i, part.'_error_percent') + of(i, part.'_std')) with filledcurves fillstyle solid noborder fillcolor rgb faint(i) notitle, \
        for [i = 1:methods_shown] '' using (column('epochs_done')):(of(i, part.'_error_percent')) with linespoints linewidth 1.2 dashtype dash(i) linecolor rgb colour(i) pointtype marker(i) pointsize 0.6 pointinterval every title method(i)
    @legend_is_drawn
}
