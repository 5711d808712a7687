import { createHash, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { status, type Metadata } from '@grpc/grpc-js';
import { parseAcl, type Acl, type Roles } from '../store/metadata.ts';
import { ALL_STREAM, isMetastream, isSystemStream, originalStreamOf } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import { accessDenied, RpcError } from './errors.ts';

export type Operation = 'read' | 'write' | 'delete' | 'metaRead' | 'metaWrite';

export interface User {
  readonly name: string;
  readonly roles: readonly string[];
}

const ANONYMOUS: User = { name: 'anonymous', roles: [] };
/** The user of every call in insecure mode. */
const SYSTEM: User = { name: 'system', roles: ['$admins'] };

const EVERYBODY = ['$all'];
const ADMINS = ['$admins'];
const aclOf = (roles: readonly string[]): Acl => ({
  read: roles,
  write: roles,
  delete: roles,
  metaRead: roles,
  metaWrite: roles,
});
const DEFAULT_USER_ACL = aclOf(EVERYBODY);
const DEFAULT_SYSTEM_ACL = aclOf(ADMINS);

/** Authentication and authorization. Insecure mode checks nothing at all. */
export class Access {
  private readonly verified = new Map<string, { user: User; revision: number }>();
  private settings: { user: Acl; system: Acl } | undefined;

  constructor(
    private readonly store: Store,
    readonly secure: boolean,
  ) {}

  /** The caller. Throws UNAUTHENTICATED for a wrong name or password. */
  authenticate(metadata: Metadata): User {
    if (!this.secure) return SYSTEM;
    const header = metadata.get('authorization')[0];
    if (typeof header !== 'string') return ANONYMOUS;
    const [, encoded] = /^Basic\s+(\S+)$/i.exec(header) ?? [];
    const text = Buffer.from(encoded ?? '', 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) throw unauthenticated();
    return this.verify(text.slice(0, colon), text.slice(colon + 1));
  }

  /** Throws access-denied unless the user is allowed. */
  require(user: User, stream: string, operation: Operation): void {
    if (!this.allows(user, stream, operation)) throw accessDenied();
  }

  allows(user: User, stream: string, operation: Operation): boolean {
    if (!this.secure) return true;
    if (stream === ALL_STREAM && operation !== 'read' && operation !== 'metaRead') return false;
    if (isMetastream(stream)) {
      if (operation === 'delete') return false;
      return this.allows(user, originalStreamOf(stream), operation === 'read' ? 'metaRead' : 'metaWrite');
    }
    if (user.roles.includes('$admins')) return true;
    if (user === ANONYMOUS) return false;
    const roles = this.rolesOf(stream, operation) ?? [];
    return roles.some((role) => role === '$all' || role === user.name || user.roles.includes(role));
  }

  requireAuthenticated(user: User): void {
    if (user === ANONYMOUS) throw accessDenied();
  }

  /** Operators manage persistent subscriptions. */
  requireOperator(user: User): void {
    if (!user.roles.includes('$admins') && !user.roles.includes('$ops')) throw accessDenied();
  }

  /** Called after a commit to `$settings`. */
  forgetSettings(): void {
    this.settings = undefined;
  }

  private rolesOf(stream: string, operation: Operation): Roles {
    const { acl } = this.store.streams.metadata(this.store.streams.get(stream));
    if (acl?.[operation]) return acl[operation];
    this.settings ??= this.readSettings();
    return isSystemStream(stream) ? this.settings.system[operation] : this.settings.user[operation];
  }

  private readSettings(): { user: Acl; system: Acl } {
    const data = this.lastData('$settings');
    const json: unknown = data ? safeParse(data) : undefined;
    const part = (key: string, fallback: Acl): Acl => {
      if (typeof json !== 'object' || json === null || !(key in json)) return fallback;
      const given = tryParseAcl((json as Record<string, unknown>)[key]);
      return Object.fromEntries(
        Object.entries(fallback).map(([name, roles]) => [name, given?.[name as Operation] ?? roles]),
      ) as unknown as Acl;
    };
    return {
      user: part('$userStreamAcl', DEFAULT_USER_ACL),
      system: part('$systemStreamAcl', DEFAULT_SYSTEM_ACL),
    };
  }

  private verify(name: string, password: string): User {
    const stream = userStream(name);
    const revision = this.store.reads.lastRevision(stream);
    const key = createHash('sha256').update(`${name}\0${password}`).digest('base64');
    const known = this.verified.get(key);
    if (known && known.revision === revision) return known.user;
    const account = parseAccount(this.lastData(stream));
    if (!account || account.disabled || !matches(password, account)) throw unauthenticated();
    const user = { name, roles: account.groups };
    this.verified.set(key, { user, revision });
    return user;
  }

  private lastData(stream: string): Buffer | undefined {
    const page = this.store.reads.stream(stream, Number.MAX_SAFE_INTEGER, 1, true);
    return page.kind === 'page' ? page.events[0]?.data : undefined;
  }
}

const unauthenticated = (): RpcError => new RpcError(status.UNAUTHENTICATED, 'Invalid user name or password');

export const userStream = (name: string): string => `$user-${name}`;

interface Account {
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

const matches = (password: string, account: Account): boolean => {
  const expected = Buffer.from(account.hash, 'base64');
  const actual = digest(password, Buffer.from(account.salt, 'base64'));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
};

const safeParse = (data: Buffer): unknown => {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
};

const tryParseAcl = (value: unknown): Acl | undefined => {
  try {
    return parseAcl(value);
  } catch {
    return undefined;
  }
};

const parseAccount = (data: Buffer | undefined): Account | undefined => {
  const json = data ? safeParse(data) : undefined;
  if (typeof json !== 'object' || json === null) return undefined;
  const { salt, hash, groups } = json as Partial<Account>;
  if (typeof salt !== 'string' || typeof hash !== 'string' || !Array.isArray(groups)) return undefined;
  return json as Account;
};
