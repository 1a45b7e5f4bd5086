# Days, and when they end in London: read with '.' after common.sh. Plain arithmetic, because date(1) differs between systems and
# not every one of them knows London's time.

# days YEAR MONTH DAY: since 1970-01-01. The year is taken to begin in March, so that the leap day comes last.
days() {
    year=$1 month=$2
    if [ "$month" -le 2 ]; then
        year=$((year - 1)) month=$((month + 12))
    fi
    echo $((365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + $3 - 719469))
}

# The days since 1970-01-01 of the last Sunday on or before a day counted in the same way (which was a Thursday).
sunday() {
    echo $(($1 - ($1 + 4) % 7))
}

# Whether clocks are an hour ahead in the evening of the day $that of the year $y.
summer() {
    [ "$that" -ge "$(sunday "$(days "$y" 3 31)")" ] && [ "$that" -lt "$(sunday "$(days "$y" 10 31)")" ]
}

# moment DAY: sets $before to the last second of a day in London, or to an instant, in seconds since 1970. British
# summer time has been from the last Sunday of March to the last Sunday of October since 1996.
moment() {
    d='[0-9]'
    clock=23:59:59
    case $1 in
        $d$d$d$d-$d$d-$d$d) ;;
        $d$d$d$d-$d$d-${d}${d}T$d$d:$d$d:${d}${d}Z) clock=${1#*T} clock=${clock%Z} ;;
        *) return 1 ;;
    esac
    date=${1%T*}
    y=${date%%-*} rest=${date#*-}
    m=${rest%-*} d=${rest#*-} h=${clock%%:*} rest=${clock#*:}
    min=${rest%:*} s=${rest#*:}
    m=${m#0} d=${d#0} h=${h#0} min=${min#0} s=${s#0}
    [ "$y" -ge 1996 ] && [ "$m" -ge 1 ] && [ "$m" -le 12 ] && [ "$d" -ge 1 ] || return 1
    [ "$h" -le 23 ] && [ "$min" -le 59 ] && [ "$s" -le 59 ] || return 1
    that=$(days "$y" "$m" "$d")
    following=$(days $((y + m / 12)) $((m % 12 + 1)) 1)
    [ "$that" -lt "$following" ] || return 1
    before=$((that * 86400 + h * 3600 + min * 60 + s))
    if [ "$1" = "$date" ] && summer; then
        before=$((before - 3600))
    fi
}

# seconds_of YYYYMMDDHHMMSSZ: since 1970.
seconds_of() {
    date=$(readable "$1") clock=${date#*T} date=${date%T*} clock=${clock%Z}
    h=${clock%%:*} rest=${clock#*:}
    min=${rest%:*} s=${rest#*:}
    h=${h#0} min=${min#0} s=${s#0}
    echo $(($(number_of_day "$date") * 86400 + h * 3600 + min * 60 + s))
}

# number_of_day YYYY-MM-DD: since 1970-01-01.
number_of_day() {
    y=${1%%-*} rest=${1#*-}
    m=${rest%-*} d=${rest#*-}
    days "$y" "${m#0}" "${d#0}"
}

# london_day_of SECONDS: the same as day_in_london, for seconds since 1970.
london_day_of() {
    that=$(($1 / 86400)) y=1970
    while [ "$(days $((y + 1)) 1 1)" -le "$that" ]; do y=$((y + 1)); done
    if [ $(($1 % 86400)) -ge 82800 ] && summer; then that=$((that + 1)); fi
    echo "$that"
}

# day_in_london YYYYMMDDHHMMSSZ: the number of the day that it was there. Clocks are ahead by the evening or not at all.
day_in_london() {
    date=$(readable "$1") hour=${1#????????}
    y=${date%%-*}
    that=$(number_of_day "${date%T*}")
    case $hour in
        23*) ! summer || that=$((that + 1)) ;;
    esac
    echo "$that"
}
