# Key files: what they may hold, how they grow, and whether a key asked to be enrolled. Read with '.' after common.sh,
# day.sh and form.sh.

# names_of ROLE: what a key of this role may sign, as key files name it.
names_of() {
    case $1 in
        signatory) echo "certification@R,case@R,enrolment@R" ;;
        official) echo "countersignature@R,enrolment@R" ;;
        department) echo "keys@R,editions@R,transcription@R,case@R" ;;
        root) echo "root@R" ;;
        registry) echo "git" ;;
    esac | sed "s/@R/@$registry_pattern/g"
}

# Keys under which one signature fits every text, and other ways to write a key: all zeroes or all ones but for the
# ends, and the two points of order eight.
readonly weak='A{36}|/{36}|McXanA9TdhPujwLdg0QZw8qIFP6LDnMxk7H|CbolY/CsiewRcP0ifLvmPDV36wF08YzObE4A'

# key_lines FILE OWNER ROLE…: every line after the first is a key of one of these roles, written as it must be; no key
# comes twice, and none is weak.
key_lines() {
    file=$1 owner=$(printf %s "$2" | sed 's/[.]/[.]/g')
    shift 2
    stamp='"(19|2[0-9])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z"' lines=
    for role in "$@"; do
        options="namespaces=\"$(names_of "$role")\",valid-after=$stamp(,valid-before=$stamp)?"
        key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}"
        lines="$lines${lines:+|}$role@$owner $options $key $owner-$role-[0-9a-f]{16}"
    done
    plain "$file" && ! sed 1d "$file" | grep -q -v -x -E "$lines" || return 1
    sed -e 1d -e 's/.* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI//' -e 's/ .*//' "$file" > "$work/keys-alone"
    [ -z "$(sort "$work/keys-alone" | uniq -d)" ] && ! grep -q -E "$weak" "$work/keys-alone" || return 1
    sed -n 's/.*,valid-after="\(.*\)Z",valid-before="\(.*\)Z".*/\1 \2/p' "$file" > "$work/windows"
    while read -r window_begin window_end; do
        [ "$window_begin" -lt "$window_end" ] || return 1
    done < "$work/windows"
    sed 1d "$file" > "$work/commented"
    while read -r key_role key_options key_type key_text key_comment; do
        [ "${key_comment##*-}" = "$(short_of "$key_text")" ] || return 1
    done < "$work/commented"
}

# short_of KEY: the first 16 digits of the SHA-256 of a key, by which files name it.
short_of() {
    printf %s "$1" | base64 --decode 2> /dev/null | sha256 | cut -c 1-16
}

# ends FILE: when each key ends, a line a key; nines for never.
ends() {
    sed -n -e 's/.*,valid-before="\([0-9]*\)Z".*/\1/p' -e t -e 's/.*/99999999999999/p' "$1"
}

# grown BEFORE AFTER WHEN: whether every key of BEFORE (which may be empty) stands in AFTER in the same place, unaltered
# but for an end that is new or earlier, and no key that was added begins before WHEN. Leaves the lines that were added
# in $work/added, and in $work/ended those that end earlier, as they are now.
grown() {
    sed 1d "$1" > "$work/lines-before"
    count_before=$(($(wc -l < "$work/lines-before")))
    sed 1d "$2" | sed -n "1,${count_before}p" > "$work/lines-after"
    sed 1d "$2" | sed "1,${count_before}d" > "$work/added"
    [ "$count_before" -gt 0 ] || { : > "$work/lines-after" && sed 1d "$2" > "$work/added"; }
    for lines in before after; do
        sed 's/,valid-before="[0-9]*Z"//' "$work/lines-$lines" > "$work/endless-$lines"
        ends "$work/lines-$lines" > "$work/ends-$lines"
    done
    cmp -s "$work/endless-before" "$work/endless-after" || return 1
    paste -d ' ' "$work/ends-before" "$work/ends-after" > "$work/ends"
    : > "$work/ended"
    line=0
    while read -r end_before end_after; do
        line=$((line + 1))
        [ "$end_after" -le "$end_before" ] || return 1
        [ "$end_after" = "$end_before" ] || sed -n "${line}p" "$work/lines-after" >> "$work/ended"
    done < "$work/ends"
    sed 's/.*,valid-after="\([0-9]*\)Z".*/\1/' "$work/added" > "$work/begins"
    while read -r begins_at; do
        [ "$begins_at" -ge "${3%Z}" ] || return 1
    done < "$work/begins"
}

# one_event EVENT WHEN: after 'grown', whether just that happened which the first line says: keys were added (enrol), one
# took another's place (rotate), one ended (left, lost, compromised), or nothing (files).
one_event() {
    count_added=$(($(wc -l < "$work/added"))) count_ended=$(($(wc -l < "$work/ended")))
    case $1 in
        enrol) [ "$count_added" -gt 0 ] && [ "$count_ended" -eq 0 ] ;;
        left | lost | compromised) [ "$count_added" -eq 0 ] && [ "$count_ended" -eq 1 ] ;;
        rotate) [ "$count_added" -eq 1 ] && takes_its_place "$2" ;;
        files) [ "$count_added" -eq 0 ] && [ "$count_ended" -eq 0 ] ;;
        *) return 1 ;;
    esac
}

# A key takes the place of one of the same role, which ends not before the new one begins: now, or it had an end already.
takes_its_place() {
    read -r added_role added_rest < "$work/added"
    begins_at=$(sed 's/.*,valid-after="\([0-9]*Z\)".*/\1/' "$work/added")
    case $count_ended in
        0)
            grep "^$added_role " "$work/lines-before" > "$work/same-role" || return 1
            ends "$work/same-role" > "$work/same-ends"
            while read -r end; do
                [ "$end" = 99999999999999 ] || [ "$end" -lt "${1%Z}" ] || return 0
            done < "$work/same-ends"
            return 1
            ;;
        1)
            read -r ended_role ended_rest < "$work/ended"
            end=$(ends "$work/ended")Z
            [ "$added_role" = "$ended_role" ] && [ $(($(seconds_of "$end") + 1)) -ge "$(seconds_of "$begins_at")" ]
            ;;
        *) return 1 ;;
    esac
}

# valid_keys FILE ROLE WHEN: how many keys of a role count at that time.
valid_keys() {
    grep "^$2@" "$1" > "$work/of-role" || :
    sed 's/.*,valid-after="\([0-9]*\)Z".*/\1/' "$work/of-role" > "$work/of-role-begins"
    ends "$work/of-role" | paste -d ' ' "$work/of-role-begins" - |
        awk -v when="${3%Z}" '$1 + 0 <= when + 0 && when + 0 <= $2 + 0 { count++ } END { print count + 0 }'
}

readonly not_grown="a key of the version before was removed or altered, or one was added for the past, or more happened \
than its first line says, or too few keys would count"

# authority_grown BEFORE AFTER WHEN: whether an authority file may follow another (the same one: it is the first). Its
# first line and its keys have been looked at before.
authority_grown() {
    change=$(field "$2" change) threshold=$(field "$2" threshold)
    for role in root department registry; do
        grep -q "^$role@" "$2" || return 1
    done
    [ "$(grep -c '^root@' "$2")" -ge "$threshold" ] && [ "$(valid_keys "$2" root "$3")" -ge "$threshold" ] || return 1
    if [ "$1" = "$2" ]; then
        [ "$change" = genesis ] && [ "$(valid_keys "$2" registry "$3")" -gt 0 ]
    else
        grown "$1" "$2" "$3" && one_event "$change" "$3"
    fi
}

# ring_grown BEFORE AFTER WHEN: the same of a supplier's ring; BEFORE is empty for the first.
ring_grown() {
    [ -n "$(sed 1d "$2")" ] && grown "$1" "$2" "$3" && one_event "$(field "$2" change)" "$3"
}

# requested RING WHEN LINE: whether a key that was added to RING (a line of it) asked for it itself: its request is of this
# key and role, signed by the key, and in a rotation by an old key of the role, too. The request lies in
# $work/request.json, its signatures beside it; the ring before is $work/ring-before.
requested() {
    request=$work/request.json principal=${3%% *} key_text=${3#* ssh-ed25519 }
    key_text=${key_text%% *}
    [ -f "$request" ] && [ -f "$request.sig" ] && flat "$request" && request_form || return 1
    [ "$(text "$request" registry)" = "$registry" ] &&
        [ "$(text "$request" role)@$(text "$request" supplier)" = "$principal" ] &&
        [ "$(text "$request" key)" = "ssh-ed25519 $key_text" ] || return 1
    printf '%s namespaces="enrolment@%s" ssh-ed25519 %s\n' "$principal" "$registry" "$key_text" > "$work/asking"
    signed "$work/asking" "$principal" "enrolment@$registry" "$2" "$request.sig" "$request" || return 1
    if [ "$(field "$1" change)" = rotate ]; then
        [ -f "$request.oldsig" ] &&
            signed "$work/ring-before" "$principal" "enrolment@$registry" "$2" "$request.oldsig" "$request"
    else
        [ ! -f "$request.oldsig" ]
    fi
}
