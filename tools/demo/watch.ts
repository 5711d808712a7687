import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { RecordedEvent } from '@turnstream/sdk';
import { Failure } from '../shared/failure.ts';

const patienceMs = 40_000;

interface Watching {
  has(text: string): boolean;
  until(...anyOf: string[]): Promise<void>;
  stop(): void;
}

/** Prints the conversation as it happens, from the session's event stream. */
export function watch(url: string, sessionId: string): Watching {
  const abort = new AbortController();
  const texts: string[] = [];
  const has = (text: string): boolean => texts.some((line) => line.includes(text));
  void (async () => {
    const answer = await fetch(`${url}/v1/sessions/${sessionId}/stream?after=0`, { signal: abort.signal });
    let rest = '';
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + part).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) show(block, texts);
    }
  })().catch(() => undefined);
  return {
    has,
    until: (...anyOf) => until(() => anyOf.some(has), `somebody says “${anyOf.join('” or “')}”`),
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

/** Waits, but not for ever. */
export async function until(done: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!done()) {
    if (Date.now() > deadline) throw new Failure(`It did not come to pass that ${what}.`);
    await sleep(50);
  }
}
