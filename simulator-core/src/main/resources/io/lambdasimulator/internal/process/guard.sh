# Kills what a JVM leaves behind. Standard input is a pipe that ends when the JVM does, in whatever way; until then its
# lines say who is there:
#
#   add N     process N leads a session and group of its own
#   left N    its leader has ended and was reaped; others of the group may live
#   gone N    nobody is left
#   mark M    descendants have the variable M in their environment
#   unmark M  no more
#   stop N    N, which is not to be killed, was stopped: a process, or a group when negative
#   cont N    it runs again
#
# The shell reads this text from the same pipe, whole, before any of the lines is written. It needs nothing but cat, grep,
# printf, sleep and tr and, where there is no /proc, ps.

exec 3<&0
trap '' HUP INT QUIT TERM PIPE TSTP TTIN TTOU
cd /

nl='
'
led=' ' left=' ' stopped=' ' marks=

without() { # LIST N: the list without N
    case $1 in
    *" $2 "*) rest="${1%% "$2" *} ${1#* "$2" }" ;;
    *) rest=$1 ;;
    esac
}

listen() {
    while read -r what who; do
        case $what in
        add) led="$led$who " ;;
        left) without "$led" "$who" && led=$rest left="$left$who " ;;
        gone) without "$led" "$who" && led=$rest && without "$left" "$who" && left=$rest ;;
        mark) marks="$marks$who$nl" ;;
        unmark)
            case $nl$marks in
            *"$nl$who$nl"*) marks="${marks%%"$who$nl"*}${marks#*"$who$nl"}" ;;
            esac
            ;;
        stop) stopped="$stopped$who " ;;
        cont) without "$stopped" "$who" && stopped=$rest ;;
        esac
    done
}

table() { # lines as in "42 (name) S parent group session terminal", the name without blanks where ps makes them
    if [ -r /proc/self/stat ]; then
        set +f
        cat /proc/[0-9]*/stat
    else
        ps -A -o pid= -o state= -o ppid= -o pgid= | while read -r pid state parent group; do
            echo "$pid () $state $parent $group 0 0"
        done
    fi 2>/dev/null
}

marked() { # the files of those whose environment has one of the marks
    [ -n "$marks" ] && [ -r /proc/self/environ ] || return
    set +f
    if [ "$(printf 'a\000b\000' | grep -zcxF b)" = 1 ]; then
        grep -zlxF -e "${marks%"$nl"}" /proc/[0-9]*/environ
    else
        for file in /proc/[0-9]*/environ; do
            tr '\000' '\n' <"$file" | grep -qxF -e "${marks%"$nl"}" && echo "$file"
        done
    fi 2>/dev/null
}

# Finds those who are to be killed: adds them to the victims, and tells who of them lives and whether any was unknown.
look() {
    living=' ' fresh=
    lines=$(table)
    files=" $(marked | tr '\n' ' ') "
    grown=yes
    while [ -n "$grown" ]; do
        grown=
        IFS=$nl
        for line in $lines; do
            pid=${line%% *}
            case $living in *" $pid "*) continue ;; esac
            IFS=' '
            # shellcheck disable=SC2086 # to be split
            set -- ${line##*) }
            case $1 in Z* | X*) continue ;; esac
            case $led$victims in *" $pid "* | *" $3 "* | *" $4 "*) set -- yes ;; esac
            case $left in *" $3 "* | *" $4 "*) set -- yes ;; esac
            case $victims in *" $2 "*) set -- yes ;; esac
            # Who has a terminal was started by hand: all that the JVM launched has none.
            case "$5 $files" in "0 "*" /proc/$pid/environ "*) set -- yes ;; esac
            if [ "$1" = yes ]; then
                living="$living$pid "
                grown=yes
                case $victims in
                *" $pid "*) ;;
                *) victims="$victims$pid " fresh=yes ;;
                esac
            fi
        done
    done
    IFS=' '
}

signal() {
    for id in $led $left; do
        kill -s "$1" -- "-$id"
    done
    # shellcheck disable=SC2086 # to be split
    [ "$living" = ' ' ] || kill -s "$1" $living
}

kill_all() {
    for id in $stopped; do
        kill -s CONT -- "$id"
    done
    # An id that is in use although its process was reaped has become somebody else's.
    for id in $left; do
        kill -s 0 "$id" && without "$left" "$id" && left=$rest
    done
    # Who dies takes the trace to its children along. Who is stopped has no more of them, so when all that are known are
    # stopped and nobody new is found, these are all.
    victims=' ' living=' ' round=0
    signal STOP
    look
    while [ -n "$fresh" ] && [ $round -lt 20 ]; do
        round=$((round + 1))
        signal STOP
        look
    done
    while [ "$living" != ' ' ] && [ $round -lt 120 ]; do
        round=$((round + 1))
        signal KILL
        sleep 0.01 || sleep 1
        look
    done
} 2>/dev/null

# One command, so that nothing of this text is left in the pipe when the guard begins to read lines from it. The guard is
# nobody's child: whoever launched this shell waits for its end and nothing else.
{
    {
        listen
        set -f
        IFS=' '
        kill_all
    } <&3 3<&- >/dev/null 2>&1 &
    echo $!
    exit
}
