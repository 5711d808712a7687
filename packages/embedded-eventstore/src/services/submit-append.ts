import { append, type WriteOutcome } from '../store/append.ts';
import type { WriteError } from '../store/writer.ts';
import type { ExpectedRevision, ProposedEvent } from '../store/records.ts';
import type { ServiceContext } from './context.ts';

/** EventStoreDB's further answers: an election is in progress, or the same append is already in flight. */
export type AppendOutcome = WriteOutcome | { readonly kind: 'not_ready' } | { readonly kind: 'timeout' };

interface ProposedAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
}

/** Appends in the next group of the writer; `done` is called once the events are durable, or with the error that prevented it. */
export const submitAppend = (
  { store, likeAServer }: ServiceContext,
  proposed: ProposedAppend,
  done: (error: WriteError | undefined, outcome?: AppendOutcome) => void,
): void => {
  const { stream, expected, events } = proposed;
  const submit = (settle: typeof done): void =>
    store.writer.submit((tx) => append(tx, stream, expected, events), settle);
  if (!likeAServer) return submit(done);
  if (!likeAServer.cluster.isReady) return done(undefined, { kind: 'not_ready' });
  const end = likeAServer.repeats.begin(keyOf(proposed), () => done(undefined, { kind: 'timeout' }));
  if (!end) return;
  submit((error, outcome) => {
    end();
    done(error, outcome);
  });
};

const keyOf = ({ stream, expected, events }: ProposedAppend): string =>
  `${stream} ${expected} ${events.map(({ id }) => id.toString('hex')).join(' ')}`;
