import { Command } from 'commander';
import { Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

const text = `Dead letters are in Kafka, and the API has no route to them. On a machine that reaches Kafka and PostgreSQL, in
Turnstream's repository:

  npm run dlq -- list [--open] [--reason R] [--topic T]    what could not be processed, and why
  npm run dlq -- show PLACE                                one of them
  npm run dlq -- redrive [again | PLACE…]                  send them again, once the fault is fixed
  npm run dlq -- discard PLACE… | --reason R               give them up

A PLACE is <topic>.dlq/<partition>/<offset>.`;

/** `turnstream dlq`: only prints instructions, and fails when it has arguments. */
export function dlqCommand({ stdout }: Terminal): Command {
  return new Command('dlq')
    .summary('Say how to list and redrive messages that could not be processed')
    .description(text)
    .argument('[words...]')
    .allowUnknownOption()
    .action((words: readonly string[]) => {
      if (words.length > 0) throw new Failure(text);
      stdout.write(`${text}\n`);
    });
}
