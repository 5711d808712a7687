import type { Json, JsonObject } from '#domain';
import type { DataKey } from '../keys/data-key.ts';
import { hintOfName } from '../recognise/cues.ts';
import type { Found, PersonalType } from '../recognise/found.ts';
import { recognise } from '../recognise/recognise.ts';
import { placeOfList, placesIn } from './places.ts';
import { tokenOf } from './token.ts';

/** A token and its value. */
export interface Token {
  readonly token: string;
  readonly type: PersonalType;
  readonly value: string;
}

interface Tokenised<T> {
  readonly value: T;
  /** Each once. */
  readonly tokens: readonly Token[];
}

/** How often one text is examined at most. */
const mostRounds = 8;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Replaces all personal values in a JSON value by tokens: in texts, in member names, in numbers whose
 * name tells their type, and in pairs and lists of coordinates. A value without any is returned unchanged.
 * @param keep texts that are known to be ids of something else
 */
export function tokenise<T extends Json>(
  key: DataKey,
  value: T,
  keep: ReadonlySet<string> = new Set(),
): Tokenised<T> {
  const tokeniser = new Tokeniser(key, keep);
  return { value: tokeniser.json(value, '') as T, tokens: [...tokeniser.tokens.values()] };
}

class Tokeniser {
  readonly tokens = new Map<string, Token>();

  constructor(
    private readonly key: DataKey,
    private readonly keep: ReadonlySet<string>,
  ) {}

  /** @param name of the member that holds the value, or the list containing it */
  json(value: Json, name: string): Json {
    if (typeof value === 'string') return this.text(value, name);
    if (typeof value === 'number') return this.number(value, name);
    if (value === null || typeof value !== 'object') return value;
    return Array.isArray(value) ? this.list(value, name) : this.object(value as JsonObject);
  }

  /** A new token may change how the text beside it is read: the text is examined again until nothing is found. */
  private text(text: string, name: string, rounds = mostRounds): string {
    if (text.length < 4 || this.keep.has(text) || uuid.test(text)) return text;
    const all = rounds === 0 ? [] : recognise(text, name);
    if (all.length === 0) return text;
    let result = '';
    let end = 0;
    for (const found of all) {
      result += text.slice(end, found.start) + this.token(found);
      end = found.end;
    }
    return this.text(result + text.slice(end), name, rounds - 1);
  }

  /** A number is a phone or an account only if its name says so. */
  private number(number: number, name: string): Json {
    if (!Number.isSafeInteger(number) || number < 1e8 || hintOfName(name).cue === undefined) return number;
    const text = String(number);
    const [found] = recognise(text, name);
    return found?.end === text.length && found.start === 0 ? this.token(found) : number;
  }

  private list(list: readonly Json[], name: string): readonly Json[] {
    const place = placeOfList(list, name);
    const items = list.map((item, index) =>
      place === undefined || index > 1 ? this.json(item, name) : this.place(place),
    );
    return items.every((item, index) => item === list[index]) ? list : items;
  }

  private object(object: JsonObject): JsonObject {
    const entries = Object.entries(object);
    const places = placesIn(entries);
    const members = entries.map(([name, value]): [string, Json] => {
      const shown = this.text(name, '');
      const place = places?.get(name);
      return [shown, place === undefined ? this.json(value, shown) : this.place(place)];
    });
    const isSame = members.every(([name, value], n) => name === entries[n]?.[0] && value === entries[n][1]);
    return isSame ? object : Object.fromEntries(distinct(members));
  }

  private place(value: string): string {
    return this.token({ type: 'coordinates', value });
  }

  private token({ type, value }: Pick<Found, 'type' | 'value'>): string {
    const token = tokenOf(this.key, type, value);
    if (!this.tokens.has(token)) this.tokens.set(token, { token, type, value });
    return token;
  }
}

/** Two spellings of a value are one token: as the name of a further member it gets a number, so that no member is lost. */
function distinct(members: readonly (readonly [string, Json])[]): (readonly [string, Json])[] {
  const used = new Map<string, number>();
  return members.map(([name, value]) => {
    let number = used.get(name) ?? 0;
    let own = name;
    // Remembered, so that many members of one name take linear time.
    for (; used.has(own); own = `${name} #${number}`) number += 1;
    used.set(name, Math.max(number, 1));
    used.set(own, used.get(own) ?? 1);
    return [own, value];
  });
}
