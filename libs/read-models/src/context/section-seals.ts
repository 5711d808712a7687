import type { Section, Session, SessionState } from '#domain';
import { initialState } from '#domain';
import { expiringCache } from '#platform';
import type { DataKey, DataKeys, Place } from '#privacy';
import {
  BrokenSealError,
  erased,
  keyIdOf,
  openText,
  PartnerErasedError,
  sealObjectText,
  UnknownKeyError,
} from '#privacy';
import { placesIn, sealedFields, textOf, textsIn } from './sealed-fields.ts';

/** The plain sections: ids, states and times, nothing personal. */
const plainSections: ReadonlySet<string> = new Set<Section>([
  'session',
  'agent',
  'earlier_inquiries',
  'inquiry_kinds',
]);
const sections = Object.keys(initialState);
const initialTexts: ReadonlyMap<string, string> = new Map(
  [...sections, ...sealedFields(sections)].map((field) => [field, textOf(field, initialState)]),
);

/** Characters of opened sections that are cached, sealed and opened, and for how long: no longer than a key. */
const openedCharacters = 8_000_000;
const openedMs = 60_000;

interface Opened {
  readonly sessionId: string;
  readonly field: string;
  readonly texts: readonly string[];
}

type Texts = readonly (string | null)[];

/** The keys of partners; undefined: it cannot be had. */
export type Keys = ReadonlyMap<string, DataKey | undefined>;

/** How some fields of a context are read from Redis. */
export interface Reading {
  /** The fields of the hash that hold them, in the same order. */
  readonly stored: readonly string[];
  /**
   * The opened texts of the fields, from those of the hash; undefined: one of them can no longer be read, because its key was
   * destroyed or it was not written here. @throws KeyStoreUnavailableError
   */
  readonly open: (sessionId: string, texts: Texts) => Promise<Texts | undefined>;
}

/** Seals the sections of contexts in Redis and opens them. An empty section hides nothing and stays plain. */
export class SectionSeals {
  /** Recently opened sections with their places, since agents read a context again and again. Only used while the key is in memory. */
  private readonly opened = expiringCache<Opened>({
    maxSize: openedCharacters,
    sizeCalculation: ({ texts }, sealed) =>
      texts.reduce((sum, { length }) => sum + length + 1, sealed.length),
    ttl: openedMs,
    ttlAutopurge: true,
  });

  /** @param keys undefined: sections are stored as they are */
  constructor(private readonly keys: DataKeys | undefined) {}

  /** Whether sections are sealed. */
  get isOn(): boolean {
    return this.keys !== undefined;
  }

  /** The keys that seal sessions, by partner; undefined for those that cannot be opened or that an erased partner does not get. @throws KeyStoreUnavailableError */
  async keysFor(sessions: readonly Session[]): Promise<Keys> {
    if (this.keys === undefined) return new Map();
    const partners = sessions.filter((session) => !isErased(session)).map(partnerOf);
    return this.keys.ofAll(partners, unlessUnavailable);
  }

  /** The field and the text of each section, as arguments of the scripts. @throws UnknownKeyError */
  textsOf(session: Session, changed: readonly Section[], keys: Keys): string[] {
    const { session_id, state } = session;
    const partnerId = partnerOf(session);
    const key = keys.get(partnerId);
    const isPlain = !this.isOn || isErased(session);
    if (!isPlain && key === undefined) throw new UnknownKeyError(`of session ${session_id}`);
    const fields = this.isOn ? sealedFields(changed) : changed;
    const texts = fields.flatMap((field) => [
      field,
      sealed(isPlain ? undefined : key, session_id, field, state),
    ]);
    if (changed.includes('identity')) texts.push('partner_id', JSON.stringify(partnerId));
    return texts;
  }

  /** How fields, sections among them, are read. */
  reading(fields: readonly string[]): Reading {
    const { keys } = this;
    if (keys === undefined) return { stored: fields, open: async (_, texts) => texts };
    const stored = sealedFields(fields);
    const places = placesIn(stored, fields);
    return {
      stored,
      open: async (sessionId, texts) => {
        const opened = await this.open(keys, sessionId, stored, texts);
        return opened && places.map(([field, index]) => opened[field]?.[index] ?? null);
      },
    };
  }

  /** The texts in each stored field; undefined: one of them does not open. */
  private async open(
    keys: DataKeys,
    sessionId: string,
    stored: readonly string[],
    texts: Texts,
  ): Promise<readonly Texts[] | undefined> {
    const result: Texts[] = [];
    for (const [index, text] of texts.entries()) {
      const field = stored[index] ?? '';
      const initial = initialTexts.get(field);
      if (text === null || initial === undefined || plainSections.has(field)) {
        result.push([text]);
        continue;
      }
      const isPlain =
        text === initial || (keyIdOf(text) === undefined && saysErased(texts[stored.indexOf('session')]));
      const opening = isPlain ? textsIn(field, text) : this.openField(keys, sessionId, field, text);
      const opened = opening instanceof Promise ? await opening : opening;
      if (opened === undefined) return undefined;
      result.push(opened);
    }
    return result;
  }

  /** Synchronous when the key is in memory: a context has several fields. */
  private openField(
    keys: DataKeys,
    sessionId: string,
    field: string,
    text: string,
  ): Opened['texts'] | undefined | Promise<Opened['texts'] | undefined> {
    const id = keyIdOf(text);
    if (id === undefined) return undefined;
    const withKey = (key: DataKey | typeof erased): Opened['texts'] | undefined => {
      if (key === erased) return undefined;
      const known = this.opened.get(text);
      if (known?.sessionId === sessionId && known.field === field) return known.texts;
      const plain = opened(key, placeOf(sessionId, field), text);
      const texts = plain === undefined ? undefined : textsIn(field, plain);
      if (texts !== undefined) this.opened.set(text, { sessionId, field, texts });
      return texts;
    };
    const cached = keys.cached(id);
    if (cached !== undefined) return withKey(cached);
    return keys.byId(id).then(withKey, unlessUnknown);
  }
}

/** An erased session has nothing to hide, and its partner gets no key. */
function isErased({ state }: Session): boolean {
  return state.session.status === 'erased';
}

function saysErased(session: string | null | undefined): boolean {
  return (JSON.parse(session ?? 'null') as SessionState['session'] | null)?.status === 'erased';
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof PartnerErasedError)) unlessUnknown(error);
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof UnknownKeyError)) throw error;
}

function opened(key: DataKey, place: Place, text: string): string | undefined {
  try {
    return openText(key, place, text);
  } catch (error) {
    if (error instanceof BrokenSealError) return undefined;
    throw error;
  }
}

function sealed(key: DataKey | undefined, sessionId: string, field: string, state: SessionState): string {
  const text = textOf(field, state);
  if (key === undefined || plainSections.has(field) || text === initialTexts.get(field)) return text;
  return sealObjectText(key, placeOf(sessionId, field), text);
}

function partnerOf({ state }: Session): string {
  return state.identity.partner_id;
}

function placeOf(sessionId: string, field: string): Place {
  return { of: 'ctx', record: sessionId, field };
}
