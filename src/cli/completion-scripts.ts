// What shells run at every tab: they hand over the words as they are typed and never evaluate them.

const BASH = `# bash completion for landfall
_landfall() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* ]] || COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(landfall complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # A folder may go on.
  if [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
}
complete -F _landfall landfall
`

const ZSH = `#compdef landfall
# zsh completion for landfall
_landfall() {
  local line
  local -a found
  for line in "\${(@f)$(landfall complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line || $line == :* ]] && continue
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  [[ $words[CURRENT] == --*=* ]] && compset -P '*='
  _describe landfall found
}
if [[ $funcstack[1] == _landfall ]]; then _landfall "$@"; else compdef _landfall landfall; fi
`

const FISH = `# fish completion for landfall
function __landfall_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    landfall complete -- $words[2..-1] "$current" 2>/dev/null | string match -v -r '^:\\d+$'
end
complete -c landfall -f -a '(__landfall_complete)'
`

export const completionScripts: Record<string, string> = { bash: BASH, zsh: ZSH, fish: FISH }
