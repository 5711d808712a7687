import { CommanderError } from 'commander';
import { explain } from './api/problem.ts';
import { exitCodes } from './failure.ts';
import { candidates } from './completion/candidates.ts';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

/** The argument by which shell scripts ask for completions, followed by the words so far. */
const completing = '__complete';

/** Runs a command line, without the name of the program. @returns the exit code */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  if (args[0] === completing) {
    for (const { word, meaning } of candidates(program, args.slice(1)))
      terminal.stdout.write(`${word}\t${meaning}\n`);
    return exitCodes.done;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (terminal.signal.aborted) return exitCodes.interrupted;
    const { lines, exitCode, problem } = explain(error);
    const text =
      problem !== undefined && args.includes('--json') ? JSON.stringify(problem) : lines.join('\n');
    terminal.stderr.write(`${text}\n`);
    return exitCode;
  }
}
