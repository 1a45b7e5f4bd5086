#!/bin/sh
# Checks every commit: nothing came in past the registry, nothing was taken away, no object is damaged.
# Usage, inside a clone: sh tools/commits.sh ROOT_FINGERPRINT     (see authority.sh, which runs first)
#
# Each commit must be signed by a registry key of the authority file of the commit before (the first: its own), at
# its own time. Takes about a minute for 1,000 commits. Ends with 0, 1, 3 or 4, see common.sh.
here=$(dirname "$0")
. "$here/common.sh"
[ $# -eq 1 ] || stop 'usage, inside a clone: sh tools/commits.sh ROOT_FINGERPRINT'
begin
status=0
sh "$here/authority.sh" "$1" || status=$?
case $status in
    0 | 4) take "$status" ;;
    *) exit "$status" ;;
esac
if repo fsck --full --strict --no-dangling --no-progress > "$work/fsck" 2>&1; then
    tell good 'git fsck finds no fault'
else
    tell bad 'git fsck finds damaged or missing objects: run git fsck --full --strict to see them'
fi
commits=0
while read -r commit rest; do
    commits=$((commits + 1))
    check_commit "$commit"
    [ "$verdict" = good ] || tell "$verdict" "$why"
done < "$work/history"
[ "$(code)" -eq 1 ] || echo "$commits commits, each signed by the registry's key of its time, one after the other."
exit "$(code)"
