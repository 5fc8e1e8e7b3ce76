unset multiplot
unset output
reset
}
