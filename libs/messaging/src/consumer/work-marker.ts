import { randomUUID } from 'node:crypto';

/**
 * Which messages of a partition are in work, from the offset that is committed on. It is committed as the metadata of that
 * offset, so that it outlives the process.
 */
interface WorkMarker {
  /** The last one. */
  readonly to: bigint;
  /** How often a process died on them. */
  readonly deaths: number;
  /** Who works on them. */
  readonly process: string;
  readonly member: string;
}

/** Messages that processes died on. */
export interface Suspects {
  readonly from: bigint;
  readonly to: bigint;
  readonly deaths: number;
}

/** A committed offset of a partition. */
export interface Committed {
  readonly offset: bigint;
  readonly metadata: string | null;
}

const thisProcess = randomUUID();

/** The client id of a consumer, by which other processes know that this one lives, whatever member it is. */
export function consumerClientId(name: string): string {
  return `${name}.${thisProcess}`;
}

/** A member of a consumer group. */
export interface Member {
  readonly memberId: string;
  readonly clientId: string;
}

/** A message that processes died on so often is not tried again. */
export const deathsToSetAside = 2;

export function writeMarker(to: bigint, deaths: number, member: string): string {
  return JSON.stringify({ to: String(to), deaths, process: thisProcess, member });
}

/**
 * Which messages at a committed offset are suspect: those that were in work when their process died. One that left, or
 * lives on in the group, also as another member, has not died: it lost the partition.
 */
export function suspectsAt(
  { offset, metadata }: Committed,
  members: readonly Member[],
): Suspects | undefined {
  const marker = readMarker(metadata);
  if (marker === undefined || offset < 0n) return undefined;
  // Earlier versions have no process in their client ids.
  const isOf = ({ memberId, clientId }: Member): boolean =>
    memberId === marker.member || clientId.endsWith(`.${marker.process}`);
  const lives = marker.process === thisProcess || members.some(isOf);
  const deaths = marker.deaths + (lives ? 0 : 1);
  return deaths === 0 ? undefined : { from: offset, to: marker.to, deaths };
}

/** Other programs may have committed an offset with metadata of their own. */
function readMarker(metadata: string | null): WorkMarker | undefined {
  try {
    const { to, deaths, process, member } = JSON.parse(metadata ?? '') as Record<string, unknown>;
    if (typeof to !== 'string' || typeof deaths !== 'number') return undefined;
    if (typeof process !== 'string' || typeof member !== 'string') return undefined;
    return { to: BigInt(to), deaths, process, member };
  } catch {
    return undefined;
  }
}
