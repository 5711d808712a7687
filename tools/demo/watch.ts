import { styleText } from 'node:util';
import type { RecordedEvent } from '@turnstream/sdk';
import { waitUntil } from '#platform';
import { Failure } from '../shared/failure.ts';
import { authorization } from '../shared/token.ts';

/** Waits for a step of the demo. @throws Failure that names the missing step */
export async function waitFor(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  try {
    await waitUntil(condition, { what, timeoutMs: 40_000, everyMs: 50 });
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

/** The printed conversation. */
interface Watch {
  has(text: string): boolean;
  /** Resolves when one of the texts has been said. */
  waitFor(...anyOf: string[]): Promise<void>;
  stop(): void;
}

/** Prints the conversation as it happens, from the session's event stream. */
export function watch(url: string, sessionId: string): Watch {
  const abort = new AbortController();
  const texts: string[] = [];
  const has = (text: string): boolean => texts.some((line) => line.includes(text));
  void (async () => {
    const answer = await fetch(`${url}/v1/sessions/${sessionId}/stream?after=0`, {
      headers: authorization(),
      signal: abort.signal,
    });
    let rest = '';
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + part).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) show(block, texts);
    }
  })().catch(() => undefined);
  return {
    has,
    waitFor: (...anyOf) => waitFor(() => anyOf.some(has), `the message “${anyOf.join('” or “')}”`),
    stop: () => abort.abort(),
  };
}

function show(block: string, texts: string[]): void {
  const line = block.split('\n').find((text) => text.startsWith('data: '));
  if (line === undefined) return;
  const { type, data } = JSON.parse(line.slice(6)) as RecordedEvent;
  if (type === 'TurnRecorded') {
    const { sender, message_text } = data as { sender: string; message_text: string };
    texts.push(message_text);
    const [who, colour] = sender === 'user' ? ['Asha', 'yellow' as const] : ['bot', 'green' as const];
    console.log(`  ${styleText(colour, who)}: ${message_text}`);
  } else if (type.startsWith('Inquiry')) {
    const { source, outcome } = data as { source?: string; outcome?: string };
    console.log(`  ${styleText('magenta', source ?? 'inquiry')}: ${type} ${outcome ?? ''}`);
  }
}
