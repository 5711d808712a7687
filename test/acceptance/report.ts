/** Collects the figures of a proof and says at the end whether all of them are as promised. */
export class Report {
  private readonly shortfalls: string[] = [];

  /** `silent` prints nothing: for specs, which look at `missed` alone. */
  constructor(readonly silent = false) {}

  begin(title: string): void {
    this.print(`\n${title}`);
  }

  note(text: string): void {
    this.print(`    ${text}`);
  }

  /** A figure and what was promised of it. */
  figure(what: string, value: string | number, promise: string, holds: boolean): void {
    this.print(`  ${holds ? '✔' : '✖'} ${what.padEnd(64)} ${String(value).padStart(10)}   ${promise}`);
    if (!holds) this.shortfalls.push(`${what}: ${value}, promised ${promise}`);
  }

  /** Something that is wrong, in words. */
  fault(text: string): void {
    this.print(`  ✖ ${text}`);
    this.shortfalls.push(text);
  }

  equal(what: string, value: number, wanted: number): void {
    this.figure(what, value, `= ${wanted}`, value === wanted);
  }

  /** The figures that fell short, one a line. */
  get missed(): readonly string[] {
    return this.shortfalls;
  }

  private print(line: string): void {
    if (!this.silent) console.log(line);
  }
}
