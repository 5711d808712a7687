import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { EventRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export const userStream = (name: string): string => `$user-${name}`;

/** A user as stored, without the password. */
export interface Account {
  readonly loginName: string;
  readonly fullName: string;
  readonly salt: string;
  readonly hash: string;
  readonly disabled: boolean;
  readonly groups: readonly string[];
}

const digest = (password: string, salt: Buffer): Buffer => pbkdf2Sync(password, salt, 1_000, 20, 'sha1');

/** The data of a `$UserCreated` event. */
export const createAccount = (
  loginName: string,
  fullName: string,
  password: string,
  groups: readonly string[],
): Account => {
  const salt = randomBytes(16);
  const hash = digest(password, salt).toString('base64');
  return { loginName, fullName, salt: salt.toString('base64'), hash, disabled: false, groups };
};

export const matches = (password: string, account: Account): boolean => {
  const expected = Buffer.from(account.hash, 'base64');
  const actual = digest(password, Buffer.from(account.salt, 'base64'));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
};

export const parseJson = (data: Buffer): unknown => {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
};

export const parseAccount = (data: Buffer | undefined): Account | undefined => {
  const json = data ? parseJson(data) : undefined;
  if (typeof json !== 'object' || json === null) return undefined;
  const { salt, hash, groups } = json as Partial<Account>;
  if (typeof salt !== 'string' || typeof hash !== 'string' || !Array.isArray(groups)) return undefined;
  return json as Account;
};

/** The last event of a stream that readers see. */
export const lastEventOf = (store: Store, stream: string): EventRecord | undefined => {
  const page = store.reads.stream(stream, Number.MAX_SAFE_INTEGER, 1, true);
  return page.kind === 'page' ? page.events[0] : undefined;
};

export const lastDataOf = (store: Store, stream: string): Buffer | undefined =>
  lastEventOf(store, stream)?.data;
