# A row for each method, and a panel with its own axis for each group of classes.
set yrange [methods_shown + 0.6:0.4]
set grid xtics ytics
set xlabel 'error (%)' offset 0, 0.8
do for [p = 1:panels] {
    axis = value(sprintf('axis_%d', p))
    error = value(sprintf('group_%d', p)).'_percent'
    std = value(sprintf('group_%d', p)).'_std'
    set xrange [word(axis, 1) + 0:word(axis, 2) + 0]
    set xtics word(axis, 3) + 0
    set lmargin at screen x(14 + name_width + 160 * (p - 1))
    set rmargin at screen x(14 + name_width + 160 * p - 34)
    set label 3 value(sprintf('head_%d', p)) at graph 0, graph 1 offset 0, 0.8 left
    set ytics () noenhanced
    do for [i = 1:methods_shown] {
        set ytics add (p == 1 ? method(i) : '' i)
    }
    plot for [i = 1:methods_shown] name.'.csv' using (of(i, error) - of(i, std)):(i):(2 * of(i, std)):(0) @error_bars linecolor rgb colour(i) notitle, \
        for [i = 1:methods_shown] '' using (of(i, error)):(i) with points pointtype marker(i) pointsize 0.8 linecolor rgb colour(i) title method(i)
    @legend_is_drawn
}
