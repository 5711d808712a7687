import { Argument, Command } from 'commander';
import { scripts, shells } from '../completion/scripts.ts';
import type { Terminal } from '../terminal.ts';

/** `turnstream completion SHELL` */
export function completionCommand({ stdout }: Terminal): Command {
  return new Command('completion')
    .summary('Print the completion for a shell')
    .description('Print the completion for a shell: its first line says where it belongs')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: (typeof shells)[number]) => void stdout.write(scripts[shell]));
}
