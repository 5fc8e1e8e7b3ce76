# A line where lines are drawn, a marker and a name for each method, in as many rows as they need.
left = 14
row = head
do for [i = 1:methods_shown] {
    if (left + legend_width(i) > width) {
        left = 14
        row = row + 17
    }
    if (ordered || many) {
        set arrow 10 + i from screen x(left), screen y(row) rto screen x(22), screen 0 nohead linewidth 1.2 dashtype dash(i) linecolor rgb colour(i)
    }
    set label 10 + i at screen x(left + 11), screen y(row) point pointtype marker(i) pointsize 0.6 linecolor rgb colour(i)
    set label 40 + i method(i) at screen x(left + 28), screen y(row) left font small noenhanced
    left = left + legend_width(i)
}
