# Completion of coexistctl, what bash and zsh have in common: it is installed as a part of both.
# Commands, sub-commands, options and the kinds of their values are taken from what the tool itself
# prints at --help, so that they are always those of the tool at hand.

# _coexistctl_awk WORD... : reads a --help. Without ASK: the command among the words. Else candidates
# for the last of the words, which may be empty, a line each:
#   W <tab> TEXT <tab> what it is      a word
#   N <tab> TEXT <tab> what it is      the beginning of a word: a value follows
#   F <tab> TEXT                       TEXT and the name of a file
_coexistctl_awk() {
    ASK="$ASK" awk '
    # `csv, ldif or list`, where the kind of value is one of which the help tells all.
    function take_words(name, text,   of) {
        of = kind[name]
        if (name != "--color" && of !~ /^(AREA|FORMAT|ORIGIN|SYSTEM)$/)
            return
        gsub(/ \([a-z]+\)/, "", text)
        if (!match(text, /[a-z]+(, [a-z]+)*,? or [a-z]+/))
            return
        text = substr(text, RSTART, RLENGTH)
        gsub(/,? or |, /, " ", text)
        list[name] = text
        if (of != "WHEN" && !(of in list))
            list[of] = text
    }
    function take_option(line,   name, value) {
        match(line, /--[a-z-]+/)
        name = substr(line, RSTART, RLENGTH)
        option[++options] = name
        value = substr(line, RSTART + RLENGTH)
        kind[name] = told[name] = ""
        if (match(value, /^\[?=[^ ]+/)) {
            kind[name] = substr(value, 1, RLENGTH)
            value = substr(value, RLENGTH + 1)
        }
        optional[name] = kind[name] ~ /^\[/
        gsub(/[][=]/, "", kind[name])
        sub(/^ +/, "", value)
        told[name] = value
        take_words(name, value)
        if (match(line, /^ +-[^-], /))
            short[substr(line, RSTART + RLENGTH - 4, 2)] = name
    }
    function take(line) {
        if (line ~ /^Commands:/)
            listing = 1
        else if (line == "")
            listing = 0
        else if (listing && match(line, /^  [a-z-]+ */)) {
            command[++commands] = line
            sub(/^ +/, "", command[commands])
            sub(/ .*/, "", command[commands])
            summary[commands] = substr(line, RLENGTH + 1)
        } else if (line ~ /^ +(-[^-], +)?--[a-z]/)
            take_option(line)
        else if (line ~ /Fields: /)
            take_fields(line)
        else if (line ~ /^(Usage: |  or:  )coexistctl [a-z-]+ \[OPTION\.\.\.\]/) {
            sub(/^.*\[OPTION\.\.\.\] */, "", line)
            form[++forms] = line
        }
    }
    # The option that an argument is; the value that it waits for is then in wants.
    function option_of(text,   name) {
        name = text
        sub(/=.*/, "", name)
        if (text ~ /^-[^-]/)
            name = short[substr(text, 1, 2)]
        wants = ""
        if (name in kind && kind[name] != "" && !optional[name] && text !~ /=/ &&
            (text ~ /^--/ || length(text) == 2))
            wants = kind[name]
        return name
    }
    # What stands before the last word.
    function walk(   i, name) {
        for (i = 1; i < words; i++) {
            if (word[i] !~ /^-./) {
                place[++places] = word[i]
                continue
            }
            name = option_of(word[i])
            given[name] = 1
            pending = wants
            waiting = name
            if (wants != "" && ++i < words)
                pending = ""
        }
    }
    function tell(how, text, what) {
        print how "\t" text "\t" what
    }
    function tell_all(texts, before,   i, n, one) {
        n = split(texts, one, " ")
        for (i = 1; i <= n; i++)
            tell(one[i] ~ /=$/ ? "N" : "W", before one[i], "")
    }
    # Of this kind, such as HOME, or for this option.
    function values(of, name, before) {
        sub(/\.\.\.$/, "", of)
        gsub(/[][]/, "", of)
        if (of == "FILE" || of == "DIR")
            tell("F", before, "")
        else if (name in list)
            tell_all(list[name], before)
        else if (of in list)
            tell_all(list[of], before)
    }
    # `Fields: home (primary, secondary), note.`: names, and values where they are words.
    function take_fields(line,   name, inside) {
        sub(/^.*Fields: /, "", line)
        while (match(line, /^[a-z-]+/)) {
            name = substr(line, 1, RLENGTH)
            line = substr(line, RLENGTH + 1)
            field[++fields] = name
            if (match(line, /^ \([^)]*\)/)) {
                inside = substr(line, 3, RLENGTH - 3)
                line = substr(line, RLENGTH + 1)
                if (inside ~ /^[a-z]+(, [a-z]+)+$/) {
                    gsub(/,/, "", inside)
                    list[toupper(name)] = inside
                }
            }
            sub(/^[,.] */, "", line)
        }
    }
    # NAME=VALUE, or the name alone.
    function field_values(last, behind,   i, name) {
        name = last
        if (behind != "" && sub(/=.*/, "", name)) {
            values(toupper(name), "", name "=")
            return
        }
        for (i = 1; i <= fields; i++)
            tell(behind != "" ? "N" : "W", field[i] behind, "")
    }
    # A form with an option is for a line with that option, and rules out those without.
    function fits(f,   i, n, part) {
        rest[f] = ""
        with[f] = 0
        n = split(form[f], part, " ")
        for (i = 1; i <= n; i++) {
            if (part[i] !~ /^--/) {
                rest[f] = rest[f] " " part[i]
                continue
            }
            with[f] = 1
            if (!(part[i++] in given))
                return 0
        }
        return 1
    }
    function form_values(f, last,   i, n, part) {
        n = split(rest[f], part, " ")
        for (i = 1; i <= n && i < places; i++)
            if (part[i] ~ /^[a-z]/ && part[i] != place[i + 1])
                return
            else if (part[i] ~ /\.\.\.\]?$/)
                break
        for (; i <= n; i++) {
            if (part[i] ~ /^[a-z]+$/)
                tell("W", part[i], "")
            else if (part[i] ~ /^\[?FIELD/)
                field_values(last, part[i] ~ /=/ ? "=" : "")
            else
                values(part[i], "", "")
            if (part[i] !~ /\.\.\.\]?$/ || i == places)
                return
        }
    }
    function arguments(last,   f, fit, only) {
        for (f = 1; f <= forms; f++) {
            fit[f] = fits(f)
            only = only || (fit[f] && with[f])
        }
        for (f = 1; f <= forms; f++)
            if (fit[f] && (with[f] || !only))
                form_values(f, last)
    }
    function complete(last,   i, name) {
        name = last
        if (pending != "")
            values(pending, waiting, "")
        else if (last ~ /^--.*=/ && sub(/=.*/, "", name))
            values(kind[name], name, name "=")
        else if (last ~ /^-/)
            for (i = 1; i <= options; i++) {
                name = option[i]
                if (kind[name] != "" && !optional[name])
                    tell("N", name "=", told[name])
                else
                    tell("W", name, told[name])
            }
        else if (places == 0)
            for (i = 1; i <= commands; i++)
                tell("W", command[i], summary[i])
        else
            arguments(last)
    }
    BEGIN {
        list["HOME"] = list["TO"] = "primary secondary both moving"
        list["ACTION"] = "leave here divert both defer reject hold loop-mailbox"
        list["REASON"] = "home-here home-peer dual moving default split-horizon authority conflict" \
            " bad-record no-route state-down not-ours unknown-user calendar loop hops breaker" \
            " settling"
        for (words = 1; words < ARGC; words++)
            word[words] = ARGV[words]
        words--
        while ((getline line < "-") > 0)
            take(line)
        walk()
        if (ENVIRON["ASK"] == "")
            print (places > 0 ? place[1] : "")
        else
            complete(word[words])
    }' "$@"
}

# _coexistctl_candidates TOOL WORD...
_coexistctl_candidates() {
    local tool="$1" command="" ASK=""
    shift
    # Nothing is broken into lines.
    local -x ARGP_HELP_FMT=rmargin=4000
    case $1 in
        -*) command=$("$tool" --help 2>/dev/null </dev/null | _coexistctl_awk "$@") ;;
        *) [ $# -gt 1 ] && command=$1 ;;
    esac
    ASK=1
    "$tool" ${command:+"$command"} --help 2>/dev/null </dev/null | _coexistctl_awk "$@"
}
