#!/bin/sh
# Says which version of a certification stood on a day, and checks everything about it.
# Usage, inside a clone: sh tools/as-of.sh ROOT_FINGERPRINT SUPPLIER SERVICE DAY
#   ROOT_FINGERPRINT: see authority.sh, which runs first.
#   DAY is 2026-09-04 (its end, in London) or an instant such as 2026-09-04T12:00:00Z.
#
# 'good then' is by the keys as they were known when it was published, 'good now' by what is known of them today.
# Ends with 0 to 4, see common.sh. Whether every commit is as it must be is asked by verify-all.sh.
here=$(dirname "$0")
. "$here/common.sh"
. "$here/certification.sh"
. "$here/day.sh"
usage='usage, inside a clone: sh tools/as-of.sh ROOT_FINGERPRINT SUPPLIER SERVICE DAY
(DAY like 2026-09-04 or 2026-09-04T12:00:00Z)'
[ $# -eq 4 ] || stop "$usage"
root=$1 supplier=$2 service=$3 day=$4

slug "$supplier" && slug "$service" || stop "$usage"
moment "$day" || stop "$usage"
begin
status=0
sh "$here/authority.sh" "$root" || status=$?
case $status in
    0 | 4) take "$status" ;;
    *) exit "$status" ;;
esac

# Times never go back, so the version in force is the last one that is not later.
steps "$(folder_of "$supplier")/$service.json" "$head" "$work/all"
count=0 commit=
: > "$work/until"
while read -r step seconds; do
    [ "$seconds" -le "$before" ] || break
    count=$((count + 1)) commit=$step
    echo "$step $seconds" >> "$work/until"
done < "$work/all"
if [ -z "$commit" ]; then
    echo "Nothing was published as $supplier/$service by $day."
    exit 2
fi
links "$supplier" "$service" "$work/until"
a_version "$supplier" "$service" "$commit" "$count"
folder=$(folder_of "$supplier")
repo ls-tree -r --name-only "$head" -- "$folder/$service.case" "$folder/supplier.case" > "$work/cases"
cases=$(grep -c '[.]json$' "$work/cases") || :
if [ "$cases" -gt 0 ]; then
    echo "$cases case statement(s) lie beside it (challenges, withdrawals and the like): nothing here reads them."
fi
exit "$(code)"
