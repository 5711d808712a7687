/** The shells with a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** Each script asks the program itself for the possible next words: `turnstream __complete WORDS…`. */
export const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `# eval "$(turnstream completion bash)" in ~/.bashrc
_turnstream() {
  local IFS=$'\\n'
  COMPREPLY=($(turnstream __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F _turnstream turnstream
`,
  zsh: `#compdef turnstream
# eval "$(turnstream completion zsh)" in ~/.zshrc, after compinit
_turnstream() {
  local line
  local -a described
  for line in "\${(@f)$(turnstream __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && described+=("\${line%%$'\\t'*}:\${line#*$'\\t'}")
  done
  if (( $#described )); then _describe turnstream described; else _files; fi
}
compdef _turnstream turnstream
`,
  fish: `# turnstream completion fish > ~/.config/fish/completions/turnstream.fish
complete -c turnstream -f -a '(turnstream __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c turnstream -s o -l output -r -F
complete -c turnstream -l token-file -r -F
`,
};
