import { Argument, type Command } from 'commander';

/** What shells ask for while a command is being typed. */
export function addCompletion(holdfast: Command): void {
  holdfast
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .description(
      'print a script that completes commands, options and tags: eval "$(holdfast completion bash)"',
    )
    .action(async (shell) => (await import('#cli/completion/scripts.ts')).printScript(shell));
  holdfast
    .command('complete', { hidden: true })
    .argument('[words...]', 'what was typed so far; the last word is to be completed')
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words) => (await import('#cli/completion/complete.ts')).complete(holdfast, words));
}
