#!/bin/sh
# Prints the leaf of a commit: what it brought in, with the SHA-256 of every file.
# Usage, inside a clone: sh tools/leaf.sh COMMIT
here=$(dirname "$0")
. "$here/common.sh"
usage='usage, inside a clone: sh tools/leaf.sh COMMIT'
[ $# -eq 1 ] || stop "$usage"
case $1 in
    '' | -*) stop "$usage" ;;
esac
commit=$(repo rev-parse --verify --quiet "$1^{commit}") || stop 'There is no such commit here.'
begin
of_history "$commit" || stop 'This commit is not on main.'
index=$(($(grep -n "^$commit " "$work/history" | cut -d : -f 1) - 1))
leaf "$commit" "$index" "$when" "$work/leaf"
cat "$work/leaf"
