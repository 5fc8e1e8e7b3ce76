# A panel for each part, every method a little beside the others. Of many classes without an order a line stands at the mean
# of those of one size.
heading(part) = part eq 'train' ? 'training error (%)' : part eq 'test' ? 'test error (%)' : 'error of the linear probe (%)'
set xrange [0.5:K + 0.5]
set xtics @class_tics noenhanced
set bmargin at screen y(height - 46 - class_drop)
if (class_drop > 0) {
    set xtics rotate by 60 right offset 0, 0
    set label 6 class_label at graph 0.5, screen y(height - 12) center
} else {
    set xlabel class_label offset 0, 0.8
}
beside = methods_shown > 9 ? 0.8 / methods_shown : 0.08
place(i) = column('rank') + beside * (i - 0.5 * (methods_shown + 1))
pitch = (width - 12) / words(parts)
do for [side = 1:words(parts)] {
    part = word(parts, side)
    axis = value(part.'_axis')
    error = part.'_error_percent'
    std = part.'_std'
    set yrange [word(axis, 1) + 0:word(axis, 2) + 0]
    set ytics word(axis, 3) + 0
    set lmargin at screen x(44 + pitch * (side - 1))
    set rmargin at screen x(pitch * side - 2)
    set label 3 heading(part) at graph 0, graph 1 offset 0, 0.8 left
    plot for [i = 1:methods_shown] name.'.csv' using (place(i)):(many ? NaN : of(i, error) - of(i, std)):(0):(2 * of(i, std)) @error_bars linecolor rgb colour(i) notitle, \
        for [i = 1:methods_shown] '' using (place(i)):(ordered ? of(i, error) : NaN) @through_classes linewidth 1.2 dashtype dash(i) linecolor rgb colour(i) notitle, \
        for [i = 1:methods_shown] $levels using (of(i, 'begin')):(column(part)):(column('end') - column('begin')):(0) with vectors nohead linewidth 1.8 dashtype dash(i) linecolor rgb colour(i) notitle, \
        for [i = 1:methods_shown] name.'.csv' using (place(i)):(of(i, error)) with points pointtype marker(i) pointsize class_size linecolor rgb colour(i) title method(i)
    @legend_is_drawn
}
