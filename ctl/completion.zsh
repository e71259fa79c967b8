
_coexistctl() {
    local kind text told tool=${(Q)words[1]/#\~/$HOME} before
    local -a whole begun
    local files=
    while IFS=$'\t' read -r kind text told; do
        case $kind in
            F) files=yes before=$text ;;
            N) begun+=("${text//:/\\:}${told:+:$told}") ;;
            W) whole+=("${text//:/\\:}${told:+:$told}") ;;
        esac
    done < <(_coexistctl_candidates $tool "${(@)words[2,CURRENT-1]}" "$PREFIX")
    if [[ -n $files ]]; then
        compset -P $before
        _files
        return
    fi
    _describe -t words coexistctl whole -- begun -S ''
}

_coexistctl "$@"
