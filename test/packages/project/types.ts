import type { EventStore } from '@turnstream/embedded-eventstore';
import { startEventStore, StoreOpenError } from '@turnstream/embedded-eventstore';
import type { CommandResult, Context, Update } from '@turnstream/sdk';
import { connectAgent, RevisionConflict, Turnstream } from '@turnstream/sdk';

export async function useSdk(): Promise<Context> {
  const turnstream = new Turnstream({ url: 'http://127.0.0.1:3000' });
  const session = await turnstream.startSession({ partner_id: 'P1', channel: 'whatsapp', language: 'hi' });
  const result: CommandResult = await session.setGoal({ goal: 'pay' }, { expectedRevision: 0 });
  // @ts-expect-error -- the types are there: a goal has a name
  await session.setGoal({});
  const onUpdate = ({ revision }: Update): void => void (revision > result.revision);
  const agent = await connectAgent({ url: 'http://127.0.0.1:3000', pool: 'support', onUpdate });
  await agent.close();
  return session.context();
}

export async function useEventStore(dir: string): Promise<EventStore> {
  // @ts-expect-error -- the types are there: the directory is required
  await startEventStore({});
  return startEventStore({ dir });
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof RevisionConflict || error instanceof StoreOpenError ? error.code : undefined;
