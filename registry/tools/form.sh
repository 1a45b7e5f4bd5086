# How documents are written, and which members each kind has: read with '.' after common.sh.
#
# A document is written in one way only: a member or an item a line, two spaces deeper for everything around it,
# members in the order of their bytes, none empty. Texts are checked to be UTF-8, without white space at their ends and
# without characters that cannot be seen; two more rules on characters are left to the registry's own program (the
# composed form NFC, and characters that Unicode 15 does not know).

readonly form_of_documents='
function fail() { wrong = 1; exit 1 }
BEGIN {
    tail = "[\200-\277]"
    utf8 = "^([\001-\177]|[\302-\337]" tail "|\340[\240-\277]" tail "|[\341-\354\356\357]" tail tail "|\355[\200-\237]" tail
    utf8 = utf8 "|\360[\220-\277]" tail tail "|[\361-\363]" tail tail tail "|\364[\200-\217]" tail tail ")*$"
    unseen = "\302[\200-\237]|\302\255|\330[\200-\205]|\330\234|\342\200[\213-\217\250-\256]|\342\201[\240-\257]|\357\273\277"
    unseen = unseen "|\356[\200-\277][\200-\277]|\357[\200-\243][\200-\277]|\357\277[\260-\273\276\277]|\357\267[\220-\257]"
    space = "( |\302\240|\341\232\200|\342\200[\200-\212\257]|\342\201\237|\343\200\200)"
}
NR == 1 {
    if ($0 != "{") fail()
    depth = 1; kind[1] = "{"; path[1] = ""; count[1] = 0; comma = 0
    next
}
{
    if (depth == 0) fail()
    match($0, /^ */)
    indent = RLENGTH; rest = substr($0, indent + 1)
    if (rest ~ /^[]}],?$/) {
        if (indent != 2 * (depth - 1) || comma || count[depth] == 0) fail()
        if (substr(rest, 1, 1) != (kind[depth] == "{" ? "}" : "]")) fail()
        depth--
        comma = length(rest) == 2
        if (depth == 0 && comma) fail()
        next
    }
    if (indent != 2 * depth || (count[depth] > 0) != comma) fail()
    count[depth]++
    at = path[depth] "/#"
    if (kind[depth] == "{") {
        if (!match(rest, /^"[a-z][a-z0-9_.-]*": /)) fail()
        name = substr(rest, 2, RLENGTH - 4)
        if (count[depth] > 1 && (name "") <= (last[depth] "")) fail()
        last[depth] = name
        rest = substr(rest, RLENGTH + 1)
        at = path[depth] "/" name
    }
    if (rest == "{" || rest == "[") {
        print at " " rest
        depth++
        if (depth > 16) fail()
        kind[depth] = rest; path[depth] = at; count[depth] = 0; comma = 0
        next
    }
    comma = rest ~ /,$/
    if (comma) rest = substr(rest, 1, length(rest) - 1)
    if (rest ~ /^"/) {
        if (rest !~ /^"([^"\\]|\\["\\])+"$/ || rest !~ utf8 || rest ~ unseen) fail()
        if (rest ~ ("^\"" space) || rest ~ (space "\"$")) fail()
    } else if (rest != "true") {
        if (rest !~ /^(0|-?[1-9][0-9]*)$/ || length(rest) > 16) fail()
    }
    print at " " rest
}
END { if (wrong || NR == 0 || depth != 0) exit 1 }
'

# flat FILE: whether a document is written as it must be; leaves a line a value in $work/flat: PATH VALUE, where an
# item of a list is called '#', and what holds others has the value '{' or '['.
flat() {
    plain "$1" && [ "$(wc -c < "$1")" -le 262144 ] && awk "$form_of_documents" "$1" > "$work/flat"
}

readonly some_text='".+"' some_digest='"sha256:[0-9a-f]{64}"' some_number='[1-9][0-9]{0,8}'
readonly some_id='"[a-z0-9](-?[a-z0-9])*"' some_answer='"[qs][1-9][0-9]?[.][1-9][0-9]?"'
readonly some_day='"(19|2[0-9])[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-9]))"'

# only PATTERN: whether every line of $work/flat is one of these, without their first slash.
only() {
    ! grep -q -v -x -E "/($1)" "$work/flat" && leap_days
}

# The 29th of February is a day in leap years only.
leap_days() {
    sed -n 's/.* "\([0-9]\{4\}\)-02-29"$/\1/p' "$work/flat" > "$work/leap-days"
    while read -r leap_year; do
        [ $((leap_year % 4)) -eq 0 ] && { [ $((leap_year % 100)) -ne 0 ] || [ $((leap_year % 400)) -eq 0 ]; } || return 1
    done < "$work/leap-days"
}

# with NAME…: whether every one of these members is there.
with() {
    for name in "$@"; do
        grep -q -E "^/$name " "$work/flat" || return 1
    done
}

# without PATTERN: whether no member is called so.
without() {
    ! grep -q -E "^/($1) " "$work/flat"
}

# many PATTERN: how many there are.
many() {
    grep -c -E "^/$1\$" "$work/flat" || :
}

# ascending PATH: whether the items of a list, answers or digests, each come once and in order.
ascending() {
    sed -n "s/^\/$1\/# \"\(.*\)\"\$/\1/p" "$work/flat" | awk '
        { key = $0 }
        /^[qs][0-9]+[.][0-9]+$/ {
            split(substr($0, 2), part, ".")
            key = sprintf("%s%04d%04d", substr($0, 1, 1), part[1], part[2])
        }
        NR > 1 && (key "") <= (before "") { wrong = 1 }
        { before = key }
        END { exit wrong }'
}

# case_form TYPE: whether $work/flat is a case statement of this type.
case_form() {
    common="format \"certreg/case@1\"|previous $some_digest|registry $some_text|seq [1-9][0-9]{0,4}|stated_on $some_day"
    common="$common|supplier $some_id|text \\[|text/# $some_text|type \"[a-z_]+\""
    of_service="$common|service $some_id"
    questions="questions \\[|questions/# $some_answer" reply="in_reply_to $some_digest"
    subject="subject \\{|subject/digest $some_digest|subject/version $some_number" reasons="reasons \\[|reasons/# $some_text"
    with format registry seq stated_on supplier text type || return 1
    case $1 in
        challenge | verification_required)
            only "$of_service|$questions|$subject|due_on $some_day" &&
                with service questions subject/digest subject/version due_on && ascending questions
            ;;
        clarification) only "$of_service|$reply|$questions" && with service in_reply_to questions && ascending questions ;;
        resolution)
            only "$of_service|$reply|outcome \"(answered_by_version|clarified|not_upheld|withdrawn)\"" &&
                with service in_reply_to outcome
            ;;
        verification)
            outcomes="outcomes \\{|outcomes/[qs][1-9][0-9]?[.][1-9][0-9]? \"(verified|not_verified)\""
            only "$of_service|$reply|verifier $some_text|report_sha256 $some_digest|valid_until $some_day|$outcomes" &&
                with service in_reply_to verifier outcomes valid_until
            ;;
        withdrawal) only "$of_service|$reasons" && with service ;;
        closure) only "$of_service|$reasons|ends_on $some_day|data_deleted_by $some_day" && with service ends_on ;;
        reinstatement) only "$of_service|$reply" && with service in_reply_to ;;
        notice)
            only "$of_service|$questions|from $some_day|expires_on $some_day" && with service questions from expires_on &&
                ascending questions
            ;;
        transfer)
            only "$of_service|other \\{|other/supplier $some_id|other/service $some_id" &&
                with service other/supplier other/service
            ;;
        objection) only "$of_service|$subject" && with service subject/digest subject/version ;;
        erasure) only "$common|persons \\[|persons/# $some_digest" && with persons && ascending persons ;;
        # A type of a later edition of the format: shown, without effect.
        *)
            for pattern in "text/# $some_text" 'seq [1-9][0-9]{0,4}' "stated_on $some_day" "supplier $some_id" "type $some_text"; do
                grep -q -x -E "/$pattern" "$work/flat" || return 1
            done
            without 'previous ([^"]|"[^s]).*' && leap_days
            ;;
    esac
}

# supplier_form: whether $work/flat is a supplier's record.
supplier_form() {
    only "company_number $some_text|format \"certreg/supplier@1\"|names \\[|names/# $some_text|previous $some_digest|registry $some_text|single_signatory true|supplier $some_id|version $some_number|website $some_text" &&
        with format names registry supplier version
}

# request_form: whether $work/flat is a request to have a key enrolled.
request_form() {
    key='"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}"'
    only "format \"certreg/key-request@1\"|key $key|registry $some_text|role \"(signatory|official)\"|supplier $some_id" &&
        with format key registry role supplier
}

# certification_form EXCUSED: whether $work/flat is a whole certification, and $work/edition-flat the edition that it
# answers: every question, by rules that differ for transcriptions. EXCUSED is 'yes' for a supplier of one person.
certification_form() {
    response="responses/q[1-9][0-9]?[.][1-9][0-9]?" area="support/s[1-9][0-9]?[.][1-9][0-9]?"
    commitment='(accept_independent_verification|completed_by_competent_person|independently_verified|provide_clarification|update_promptly)'
    change="change [{]|change/corrections \\[|change/corrections/# [{]|change/corrections/#/question $some_answer"
    change="$change|change/corrections/#/wrong_since $some_day|change/(effective_on|not_after|not_before|service_changed_on) $some_day"
    change="$change|change/kind \"(initial|update|reaffirmation|transcription)\"|change/summary \\[|change/summary/# $some_text"
    change="$change|change/predecessor [{]|change/predecessor/digest $some_digest|change/predecessor/(service|supplier) $some_id"
    change="$change|change/predecessor/version $some_number|change/wording_only true"
    contact="contact [{]|contact/address \\[|contact/address/# $some_text|contact/(email|telephone) $some_text|contact/person $some_digest"
    people="(official|signatory) [{]|(official|signatory)/person $some_digest|(official|signatory)/title $some_text"
    answer="responses [{]|$response [{]|$response/code \"(green|amber|black|not_recorded)\"|$response/(statement|evidence) \\[|$response/statement/# $some_text"
    answer="$answer|$response/evidence/# [{]|$response/evidence/#/(title|url) $some_text|$response/evidence/#/sha256 $some_digest"
    answer="$answer|$response/evidence/#/dated_on $some_day"
    support="support [{]|$area [{]|$area/(contacts|statement) \\[|$area/statement/# $some_text|$area/contacts/# [{]"
    support="$support|$area/contacts/#/(email|hours|telephone) $some_text"
    others="commitments [{]|commitments/$commitment true|completed_on $some_day|edition [{]|edition/digest $some_digest|edition/id $some_id"
    others="$others|format \"certreg/certification@1\"|previous $some_digest|registry $some_text|service(|_name|_url) $some_text"
    others="$others|source [{]|source/sha256 $some_digest|source/title $some_text|supplier(|_name) $some_text|version $some_number"
    only "$change|$contact|$people|$answer|$support|$others" &&
        with change/kind edition/id edition/digest format registry responses service service_name supplier supplier_name version &&
        whole_objects && the_answers && the_change "$1"
}

# Where an object of a list has a member, every one has it.
whole_objects() {
    corrections=$(many 'change/corrections/# [{]') evidence=$(many "$response/evidence/# [{]")
    [ "$(many 'change/corrections/#/question .*')" = "$corrections" ] &&
        [ "$(many 'change/corrections/#/wrong_since .*')" = "$corrections" ] &&
        [ "$(many "$response/evidence/#/title .*")" = "$evidence" ] && [ "$(many "$response/evidence/#/url .*")" = "$evidence" ] ||
        return 1
    for object in official signatory; do
        without "$object" || with "$object/person" || return 1
    done
    without source || with source/sha256 source/title || return 1
    without change/predecessor ||
        with change/predecessor/digest change/predecessor/service change/predecessor/supplier change/predecessor/version
}

# names_in FILE PATTERN: the names that the first group of a pattern finds, sorted.
names_in() {
    sed -n -E "s/^\/$2\$/\1/p" "$1" | sort -u
}

# Every question of the edition is answered with a code, and no other; support areas are those of the edition.
the_answers() {
    kind=$(sed -n 's/^\/change\/kind "\(.*\)"$/\1/p' "$work/flat")
    names_in "$work/edition-flat" 'questions\/#\/id "(.*)"' > "$work/asked"
    names_in "$work/edition-flat" 'support_areas\/#\/id "(.*)"' > "$work/areas"
    names_in "$work/flat" 'responses\/([^\/ ]*) [{]' | cmp -s - "$work/asked" &&
        names_in "$work/flat" 'responses\/([^\/ ]*)\/code .*' | cmp -s - "$work/asked" &&
        [ -z "$(names_in "$work/flat" 'support\/([^\/ ]*) [{]' | comm -23 - "$work/areas")" ] || return 1
    names_in "$work/flat" 'change\/corrections\/#\/question "(.*)"' > "$work/corrected"
    [ "$(($(wc -l < "$work/corrected")))" = "$corrections" ] &&
        [ -z "$(cat "$work/asked" "$work/areas" | sort | comm -23 "$work/corrected" -)" ] || return 1
    [ "$kind" = transcription ] || {
        [ "$(many "$response/code \"not_recorded\"")" = 0 ] &&
            names_in "$work/flat" 'responses\/([^\/ ]*)\/statement \[' | cmp -s - "$work/asked" &&
            names_in "$work/flat" 'support\/([^\/ ]*)\/statement \[' | cmp -s - "$work/areas"
    }
}

# What goes with which kind of version.
the_change() {
    [ "$kind" = update ] || without 'change/(corrections|wording_only)' || return 1
    [ "$kind" = initial ] || without change/predecessor || return 1
    [ "$kind" = transcription ] || without 'change/(not_before|not_after)' || return 1
    case $kind in reaffirmation | transcription) without change/service_changed_on || return 1 ;; esac
    without change/wording_only || without 'change/(service_changed_on|corrections)' || return 1
    [ "$(sed -n 's/^\/change\/predecessor\/s[a-z]* //p' "$work/flat")" != \
        "$(sed -n 's/^\/service //p;s/^\/supplier //p' "$work/flat")" ] || return 1
    first_day=$(sed -n 's/^\/change\/not_before "\(.*\)"$/\1/p' "$work/flat" | tr -d -)
    last_day=$(sed -n 's/^\/change\/not_after "\(.*\)"$/\1/p' "$work/flat" | tr -d -)
    [ -z "$first_day" ] || [ -z "$last_day" ] || [ "$first_day" -le "$last_day" ] || return 1
    if [ "$kind" = transcription ]; then
        with source && without 'signatory|completed_on|change/effective_on|change/summary'
        return
    fi
    without source && with completed_on contact/email contact/telephone signatory/title || return 1
    if [ "$1" = yes ]; then
        without 'official|commitments/independently_verified' && [ "$(many 'commitments/.* true')" = 4 ]
    else
        with official/title && [ "$(many 'commitments/.* true')" = 5 ] &&
            [ "$(sed -n 's/^\/official\/person //p' "$work/flat")" != "$(sed -n 's/^\/signatory\/person //p' "$work/flat")" ]
    fi
}
