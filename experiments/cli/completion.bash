@VERBS@
# bash completion for tailbit, made at build time from the table of options.
_tailbit() {
    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} option= at=$COMP_CWORD
    local options= arguments=files values= kind=words prefix=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$_tailbit_verbs" -- "$cur")
        return
    fi
    if [[ $cur == = ]]; then cur= at=$((at + 1)); fi
    if [[ ${COMP_WORDS[at - 1]} == = ]]; then at=$((at - 1)); fi
    option=${COMP_WORDS[at - 1]}
    case $verb in
@OPTIONS@
    esac
    case $option in
@VALUES@
    *) kind= ;;
    esac
    if [[ $option == --* && -n $values$kind ]]; then
        case $kind in
        list)
            if [[ $cur == *,* ]]; then prefix=${cur%,*},; fi
            mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$values" -- "${cur##*,}") ;;
        words) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur") ;;
        files)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur"; compgen -f -- "$cur") ;;
        folders)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        esac
        return
    fi
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    elif [[ $arguments == files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    elif [[ $verb == help || -z $arguments ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${arguments:-$options}" -- "$cur")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "$arguments" -- "$cur"; compgen -f -- "$cur")
    fi
}
complete -F _tailbit tailbit
