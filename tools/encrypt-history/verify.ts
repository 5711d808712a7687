import type { Json } from '#domain';
import { canonicalJson, newSession } from '#domain';
import { inParallel } from '#platform';
import type { EventStore } from '#sessions';
import { foldStream, partnerOf, readPartner, UnprojectableEventError } from '#sessions';

const atOnce = 8;
const sessionPrefix = 'session-';

/** The streams whose fold is not the same in both stores. */
export async function differences(
  from: EventStore,
  to: EventStore,
  streams: Iterable<string>,
): Promise<string[]> {
  const found: string[] = [];
  await inParallel(streams, atOnce, async (stream) => {
    const [one, other] = await Promise.all([foldOf(from, stream), foldOf(to, stream)]);
    if (one !== other) found.push(stream);
  });
  return found;
}

/** The state of a stream, independent of the stored form of its events. */
async function foldOf(store: EventStore, stream: string): Promise<string> {
  const partnerId = partnerOf(stream);
  if (partnerId !== undefined) return canonicalJson((await readPartner(store, partnerId)) as unknown as Json);
  if (!stream.startsWith(sessionPrefix)) return (await Array.fromAsync(store.read(stream))).length.toString();
  try {
    const session = await foldStream(store, newSession(stream.slice(sessionPrefix.length)));
    return canonicalJson({ revision: session.revision, state: session.state as unknown as Json });
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
    return `cannot be folded from revision ${error.revision} on`;
  }
}
