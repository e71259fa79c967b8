
_coexistctl() {
    local line=${COMP_LINE:0:COMP_POINT} typed=$2 kind text told whole tool nospace=yes
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    whole=${words[-1]}
    tool=${1/#\~/$HOME}
    # The shell takes a word apart at = and the like, and wants the last part alone.
    [[ $typed == "=" ]] && typed=
    COMPREPLY=()
    while IFS=$'\t' read -r kind text told; do
        if [[ $kind == F ]]; then
            _coexistctl_files "$text"
            nospace=
        elif [[ $text == "$whole"* ]]; then
            COMPREPLY+=("${text#"${whole%"$typed"}"}")
            [[ $kind == N ]] || nospace=
        fi
    done < <(_coexistctl_candidates "$tool" "${words[@]:1}")
    [[ $nospace ]] && compopt -o nospace 2>/dev/null
    return 0
}

# Files behind what stands before them in the word.
_coexistctl_files() {
    local value=${whole#"$1"} file
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        COMPREPLY+=("${file#"${value%"$typed"}"}")
    done < <(compgen -f -- "$value")
}

complete -F _coexistctl coexistctl
