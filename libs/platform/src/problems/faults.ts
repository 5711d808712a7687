import type { FieldError } from './problem.ts';

/** Faults of one request that are reported at most. */
const maxFaults = 100;
/** Characters of a field's name, and of its fault, that are reported at most. */
const maxName = 200;
const maxMessage = 500;

/** The path from the root of a document to a value: member names and list indexes. */
export type Path = readonly (string | number)[];

/** The first faults of a document. The search stops when the list is full, so that the report stays short. */
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

/** The beginning of a text chosen by a caller: answers echo only a little of it. */
export function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).toWellFormed()}…`;
}

/** Such as `commands[2].goal`; only as much is built as is reported. */
function fieldName(path: Path): string {
  let name = '';
  for (const key of path) {
    if (typeof key === 'number') name += `[${key}]`;
    else name += name === '' ? key.slice(0, maxName + 1) : `.${key.slice(0, maxName)}`;
    if (name.length > maxName) break;
  }
  return shortened(name, maxName);
}
