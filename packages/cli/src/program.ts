import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { accessCommand } from './commands/access.ts';
import { archiveCommand } from './commands/archive.ts';
import { completionCommand } from './commands/completion.ts';
import { contextCommand } from './commands/context.ts';
import { diffCommand } from './commands/diff.ts';
import { replayCommand } from './commands/replay.ts';
import { tailCommand } from './commands/tail.ts';
import { dlqCommand } from './commands/dlq.ts';
import { eraseCommand } from './commands/erase.ts';
import { exportCommand } from './commands/export.ts';
import { timelineCommand } from './commands/timeline.ts';
import { traceCommand } from './commands/trace.ts';
import { verifyCommand } from './commands/verify.ts';
import { lagCommand } from './commands/lag.ts';
import { sessionsCommand } from './commands/sessions.ts';
import { showCommand } from './commands/show.ts';
import { turnsCommand } from './commands/turns.ts';
import { withCommonOptions } from './commands/define.ts';
import type { Terminal } from './terminal.ts';

const about = `
TURNSTREAM_URL is the address of the API (http://127.0.0.1:3000 without it), TURNSTREAM_TOKEN the token, TURNSTREAM_PURPOSE
why personal data are read. Times are 2026-03-01, 2026-03-01T10:00, 2026-03-01T10:00Z or 2h (ago).
Exit codes: 0 done · 1 refused, or not as it should be · 2 wrong command line · 3 the API is unreachable`;

const apiCommands = [
  sessionsCommand,
  showCommand,
  contextCommand,
  diffCommand,
  tailCommand,
  replayCommand,
  traceCommand,
  turnsCommand,
  timelineCommand,
  exportCommand,
  verifyCommand,
  accessCommand,
  archiveCommand,
  eraseCommand,
  lagCommand,
];

/** All commands, with the terminal that they use. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('turnstream')
    .description('The conversations that Turnstream keeps, for analysts, auditors and operators')
    .version(version())
    .addHelpText('after', about)
    .showHelpAfterError('--help says more.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHasColors: () => terminal.stdout.isTTY === true && !terminal.env['NO_COLOR'],
    });
  for (const create of apiCommands)
    program.addCommand(withCommonOptions(create(terminal)).copyInheritedSettings(program));
  for (const create of [dlqCommand, completionCommand])
    program.addCommand(create(terminal).copyInheritedSettings(program));
  return program;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
