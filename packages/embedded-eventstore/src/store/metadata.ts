import { randomUUID } from 'node:crypto';

/** A role list of an ACL: undefined when the list is missing. */
export type Roles = readonly string[] | undefined;

export interface Acl {
  readonly read: Roles;
  readonly write: Roles;
  readonly delete: Roles;
  readonly metaRead: Roles;
  readonly metaWrite: Roles;
}

/** The system keys of a stream's metadata. */
export interface StreamMetadata {
  readonly maxCount?: number;
  /** Microseconds. */
  readonly maxAge?: number;
  /** Events below this revision are truncated. */
  readonly truncateBefore: number;
  /** True when `$tb` is 2^63 - 1, which a soft delete sets. */
  readonly softDeleted: boolean;
  readonly acl?: Acl;
}

export const NO_METADATA: StreamMetadata = { truncateBefore: 0, softDeleted: false };

export const SOFT_DELETE_METADATA = Buffer.from('{"$tb":9223372036854775807}');
const MAX_INT64 = 2n ** 63n - 1n;
const INTEGER = /^-?\d+$/;

/** A JSON number as text, so that 2^63 - 1 stays exact. */
class ExactNumber {
  constructor(readonly source: string) {}
}

/** Prefix of the strings that replace numbers during JSON.parse; unique to this process. */
const NUMBER_PREFIX = randomUUID();
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const parseExact = (text: string): unknown => {
  JSON.parse(text);
  const marked = text.replaceAll(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') ? token : JSON.stringify(NUMBER_PREFIX + token),
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(NUMBER_PREFIX)
      ? new ExactNumber(value.slice(NUMBER_PREFIX.length))
      : value,
  );
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Reads the system keys. Malformed metadata, or a number outside int64, invalidates all of them. */
export const parseMetadata = (data: Buffer): StreamMetadata => {
  try {
    const json = parseExact(data.toString('utf8'));
    if (!isObject(json)) return NO_METADATA;
    const truncateBefore = int64(json['$tb']);
    const maxCount = int64(json['$maxCount']);
    const maxAge = int64(json['$maxAge']);
    int64(json['$cacheControl']);
    const acl = json['$acl'] === undefined || json['$acl'] === null ? undefined : parseAcl(json['$acl']);
    return {
      truncateBefore: truncateBefore !== undefined && truncateBefore > 0n ? Number(truncateBefore) : 0,
      softDeleted: truncateBefore === MAX_INT64,
      ...(maxCount !== undefined && maxCount > 0n && { maxCount: Number(maxCount) }),
      ...(maxAge !== undefined && maxAge > 0n && { maxAge: Number(maxAge) * 1_000_000 }),
      ...(acl && { acl }),
    };
  } catch {
    return NO_METADATA;
  }
};

/** The same metadata with another `$tb`; undefined when it is not a JSON object. */
export const withTruncateBefore = (data: Buffer, revision: number): Buffer | undefined => {
  try {
    const json = parseExact(data.toString('utf8'));
    if (!isObject(json)) return undefined;
    return Buffer.from(stringifyExact({ ...json, $tb: new ExactNumber(String(revision)) }));
  } catch {
    return undefined;
  }
};

const stringifyExact = (value: unknown): string => {
  if (value instanceof ExactNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(stringifyExact).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${stringifyExact(member)}`,
  );
  return `{${members.join(',')}}`;
};

const int64 = (value: unknown): bigint | undefined => {
  if (value === undefined || value === null) return undefined;
  if (!(value instanceof ExactNumber) || !INTEGER.test(value.source)) throw new RangeError('Not an integer');
  const exact = BigInt(value.source);
  if (exact !== BigInt.asIntN(64, exact)) throw new RangeError('Outside int64');
  return exact;
};

export const parseAcl = (value: unknown): Acl => {
  if (!isObject(value)) throw new TypeError('An ACL must be an object');
  return {
    read: roles(value['$r']),
    write: roles(value['$w']),
    delete: roles(value['$d']),
    metaRead: roles(value['$mr']),
    metaWrite: roles(value['$mw']),
  };
};

const roles = (value: unknown): Roles => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((role) => typeof role === 'string')) return value;
  throw new TypeError('Roles must be a string or strings');
};
