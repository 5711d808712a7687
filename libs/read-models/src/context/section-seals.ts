import type { Section, Session, SessionState } from '#domain';
import { initialState } from '#domain';
import { inParallel } from '#platform';
import type { DataKey, DataKeys, Place } from '#privacy';
import { BrokenSealError, erased, keyIdOf, openText, sealObjectText, UnknownKeyError } from '#privacy';

/** Ids, states and times: nothing of them is personal. */
const plainSections: ReadonlySet<string> = new Set<Section>([
  'session',
  'agent',
  'earlier_inquiries',
  'inquiry_kinds',
]);
const initialTexts: ReadonlyMap<string, string> = new Map(
  Object.entries(initialState).map(([section, value]) => [section, JSON.stringify(value)]),
);
/** Keys that are asked for at a time. */
const keysAtOnce = 8;

type Texts = readonly (string | null)[];

/** Seals the sections of contexts in Redis, and opens them. A section without content has nothing to hide: it stays as it is. */
export class SectionSeals {
  /** @param keys undefined: sections are stored as they are */
  constructor(private readonly keys: DataKeys | undefined) {}

  /** Whether sections are sealed. */
  get isOn(): boolean {
    return this.keys !== undefined;
  }

  /** The keys that seal sessions, by partner. @throws KeyStoreUnavailableError */
  async keysFor(sessions: readonly Session[]): Promise<ReadonlyMap<string, DataKey>> {
    const { keys } = this;
    const found = new Map<string, DataKey>();
    if (keys === undefined) return found;
    const missing = new Set<string>();
    for (const partnerId of sessions.map(partnerOf)) {
      const key = keys.cachedOf(partnerId);
      if (key === undefined) missing.add(partnerId);
      else found.set(partnerId, key);
    }
    await inParallel(missing, keysAtOnce, async (partnerId) => {
      found.set(partnerId, await keys.of(partnerId));
    });
    return found;
  }

  /** Field and text of each section, as the scripts take them. */
  textsOf(session: Session, changed: readonly Section[], keys: ReadonlyMap<string, DataKey>): string[] {
    const { session_id, state } = session;
    const partnerId = partnerOf(session);
    const key = keys.get(partnerId);
    if (this.isOn && key === undefined) throw new Error(`There is no key for session ${session_id}.`);
    const texts = changed.flatMap((section) => [section, sealed(key, session_id, section, state)]);
    if (changed.includes('identity')) texts.push('partner_id', JSON.stringify(partnerId));
    return texts;
  }

  /**
   * The texts of fields as they were; undefined: one of them cannot be read any more, since its key was destroyed or it is
   * none that was written here. @throws KeyStoreUnavailableError
   */
  async open(sessionId: string, fields: readonly string[], texts: Texts): Promise<Texts | undefined> {
    const { keys } = this;
    if (keys === undefined) return texts;
    const result: (string | null)[] = [];
    for (const [index, text] of texts.entries()) {
      const field = fields[index] ?? '';
      const initial = initialTexts.get(field);
      if (text === null || initial === undefined || text === initial || plainSections.has(field)) {
        result.push(text);
        continue;
      }
      const opened = await this.openSection(keys, sessionId, field, text);
      if (opened === undefined) return undefined;
      result.push(opened);
    }
    return result;
  }

  private async openSection(
    keys: DataKeys,
    sessionId: string,
    field: string,
    text: string,
  ): Promise<string | undefined> {
    const id = keyIdOf(text);
    if (id === undefined) return undefined;
    try {
      const key = keys.cached(id) ?? (await keys.byId(id));
      return key === erased ? undefined : openText(key, placeOf(sessionId, field), text);
    } catch (error) {
      if (error instanceof BrokenSealError || error instanceof UnknownKeyError) return undefined;
      throw error;
    }
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
