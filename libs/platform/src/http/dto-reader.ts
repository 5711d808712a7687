import { FaultList } from '../problems/faults.ts';
import type { PropertyRule } from './dto.ts';
import { propertyRules } from './dto.ts';

type Class = new () => object;

/**
 * Creates instances of DTO classes from parsed JSON, whose rules are then checked. Names and sizes are checked
 * first: no rule on the form of a text, or on the items of a list, runs on an oversized one.
 */
export class DtoReader {
  readonly faults = new FaultList();
  private oversized = false;
  private readonly path: (string | number)[] = [];

  /** Whether the document exceeds a size limit, so that its rules must not be checked. */
  get isOversized(): boolean {
    return this.oversized || this.faults.isFull;
  }

  read(type: Class, plain: object): object {
    const rules = propertyRules(type);
    const instance = new type() as Record<string, unknown>;
    for (const [name, value] of Object.entries(plain)) {
      if (this.isOversized) break;
      const rule = rules.get(name);
      this.path.push(name);
      if (rule === undefined) this.faults.add(this.path, 'is not a known field');
      else if (value !== null || !rule.isOptional) instance[name] = this.value(rule, value);
      this.path.pop();
    }
    return instance;
  }

  private value({ maxCharacters, maxItems, itemClasses, convert }: PropertyRule, value: unknown): unknown {
    if (typeof value === 'string' && hasMoreCharacters(value, maxCharacters))
      return this.tooLarge(`must have at most ${maxCharacters} characters`);
    if (Array.isArray(value) && value.length > maxItems)
      return this.tooLarge(`must have at most ${maxItems} items`);
    if (itemClasses !== undefined && Array.isArray(value))
      return value.map((item: unknown, index) => {
        this.path.push(index);
        const read = this.item(itemClasses, item);
        this.path.pop();
        return read;
      });
    return convert === undefined ? value : convert(value);
  }

  /** Undefined, which class-validator skips, for a value whose fault is reported here. */
  private item(classes: ReadonlyMap<string, Class>, item: unknown): object | undefined {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      return this.refuse('must be an object');
    const name: unknown = Object.hasOwn(item, 'type') ? (item as { type: unknown }).type : undefined;
    const type = typeof name === 'string' ? classes.get(name) : undefined;
    if (type !== undefined) return this.read(type, item);
    this.path.push('type');
    const known = [...classes.keys()].join(', ');
    this.refuse(name === undefined ? 'is missing' : `must be one of the following values: ${known}`);
    this.path.pop();
    return undefined;
  }

  private tooLarge(message: string): undefined {
    this.oversized = true;
    return this.refuse(message);
  }

  private refuse(message: string): undefined {
    this.faults.add(this.path, message);
  }
}

/** Counts code points, as JSON Schema does. */
function hasMoreCharacters(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  return text.length > 2 * limit || Array.from(text).length > limit;
}
