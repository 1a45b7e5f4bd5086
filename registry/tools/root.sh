#!/bin/sh
# Prints what a checkpoint of the log must say: the log's name, the number of leaves, and the root over them.
# Usage, inside a clone: sh tools/root.sh [SIZE]
#
# SIZE is the number of leaves of the checkpoint at hand, 1 or more; without it, every commit of main counts. The root
# is that of RFC 6962: a leaf is hashed with a zero byte before it, two hashes side by side with a one byte before them.
# Takes about a minute for 1,000 commits.
here=$(dirname "$0")
. "$here/common.sh"
usage='usage, inside a clone: sh tools/root.sh [SIZE]'
[ $# -le 1 ] || stop "$usage"
case ${1-1} in
    '' | 0* | *[!0-9]* | ??????????*) stop "$usage" ;;
esac
begin
commits=$(wc -l < "$work/history")
size=${1-$((commits))}
[ "$size" -le "$commits" ] || stop "This clone has $((commits)) commits only: bring it up to date first (git pull --ff-only)."

index=0
while [ "$index" -lt "$size" ] && read -r commit seconds when rest; do
    leaf "$commit" "$index" "$when" "$work/leaf"
    { printf '\000' && cat "$work/leaf"; } | sha256
    index=$((index + 1))
done < "$work/history" > "$work/level"

# Two by two, level by level; the last one of an odd number goes up as it is.
while [ "$(wc -l < "$work/level")" -gt 1 ]; do
    while read -r left; do
        if read -r right; then node "$left" "$right"; else printf '%s\n' "$left"; fi
    done < "$work/level" > "$work/above"
    mv "$work/above" "$work/level"
done
read -r root < "$work/level"
octal "$root"
printf '%s/log\n%s\n%s\n' "$registry" "$size" "$(printf "$escaped" | base64)"
