import type { CheckedEvent } from './checked-events.ts';
import { chainIn, expectedChain } from './link.ts';

/** Events of a window in the order in which they were appended, as far as their hashes show it. */
export function appendedOrder(links: readonly string[], window: readonly CheckedEvent[]): CheckedEvent[] {
  const rest = [...window];
  const order: CheckedEvent[] = [];
  let known = links;
  for (;;) {
    const index = rest.findIndex((event) => follows(known, event));
    const [event] = index < 0 ? [] : rest.splice(index, 1);
    if (event === undefined) return order;
    order.push(event);
    known = [chainIn(event.metadata) ?? ''];
  }
}

/** Whether an event's hash shows that it was appended after an event with one of these hashes. */
export function follows(links: readonly string[], event: CheckedEvent): boolean {
  const chain = chainIn(event.metadata);
  return chain !== undefined && links.some((link) => expectedChain(link, event) === chain);
}
