import type { Node, Pair } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';

export type Path = readonly (string | number)[];

/** A fault at a place of the file. */
export interface Fault {
  readonly path: Path;
  /** Whether the name itself is wrong, not its value. */
  readonly isName?: boolean;
  /** Whether it is a number or a truth value, on which no other check depends. */
  readonly isPlain?: boolean;
  readonly message: string;
}

/** The text of a declarations file: YAML, which includes JSON. */
export class Source {
  /** The content; undefined when the text is not valid YAML. */
  readonly content: unknown;
  /** Why it is not, one line per fault. */
  readonly faults: readonly string[];
  private readonly lines = new LineCounter();
  private readonly root: Node | null;

  constructor(
    private readonly name: string,
    text: string,
  ) {
    const document = parseDocument(text, {
      lineCounter: this.lines,
      prettyErrors: false,
      stringKeys: true,
      strict: true,
    });
    this.root = document.contents;
    const faults = document.errors.map(({ pos, message }) => this.line(pos[0], message));
    visit(document, {
      // A few aliases can expand to more than memory holds.
      Alias: (_key, { range }) => {
        faults.push(this.line(range?.[0] ?? 0, 'is an alias: write the value out'));
      },
    });
    this.faults = faults;
    this.content = faults.length === 0 ? document.toJS() : undefined;
  }

  /** Faults as lines, in the order of the file: `file:line:column path: message`. */
  explain(faults: readonly Fault[]): string[] {
    return faults
      .map((fault) => ({ offset: this.offsetOf(fault), text: `${pathText(fault.path)}: ${fault.message}` }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, text }) => this.line(offset, text));
  }

  private line(offset: number, text: string): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.name}:${line}:${col} ${text}`;
  }

  /** Where the value at a path starts, or its key if the value is not a scalar; for a missing value, its parent. */
  private offsetOf({ path, isName = false }: Fault): number {
    let node: unknown = this.root;
    let offset = this.root?.range?.[0] ?? 0;
    for (const step of path) {
      const item = isMap(node)
        ? node.items.find(({ key }) => isScalar(key) && key.value === String(step))
        : isSeq(node)
          ? node.items[Number(step)]
          : undefined;
      if (item === undefined) break;
      const pair = isMap(node) ? (item as Pair<Node, Node | null>) : undefined;
      node = pair ? pair.value : item;
      const shown = pair && (isName || !isScalar(node)) ? pair.key : (node as Node);
      offset = shown.range?.[0] ?? offset;
    }
    return offset;
  }
}

/** The path that a JSON Pointer names. */
export function pathOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A path as a JSON Pointer; the whole file is `/`. */
function pathText(path: Path): string {
  return `/${path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
}
