# Case statements: what they must be, who must sign them, and what they add up to. Read with '.' after common.sh, day.sh
# and form.sh, by the scripts for clones and by that for evidence packs.
#
# One folder at a time: 'cases_begin', then every version and every statement in the order in which they came. In
# $work/open stands a line for every case that is open: DIGEST TYPE PARTY DAY NUMBER TIME QUESTIONS. DAY is the number of
# the last day of what ends by itself, or 9999999; a question that was verified has a '+' behind it.

# cases_begin SUPPLIER SERVICE: SERVICE is empty for the folder of the whole supplier.
cases_begin() {
    case_supplier=$1 case_service=$2 case_count=0 case_previous=
    : > "$work/open"
}

# close PATTERN: these cases are not open any more.
close() {
    grep -v -E "$1" "$work/open" > "$work/still-open" || :
    mv "$work/still-open" "$work/open"
}

# until_day NUMBER: what ends by itself has ended when its day is over in London.
until_day() {
    awk -v today="$1" '$4 + 0 >= today + 0' "$work/open" > "$work/still-open"
    mv "$work/still-open" "$work/open"
}

# a_version_came NUMBER KIND WHEN: notes that a version was published, and tells whether it was allowed to be. (What the
# Department withdrew while it was a transcription binds nobody: the supplier's first own version ends that, too.)
a_version_came() {
    until_day "$(day_in_london "$3")"
    case $2 in
        transcription) close '^[^ ]* objection ' ;;
        initial) close '^[^ ]* (objection|notice|withdrawal) ' ;;
        *)
            ! grep -q '^[^ ]* withdrawal department ' "$work/open" ||
                tell bad "version $1 was published while the Department had withdrawn the certification"
            close '^[^ ]* (objection|notice|withdrawal supplier) '
            ;;
    esac
}

# a_statement NAME: judges $work/statement.json, which came under this name at $when, with its signatures beside it, by
# $keys (the authority file of that time), $ring_then, $ring_now and $excused ('yes': the supplier was one person).
a_statement() {
    verdict=good why='' party='' case_count=$((case_count + 1))
    statement=$work/statement.json type='' by=
    if flat "$statement"; then
        type=$(text "$statement" type)
        case $type in '' | *[!a-z_]*) type='' ;; esac
        case_form "$type" || worse bad "it has a member too many or too few for one of its type, or an odd value"
        [ "$(text "$statement" format)" = certreg/case@1 ] || worse bad 'it is not written as case statements are'
    else
        worse bad 'it is not written as case statements are'
    fi
    [ "$(text "$statement" registry) $(text "$statement" supplier) $(text "$statement" service)" = \
        "$registry $case_supplier $case_service" ] || worse bad 'it is about another registry, supplier or service'
    [ "$(number "$statement" seq) $(text "$statement" previous) $1" = \
        "$case_count $case_previous $(printf %05d "$case_count").json" ] ||
        worse bad 'it does not follow the statement before it: one is missing, or an old one was put back'
    stated=sha256:$(sha256 < "$statement")
    case_previous=$stated
    the_party
    [ "$verdict" = bad ] || what_follows
    case $party in department) by=' by the Department' ;; supplier) by=' by the supplier' ;; esac
    tell "$verdict" "case statement $case_count (${type:-of no type})$by, published $(readable "$when")${why:+: $why}"
}

# Who stated it: the party that may, and signed.
the_party() {
    case $type in
        clarification | notice) of_supplier alone ;;
        withdrawal | closure | transfer | reinstatement)
            if [ -f "$statement.sig" ] &&
                signed "$keys" "department@$registry" "case@$registry" "$when" "$statement.sig" "$statement"; then
                of_department
            else
                of_supplier "$([ "$excused" = yes ] && echo alone || echo both)"
            fi
            ;;
        *) of_department ;;
    esac
}

of_department() {
    judged=bad
    [ ! -f "$statement.sig" ] || judge "$keys" "$authority_now" "department@$registry" "case@$registry" "$when" \
        "$statement.sig" "$statement"
    case $judged in
        good) party=department ;;
        unsafe) party=department && worse unsafe 'the key of the Department that signed it has been reported unsafe since' ;;
        bad) worse bad 'it is not signed by a key of the Department that counted then' ;;
    esac
    [ ! -f "$statement.countersig" ] || worse bad 'it has a second signature, which statements of the Department have not'
}

# of_supplier alone|both
of_supplier() {
    party=supplier
    of_person signatory case sig
    first=$signer
    if [ "$1" = alone ]; then
        [ ! -f "$statement.countersig" ] || worse bad 'it has a second signature, which one of its kind has not'
    elif [ ! -f "$statement.countersig" ]; then
        worse bad "there is no signature by official@$case_supplier"
    else
        of_person official countersignature countersig
        [ -z "$signer" ] || [ "$signer" != "$first" ] || worse bad 'both signatures are by one key'
    fi
    [ "$verdict" != bad ] || party=
}

# of_person ROLE NAMESPACE SUFFIX
of_person() {
    judged=bad signer=
    [ ! -f "$statement.$3" ] || judge "$ring_then" "$ring_now" "$1@$case_supplier" "$2@$registry" "$when" \
        "$statement.$3" "$statement"
    [ "$judged" = bad ] || signer=$by
    case $judged in
        unsafe) worse unsafe "a key of $1@$case_supplier that signed it has been reported unsafe since, for that time" ;;
        bad) worse bad "the signature by $1@$case_supplier is not one by a key enrolled for it then, or not of these bytes" ;;
    esac
    by=
}

# What a statement opens, answers or closes.
what_follows() {
    until_day "$(day_in_london "$when")"
    case $type in
        clarification | resolution | verification | reinstatement) a_reply ;;
        withdrawal)
            close '^[^ ]* (verification_required|objection) '
            opens 9999999
            ;;
        closure)
            close '^[^ ]* closure '
            opens "$(number_of_day "$(text "$statement" ends_on)")"
            ;;
        notice) opens "$(number_of_day "$(text "$statement" expires_on)")" ;;
        challenge | verification_required | transfer | objection) opens 9999999 ;;
    esac
}

# opens DAY
opens() {
    asked=$(sed -n 's/^\/questions\/# "\(.*\)"$/\1/p' "$work/flat" | paste -s -d , -)
    echo "$stated $type $party $1 $case_count $(readable "$when") $asked" >> "$work/open"
}

a_reply() {
    reply_to=$(text "$statement" in_reply_to)
    case $type in
        clarification | resolution) fits='(challenge|verification_required)' ;;
        verification) fits=verification_required ;;
        reinstatement) fits="(withdrawal|closure) $party" ;;
    esac
    if ! grep -E "^$reply_to $fits " "$work/open" > "$work/answered"; then
        worse bad 'it replies to no case that was open then and could be answered so by who signed it'
        return 0
    fi
    case $type in
        resolution | reinstatement) close "^$reply_to " ;;
        verification) verified ;;
    esac
}

# A required verification ends when every answer was verified.
verified() {
    read -r opened_digest opened_type opened_by opened_day opened_number opened_when asked < "$work/answered"
    left=
    for question in $(printf %s "$asked" | tr , ' '); do
        case $(inside "$statement" outcomes "$(printf %s "${question%+}" | sed 's/[.]/[.]/')") in
            verified) question=${question%+}+ ;;
            not_verified) question=${question%+} ;;
        esac
        left=$left${left:+,}$question
    done
    close "^$reply_to "
    case $left, in
        *[0-9],*) ;;
        *) return 0 ;;
    esac
    echo "$opened_digest $opened_type $opened_by $opened_day $opened_number $opened_when $left" >> "$work/open"
}

# on_the_record DAY LABEL: what stood on that day, by its number.
on_the_record() {
    until_day "$1"
    while read -r open_digest open_type open_by open_day open_number open_when asked; do
        case $open_by in department) open_by='the Department' ;; *) open_by='the supplier' ;; esac
        echo "On the record $2: $open_type by $open_by (case statement $open_number, published $open_when)."
    done < "$work/open"
}
