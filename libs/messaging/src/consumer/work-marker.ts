import { randomUUID } from 'node:crypto';

/**
 * The messages of a partition in progress, from the committed offset on. Committed as the metadata of that
 * offset, so that it survives the process.
 */
interface WorkMarker {
  /** The last offset in progress. */
  readonly to: bigint;
  /** How often a process died on them. */
  readonly deaths: number;
  /** The process that works on them. */
  readonly process: string;
  readonly member: string;
}

/** Messages on which processes died. */
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

/** The client id of a consumer, by which other processes recognise that this process is alive, whichever member it is. */
export function consumerClientId(name: string): string {
  return `${name}.${thisProcess}`;
}

/** A member of a consumer group. */
export interface Member {
  readonly memberId: string;
  readonly clientId: string;
}

/** After this many deaths a message is not retried. */
export const deathsToSetAside = 2;

export function writeMarker(to: bigint, deaths: number, member: string): string {
  return JSON.stringify({ to: String(to), deaths, process: thisProcess, member });
}

/**
 * The suspect messages at a committed offset: those that were in progress when their process died. A process that left, or
 * is still in the group, even as another member, has not died: it only lost the partition.
 */
export function suspectsAt(
  { offset, metadata }: Committed,
  members: readonly Member[],
): Suspects | undefined {
  const marker = readMarker(metadata);
  if (marker === undefined || offset < 0n) return undefined;
  // Client ids of earlier versions do not contain the process.
  const isOf = ({ memberId, clientId }: Member): boolean =>
    memberId === marker.member || clientId.endsWith(`.${marker.process}`);
  const lives = marker.process === thisProcess || members.some(isOf);
  const deaths = marker.deaths + (lives ? 0 : 1);
  return deaths === 0 ? undefined : { from: offset, to: marker.to, deaths };
}

/** Other programs may have committed an offset with their own metadata. */
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
