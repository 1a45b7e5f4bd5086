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
blob "$commit" registry.json "$work/registry" || stop 'This commit has no registry.json.'
repo diff-tree -r --root --no-commit-id --no-renames --name-only "$commit" | sort > "$work/paths"
{
    printf '%s/leaf/v1\n' "$(text "$work/registry" registry)"
    printf 'index %s\n' "$(($(grep -n "^$commit " "$work/history" | cut -d : -f 1) - 1))"
    printf 'time %s\n' "$when"
    printf 'commit %s\n\n' "$commit"
    while IFS= read -r path; do
        blob "$commit" "$path" "$work/file" || stop 'This commit removes a file: it is none of the registry.'
        printf '%s  %s\n' "$(sha256 < "$work/file")" "$path"
    done < "$work/paths"
} > "$work/leaf"
cat "$work/leaf"
