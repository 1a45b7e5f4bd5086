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
. "$here/day.sh"
. "$here/form.sh"
. "$here/keys.sh"
. "$here/cases.sh"
. "$here/certification.sh"
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

# What was stated beside it until then, and what came of it by the end of that day.
case $day in
    *T*) today=$(day_in_london "$(printf %s "$day" | tr -d :T-)") ;;
    *) today=$(number_of_day "$day") ;;
esac
the_course "$supplier" '' "$before" "$today" "on $day"
the_course "$supplier" "$service" "$before" "$today" "on $day"
repo log --first-parent --format=%ct "$head" -- "$folder/$service.case" > "$work/later"
later=$(awk -v before="$before" '$1 > before' "$work/later" | wc -l)
[ "$later" -eq 0 ] || echo "$((later)) case statement(s) came later: ask about a later day."
exit "$(code)"
