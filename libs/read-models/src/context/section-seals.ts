import { LRUCache } from 'lru-cache';
import type { Section, Session, SessionState } from '#domain';
import { initialState } from '#domain';
import { inParallel } from '#platform';
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

/** The plain sections: ids, states and times, nothing personal. */
const plainSections: ReadonlySet<string> = new Set<Section>([
  'session',
  'agent',
  'earlier_inquiries',
  'inquiry_kinds',
]);
const initialTexts: ReadonlyMap<string, string> = new Map(
  Object.entries(initialState).map(([section, value]) => [section, JSON.stringify(value)]),
);
/** Keys fetched at a time. */
const keysAtOnce = 8;

/** Characters of opened sections that are cached, sealed and opened, and for how long: no longer than a key. */
const openedCharacters = 8_000_000;
const openedMs = 60_000;

interface Opened {
  readonly sessionId: string;
  readonly field: string;
  readonly plain: string;
}

type Texts = readonly (string | null)[];

/** Seals the sections of contexts in Redis and opens them. An empty section hides nothing and stays plain. */
export class SectionSeals {
  /** Recently opened sections with their places, since agents read a context again and again. Only used while the key is in memory. */
  private readonly opened = new LRUCache<string, Opened>({
    maxSize: openedCharacters,
    sizeCalculation: ({ plain }, text) => plain.length + text.length + 1,
    ttl: openedMs,
    ttlAutopurge: true,
  });

  /** @param keys undefined: sections are stored as they are */
  constructor(private readonly keys: DataKeys | undefined) {}

  /** Whether sections are sealed. */
  get isOn(): boolean {
    return this.keys !== undefined;
  }

  /** The keys that seal sessions, by partner; without those that cannot be opened or that an erased partner does not get. @throws KeyStoreUnavailableError */
  async keysFor(sessions: readonly Session[]): Promise<ReadonlyMap<string, DataKey>> {
    const { keys } = this;
    const found = new Map<string, DataKey>();
    if (keys === undefined) return found;
    const missing = new Set<string>();
    for (const partnerId of sessions.filter((session) => !isErased(session)).map(partnerOf)) {
      const key = keys.cachedOf(partnerId);
      if (key === undefined) missing.add(partnerId);
      else found.set(partnerId, key);
    }
    await inParallel(missing, keysAtOnce, async (partnerId) => {
      const key = await keys.of(partnerId).catch(unlessUnavailable);
      if (key) found.set(partnerId, key);
    });
    return found;
  }

  /** The field and the text of each section, as arguments of the scripts. @throws UnknownKeyError */
  textsOf(session: Session, changed: readonly Section[], keys: ReadonlyMap<string, DataKey>): string[] {
    const { session_id, state } = session;
    const partnerId = partnerOf(session);
    const key = keys.get(partnerId);
    const isPlain = !this.isOn || isErased(session);
    if (!isPlain && key === undefined) throw new UnknownKeyError(`of session ${session_id}`);
    const texts = changed.flatMap((section) => [
      section,
      sealed(isPlain ? undefined : key, session_id, section, state),
    ]);
    if (changed.includes('identity')) texts.push('partner_id', JSON.stringify(partnerId));
    return texts;
  }

  /**
   * The opened texts of fields; undefined: one of them can no longer be read, because its key was destroyed or it was not
   * written here. @throws KeyStoreUnavailableError
   */
  async open(sessionId: string, fields: readonly string[], texts: Texts): Promise<Texts | undefined> {
    const { keys } = this;
    if (keys === undefined) return texts;
    const result: (string | null)[] = [];
    const isPlain = saysErased(texts[fields.indexOf('session')]);
    for (const [index, text] of texts.entries()) {
      const field = fields[index] ?? '';
      const initial = initialTexts.get(field);
      if (
        text === null ||
        initial === undefined ||
        text === initial ||
        plainSections.has(field) ||
        (isPlain && keyIdOf(text) === undefined)
      ) {
        result.push(text);
        continue;
      }
      const opening = this.openSection(keys, sessionId, field, text);
      const opened = opening instanceof Promise ? await opening : opening;
      if (opened === undefined) return undefined;
      result.push(opened);
    }
    return result;
  }

  /** Synchronous when the key is in memory: a context has ten sections. */
  private openSection(
    keys: DataKeys,
    sessionId: string,
    field: string,
    text: string,
  ): string | undefined | Promise<string | undefined> {
    const id = keyIdOf(text);
    if (id === undefined) return undefined;
    const withKey = (key: DataKey | typeof erased): string | undefined => {
      if (key === erased) return undefined;
      const known = this.opened.get(text);
      if (known?.sessionId === sessionId && known.field === field) return known.plain;
      const plain = opened(key, placeOf(sessionId, field), text);
      if (plain !== undefined) this.opened.set(text, { sessionId, field, plain });
      return plain;
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

function sealed(key: DataKey | undefined, sessionId: string, section: Section, state: SessionState): string {
  const text = JSON.stringify(state[section]);
  if (key === undefined || plainSections.has(section) || text === initialTexts.get(section)) return text;
  return sealObjectText(key, placeOf(sessionId, section), text);
}

function partnerOf({ state }: Session): string {
  return state.identity.partner_id;
}

function placeOf(sessionId: string, field: string): Place {
  return { of: 'ctx', record: sessionId, field };
}
