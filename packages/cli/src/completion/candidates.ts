import type { Command, Option } from 'commander';

/** A possible next word, and its description. */
export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** @param words the words after the program's name; the last one is being typed, and may be empty */
export function candidates(program: Command, words: readonly string[]): Candidate[] {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = commandOf(program, before);
  return possible(command, before.at(-1), typed).filter(({ word }) => word.startsWith(typed));
}

/** The command named by the words so far. */
function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) command = command.commands.find((own) => own.name() === word) ?? command;
  return command;
}

function possible(command: Command, previous: string | undefined, typed: string): Candidate[] {
  const { options, commands } = command;
  const option = options.find(
    ({ long, short }) => previous !== undefined && [long, short].includes(previous),
  );
  if (option?.required) return (option.argChoices ?? []).map((word) => ({ word, meaning: '' }));
  if (typed.startsWith('-')) return options.filter(({ hidden }) => !hidden).map(ofOption);
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return [
    ...commands.map((own) => ({ word: own.name(), meaning: own.summary() })),
    ...choices.map((word) => ({ word, meaning: '' })),
  ];
}

function ofOption({ long, short, description }: Option): Candidate {
  return { word: long ?? short ?? '', meaning: description };
}
