import { createHash } from 'node:crypto';
import { status, type Metadata } from '@grpc/grpc-js';
import { parseAcl, type Acl, type Roles } from '../store/metadata.ts';
import { ALL_STREAM, isMetastream, isSystemStream, originalStreamOf } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import { lastDataOf, matches, parseAccount, parseJson, userStream } from './accounts.ts';
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
    if (stream === ALL_STREAM && (operation === 'write' || operation === 'delete')) return false;
    if (isMetastream(stream)) {
      if (operation === 'delete') return false;
      return this.allows(user, originalStreamOf(stream), operation === 'read' ? 'metaRead' : 'metaWrite');
    }
    if (user.roles.includes('$admins')) return true;
    if (user === ANONYMOUS) return false;
    const roles = this.rolesOf(stream, operation) ?? [];
    return roles.some((role) => role === '$all' || role === user.name || user.roles.includes(role));
  }

  /** Administrators manage users. */
  requireAdministrator(user: User): void {
    if (this.secure && !user.roles.includes('$admins')) throw accessDenied();
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
    const data = lastDataOf(this.store, '$settings');
    const json: unknown = data ? parseJson(data) : undefined;
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
    const account = parseAccount(lastDataOf(this.store, stream));
    if (!account || account.disabled || !matches(password, account)) throw unauthenticated();
    const user = { name, roles: account.groups };
    this.verified.set(key, { user, revision });
    return user;
  }
}

const unauthenticated = (): RpcError => new RpcError(status.UNAUTHENTICATED, 'Invalid user name or password');

const tryParseAcl = (value: unknown): Acl | undefined => {
  try {
    return parseAcl(value);
  } catch {
    return undefined;
  }
};
