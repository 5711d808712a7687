import type { FieldError } from './problem.ts';

/** Faults of one request that are told at most. */
const maxFaults = 100;
/** Characters of a field's name, and of what is wrong with it, that are told at most. */
const maxName = 200;
const maxMessage = 500;

/** The way from the root of a document to a value: names of members, and places in lists. */
export type Path = readonly (string | number)[];

/** The first faults of a document. Who looks for them stops when the list is full: what is told of one stays short. */
export class FaultList {
  private readonly found: FieldError[] = [];

  get errors(): readonly FieldError[] {
    return this.found;
  }

  get isFull(): boolean {
    return this.found.length >= maxFaults;
  }

  add(path: Path, message: string): void {
    if (!this.isFull) this.found.push({ field: fieldName(path), message: shortened(message, maxMessage) });
  }

  addAll(errors: readonly FieldError[]): void {
    for (const { field, message } of errors) {
      if (this.isFull) return;
      this.found.push({ field: shortened(field, maxName), message: shortened(message, maxMessage) });
    }
  }
}

/** The beginning of a text that a caller chose: nobody gets back more than a glance of what they sent. */
export function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).toWellFormed()}…`;
}

/** As `commands[2].goal`; no more of it is put together than is told. */
function fieldName(path: Path): string {
  let name = '';
  for (const key of path) {
    if (typeof key === 'number') name += `[${key}]`;
    else name += name === '' ? key.slice(0, maxName + 1) : `.${key.slice(0, maxName)}`;
    if (name.length > maxName) break;
  }
  return shortened(name, maxName);
}
