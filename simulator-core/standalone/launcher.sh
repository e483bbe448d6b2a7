#!/bin/sh
# The beginning of lambda-simulator.jar, which makes it a program: java reads a jar from its end and does not see this.
# It starts java with what an earlier run made of the classes (a class-data archive), and for a short life. `java -jar` does
# neither, and takes any options. The archive is the one that `warm-up` made beside the jar, else the one in the user's cache,
# which `serve` makes in the background when it is missing. Java itself refuses one that is of another jar or another Java; the size
# is compared here, because some versions of Java crash on an archive that was cut short.
case $0 in
    /*) jar=$0 ;;
    *) jar=$PWD/$0 ;;
esac
while [ -h "$jar" ]; do
    link=$(ls -ld "$jar") && link=${link#*" $jar -> "}
    case $link in
        /*) jar=$link ;;
        *) jar=${jar%/*}/$link ;;
    esac
done
if [ -n "$JAVA_HOME" ]; then
    java=$JAVA_HOME/bin/java
    if ! [ -x "$java" ]; then
        echo "lambda-simulator: there is no bin/java in JAVA_HOME, which is $JAVA_HOME" >&2
        exit 127
    fi
elif ! java=$(command -v java); then
    echo "lambda-simulator: there is no java on the PATH, and JAVA_HOME is not set: it needs Java 17 or newer" >&2
    exit 127
fi

# Whether $1.jsa is there, whole and younger than the jar; then $option is how java is told of it.
usable() {
    [ -r "$1.jsa" ] && [ -r "$1.jsa.made" ] && read -r size option < "$1.jsa.made" \
        && [ "$(wc -c < "$1.jsa")" -eq "$size" ] && ! [ "$jar" -nt "$1.jsa" ]
} 2> /dev/null

archive=${jar%.jar}
if ! usable "$archive"; then
    cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    key=$(LC_ALL=C ls -lnL "$java" "$jar" 2> /dev/null | cksum)
    archive=${cache:+$cache/lambda-simulator/${key%% *}}
    [ -n "$archive" ] && usable "$archive" || option=
fi

# What java says of an archive that it refuses, or of an option that only another Java knows, is nobody's business.
set -- -jar "$jar" "$@"
if [ -n "$option" ]; then
    set -- -XX:+IgnoreUnrecognizedVMOptions "$option=$archive.jsa" -Xlog:all=off:stdout "$@"
elif [ -n "$archive" ]; then
    set -- "-Dlambda-simulator.class-archive=$archive.jsa" "$@"
fi
exec "$java" -XX:TieredStopAtLevel=1 "$@"
exit 1
