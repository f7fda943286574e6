/* The shells ask `holdfast complete` with the words typed so far; a line each comes back. */

const BASH = `# Completion of holdfast for bash: eval "$(holdfast completion bash)"
_holdfast() {
  local IFS=$'\\n' found
  found=$("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  if [[ $found == ':files' ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    return
  fi
  mapfile -t COMPREPLY <<<"$found"
  [[ -z $found ]] && COMPREPLY=()
  # A place in the tree goes on: no blank behind it.
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _holdfast holdfast ./holdfast
`;

const ZSH = `#compdef holdfast
# Completion of holdfast for zsh: eval "$(holdfast completion zsh)", after compinit
_holdfast() {
  local -a found places others
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == ':files' ]]; then
    _files
    return
  fi
  places=(\${(M)found:#*/})
  others=(\${found:#*/})
  # A place in the tree goes on: no blank behind it.
  (( $#places )) && compadd -S '' -- $places
  (( $#others )) && compadd -- $others
}
compdef _holdfast holdfast
`;

export function printScript(shell: 'bash' | 'zsh'): void {
  process.stdout.write(shell === 'bash' ? BASH : ZSH);
}
