/** Prints the results of a run beside their targets, and collects those that miss them. */
export class Report {
  private readonly shortfalls: string[] = [];

  begin(title: string): void {
    console.log(`\n${title}`);
  }

  note(text: string): void {
    console.log(`    ${text}`);
  }

  /** A result and its target. */
  result(what: string, value: string | number, target: string, holds: boolean): void {
    console.log(`  ${holds ? '✔' : '✖'} ${what.padEnd(64)} ${String(value).padStart(10)}   ${target}`);
    if (!holds) this.shortfalls.push(`${what}: ${value}, target ${target}`);
  }

  equal(what: string, value: number, target: number): void {
    this.result(what, value, `= ${target}`, value === target);
  }

  atMost(what: string, value: number, target: number): void {
    this.result(what, rounded(value), `<= ${target}`, value <= target);
  }

  atLeast(what: string, value: number, target: number): void {
    this.result(what, rounded(value), `>= ${target}`, value >= target);
  }

  /** A list that should be empty; its first items are printed. */
  none(what: string, items: readonly string[]): void {
    this.equal(what, items.length, 0);
    for (const item of items.slice(0, 10)) this.note(item);
  }

  /** The results that missed their targets, one per line. */
  get missed(): readonly string[] {
    return this.shortfalls;
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
